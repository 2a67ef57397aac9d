import type { AttentionReason } from '../../domain/states.ts';

/** Something the merchant should look at. `action`: the page that helps. `since` in ISO 8601. */
export type Problem = {
  kind:
    | 'admin_access'
    | 'fields_denied'
    | 'connection_problem'
    | 'opt_outs_undelivered'
    | 'privacy_due'
    | 'privacy_request'
    | 'expiring'
    | 'webhooks_missed'
    | 'not_connected'
    | 'attention';
  message: string;
  reason?: AttentionReason;
  since?: string;
  count?: number;
  action?: 'settings' | 'activity' | 'privacy';
};
