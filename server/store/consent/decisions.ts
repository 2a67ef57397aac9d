import type { AuditEntry, DecisionEntry } from '../../domain/audit/entries.ts';
import type { FlagChannel, FlagDecision, FlagReason } from '../../domain/consent.ts';
import type { Instant } from '../../domain/scalars.ts';
import { type Sql, unnest } from '../../platform/database/db.ts';
import { newId } from '../../platform/database/ids.ts';
import { subjectHash } from '../audit/audit-chain.ts';
import type { Shop } from '../shops/shops.ts';
import type { LedgerKey } from './facts.ts';
import type { SentFlag } from './told-flags.ts';

/** A decision to save: what was decided about an address, when, why, and for which event. */
export type KeptDecision = Omit<LedgerKey, 'channel'> & {
  channel: FlagChannel;
  personId: string | null;
  decision: FlagDecision;
  eventId: string;
  /** Null: nothing is sent. */
  attemptId: string | null;
};

const HELD: ReadonlySet<FlagReason> = new Set([
  'history_held',
  'unticked_box',
  'held_by_holder',
  'not_asked_again',
  'being_asked',
]);

const decisionName = (decision: FlagDecision) => {
  if (decision.send !== null) return 'told';
  if (decision.reason === 'held_by_newer_state') return 'superseded';
  return HELD.has(decision.reason) ? 'held' : 'left_out';
};

/**
 * The decisions based on a choice that we know. A flag that is due where nothing is sent stays due:
 * that is decided with the delivery that carries it.
 */
const worthKeeping = (decisions: readonly KeptDecision[]) =>
  decisions.filter(
    ({ decision, attemptId }) => decision.fact !== null && (decision.send === null || attemptId !== null),
  );

/** What the audit log says of these decisions. */
const auditEntries = ({ vault }: Shop, decisions: readonly KeptDecision[]): DecisionEntry[] =>
  worthKeeping(decisions).map(({ decision, personId, eventId, attemptId, ...key }) => {
    const name = decisionName(decision);
    const subject = subjectHash(vault, key, personId);
    return {
      kind: 'decision',
      channel: key.channel,
      decision: name === 'told' ? 'sent' : name,
      rule: decision.reason,
      event: eventId,
      ...(subject !== undefined && { subject }),
      ...(decision.send !== null && { value: decision.send }),
      ...(decision.send !== null && attemptId !== null && { attempt: attemptId }),
    };
  });

/** Keeps decisions for the pages, and adds them to what this transaction appends to the audit log. */
export async function keepDecisions(
  { sql, shop, audit }: { sql: Sql; shop: Shop; audit: AuditEntry[] },
  decisions: readonly KeptDecision[],
  now: Instant,
): Promise<void> {
  audit.push(...auditEntries(shop, decisions));
  const kept = worthKeeping(decisions);
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

/** The decisions to send these flags. */
const OF_FLAGS = `shop_id = $1 AND attempt_id = ANY($2::uuid[])
  AND (channel, address) IN (SELECT * FROM unnest($3::text[], $4::text[]))`;

const ofFlags = (shop: Shop, flags: readonly SentFlag[]) => [
  shop.id,
  flags.map(({ attemptId }) => attemptId),
  flags.map(({ channel }) => channel),
  flags.map(({ address }) => address),
];

/** Deletes what was decided for attempts that were never made: nothing was sent. */
export async function dropDecisions(sql: Sql, shop: Shop, flags: readonly SentFlag[]): Promise<void> {
  if (flags.length === 0) return;
  await sql.query(`DELETE FROM consent_decisions WHERE ${OF_FLAGS}`, ofFlags(shop, flags));
}

/** Ascent360 certainly didn't take these flags, which is known longer than their attempts are kept. */
export async function refuseDecisions(sql: Sql, shop: Shop, flags: readonly SentFlag[]): Promise<void> {
  if (flags.length === 0) return;
  await sql.query(`UPDATE consent_decisions SET decision = 'refused' WHERE ${OF_FLAGS}`, ofFlags(shop, flags));
}
