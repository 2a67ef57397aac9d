/** What the audit log says. No personal data: people and users are keyed hashes. */
import type { FlagChannel, FlagReason } from '../consent.ts';
import type { AttemptClass } from '../states.ts';

/** What was decided about one flag: `rule` says why. */
export type DecisionEntry = {
  kind: 'decision';
  channel: FlagChannel;
  /** Keyed hash of the address and the person; unlinkable once the person is erased. */
  subject?: string;
  decision: 'sent' | 'held' | 'left_out' | 'superseded';
  value?: boolean;
  rule: FlagReason;
  event: string;
  attempt?: string;
};

/** How an attempt that carried a flag ended. `not_sent`: it never left. */
export type AttemptEntry = {
  kind: 'attempt';
  attempt: string;
  event: string;
  flags: Partial<Record<FlagChannel, boolean>>;
  outcome: AttemptClass | 'not_sent';
  status?: number;
};

/** A GUID is its last 4 characters. */
export type SettingsEntry = {
  kind: 'settings';
  field: string;
  old: string | null;
  new: string | null;
  /** Keyed hash of the Shopify user's id. */
  who: string;
};

export type PrivacyEntry = {
  kind: 'privacy';
  action:
    | 'data_request' // Shopify asked for a person's data; the export is ready
    | 'erased' // a person was erased
    | 'shop_kept' // Shopify asked to erase the shop, which has the app again
    | 'exported' // a user downloaded what is held on a person
    | 'done'; // a user marked a request as done
  /** The id of the event that asked; of an export by hand, absent. */
  request?: string;
  who?: string;
};

export type AuditEntry = DecisionEntry | AttemptEntry | SettingsEntry | PrivacyEntry;
