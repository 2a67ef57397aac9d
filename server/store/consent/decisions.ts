import type { FlagDecision, FlagReason } from '../../domain/consent.ts';
import type { Instant } from '../../domain/scalars.ts';
import { type Sql, unnest } from '../../platform/database/db.ts';
import { newId } from '../../platform/database/ids.ts';
import type { Shop } from '../shops/shops.ts';
import type { LedgerKey } from './facts.ts';

/** A decision to save: what was decided about an address, when, why, and for which event. */
export type KeptDecision = LedgerKey & {
  decision: FlagDecision;
  eventId: string;
  attemptId: string | null;
};

const HELD: ReadonlySet<FlagReason> = new Set(['history_held', 'unticked_box', 'held_by_holder', 'not_asked_again']);

const decisionName = (decision: FlagDecision) => {
  if (decision.send !== null) return 'told';
  if (decision.reason === 'held_by_newer_state') return 'superseded';
  return HELD.has(decision.reason) ? 'held' : 'left_out';
};

export async function keepDecisions(
  sql: Sql,
  shop: Shop,
  decisions: readonly KeptDecision[],
  now: Instant,
): Promise<void> {
  const kept = decisions.filter(({ decision }) => decision.fact !== null);
  if (kept.length === 0) return;
  const { columns, from, params } = unnest(
    {
      id: 'uuid',
      shop_id: 'int',
      channel: 'text',
      address: 'text',
      at: 'timestamptz',
      decision: 'text',
      value: 'boolean',
      reason: 'text',
      fact_id: 'uuid',
      event_id: 'uuid',
      attempt_id: 'uuid',
    },
    kept.map(({ channel, address, decision, eventId, attemptId }) => ({
      id: newId(),
      shop_id: shop.id,
      channel,
      address,
      at: new Date(now),
      decision: decisionName(decision),
      value: decision.send,
      reason: decision.reason,
      // A mapped tag isn't a row in the ledger, so it has no id there.
      fact_id: decision.fact?.source === 'tag' ? null : (decision.fact?.id ?? null),
      event_id: eventId,
      attempt_id: decision.send === null ? null : attemptId,
    })),
  );
  await sql.query(`INSERT INTO consent_decisions (${columns}) SELECT * FROM ${from}`, params);
}
