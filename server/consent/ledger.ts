import { newId, type Sql, unnest } from '../db.ts';
import type { Channel, ConsentFact, FactSource, FlagChannel, FlagDecision, Told } from '../domain/consent.ts';
import type { Instant } from '../domain/scalars.ts';
import type { Shop } from '../shops.ts';

/** A fact as it is written: about an address (its hash), and pointing to the person it came with. */
export type LedgerEntry = {
  id: string;
  channel: Channel;
  address: string;
  personId: string | null;
  state: string | null;
  level: string | null;
  chosenAt: Instant | null;
  source: FactSource;
  eventId: string | null;
};

/** One address on one channel, by its hash. */
export type LedgerKey = { channel: Channel; address: string };
export const ledgerKey = (key: LedgerKey) => `${key.channel}:${key.address}`;

/** What was told about an address, with the attempts whose outcome is not known. */
export type ToldRow = Told & { lists: string | null };
const nothingTold: ToldRow = { accepted: null, acceptedAt: null, unsettled: [], lists: null };

export async function appendFacts(sql: Sql, shop: Shop, entries: readonly LedgerEntry[], now: Instant): Promise<void> {
  if (entries.length === 0) return;
  const { columns, from, params } = unnest(
    {
      id: 'uuid',
      shop_id: 'int',
      channel: 'text',
      address: 'text',
      person_id: 'uuid',
      state: 'text',
      level: 'text',
      chosen_at: 'timestamptz',
      source: 'text',
      event_id: 'uuid',
      recorded_at: 'timestamptz',
    },
    entries.map((entry) => ({
      id: entry.id,
      shop_id: shop.id,
      channel: entry.channel,
      address: entry.address,
      person_id: entry.personId,
      state: entry.state,
      level: entry.level,
      chosen_at: entry.chosenAt === null ? null : new Date(entry.chosenAt),
      source: entry.source,
      event_id: entry.eventId,
      recorded_at: new Date(now),
    })),
  );
  await sql.query(`INSERT INTO consent_facts (${columns}) SELECT * FROM ${from} ON CONFLICT (id) DO NOTHING`, params);
}

/**
 * All facts about these addresses, by ledgerKey. When the person a fact came with had another address on the channel
 * before, the fact says since when this one was seen.
 */
export async function loadFacts(sql: Sql, shop: Shop, keys: readonly LedgerKey[]): Promise<Map<string, ConsentFact[]>> {
  const facts = new Map<string, ConsentFact[]>();
  if (keys.length === 0) return facts;
  const rows = await sql.query<{
    id: string;
    channel: Channel;
    address: string;
    state: string | null;
    level: string | null;
    chosen_at: Date | null;
    source: FactSource;
    event_id: string | null;
    address_changed_at: Date | null;
  }>(
    `SELECT f.id, f.channel, f.address, f.state, f.level, f.chosen_at, f.source, f.event_id,
       CASE WHEN EXISTS (
         SELECT 1 FROM addresses o WHERE o.shop_id = f.shop_id AND o.person_id = f.person_id AND o.channel = f.channel
           AND o.address <> f.address AND o.first_seen_at < a.first_seen_at
       ) THEN a.first_seen_at END AS address_changed_at
     FROM consent_facts f LEFT JOIN addresses a
       ON a.shop_id = f.shop_id AND a.person_id = f.person_id AND a.channel = f.channel AND a.address = f.address
     WHERE f.shop_id = $1 AND f.address = ANY($2::text[])`,
    [shop.id, keys.map((key) => key.address)],
  );
  for (const row of rows) {
    const key = ledgerKey(row);
    const list = facts.get(key) ?? [];
    list.push({
      id: row.id,
      channel: row.channel,
      state: row.state,
      level: row.level,
      chosenAt: row.chosen_at?.getTime() ?? null,
      source: row.source,
      eventId: row.event_id,
      addressChangedAt: row.address_changed_at?.getTime() ?? null,
    });
    facts.set(key, list);
  }
  return facts;
}

type Unsettled = [attemptId: string, value: boolean][];

/** What these addresses were told in this account, by ledgerKey; an address never told about is there too. */
export async function loadTold(
  sql: Sql,
  shop: Shop,
  account: number,
  keys: readonly LedgerKey[],
): Promise<(key: LedgerKey) => ToldRow> {
  if (keys.length === 0) return () => nothingTold;
  const rows = await sql.query<{
    channel: Channel;
    address: string;
    accepted: boolean | null;
    accepted_at: Date | null;
    unsettled: Unsettled;
    lists: string | null;
  }>(
    `SELECT t.channel, t.address, t.accepted, t.accepted_at, t.unsettled, t.lists FROM told t
     JOIN unnest($3::text[], $4::text[]) AS k(channel, address) ON k.channel = t.channel AND k.address = t.address
     WHERE t.shop_id = $1 AND t.account = $2`,
    [shop.id, account, keys.map((key) => key.channel), keys.map((key) => key.address)],
  );
  const told = new Map(
    rows.map((row) => [
      ledgerKey(row),
      {
        accepted: row.accepted,
        acceptedAt: row.accepted_at?.getTime() ?? null,
        unsettled: row.unsettled.map(([, value]) => value),
        lists: row.lists,
      },
    ]),
  );
  return (key) => told.get(ledgerKey(key)) ?? nothingTold;
}

/** A flag that is about to leave, or has left, with an attempt. */
export type SentFlag = LedgerKey & { attemptId: string; value: boolean };

/** In groups in which no address comes twice: one statement may touch a row once. */
function withoutRepeats<T extends LedgerKey>(rows: readonly T[]): T[][] {
  const groups: Map<string, T>[] = [];
  for (const row of rows) {
    const key = ledgerKey(row);
    const group = groups.find((candidate) => !candidate.has(key));
    if (group) group.set(key, row);
    else groups.push(new Map([[key, row]]));
  }
  return groups.map((group) => [...group.values()]);
}

/** Before sending: from now on these flags may have been told, whatever becomes of this process. */
export async function noteSending(sql: Sql, shop: Shop, account: number, flags: readonly SentFlag[]): Promise<void> {
  const groups = withoutRepeats(flags).map(async (group) => {
    const { columns, from, params } = unnest(
      { channel: 'text', address: 'text', unsettled: 'jsonb' },
      group.map((flag) => ({
        channel: flag.channel,
        address: flag.address,
        unsettled: JSON.stringify([[flag.attemptId, flag.value]]),
      })),
      3,
    );
    await sql.query(
      `INSERT INTO told (shop_id, account, ${columns}) SELECT $1, $2, u.* FROM ${from} AS u
       ON CONFLICT (shop_id, channel, address) DO UPDATE SET
         account = excluded.account,
         accepted = CASE WHEN told.account = excluded.account THEN told.accepted END,
         accepted_at = CASE WHEN told.account = excluded.account THEN told.accepted_at END,
         lists = CASE WHEN told.account = excluded.account THEN told.lists END,
         unsettled = CASE WHEN told.account = excluded.account THEN told.unsettled ELSE '[]'::jsonb END
           || excluded.unsettled`,
      [shop.id, account, ...params],
    );
  });
  await Promise.all(groups);
}

/** These attempts were accepted: their flags are what Ascent360 holds. */
export async function noteAccepted(
  sql: Sql,
  shop: Shop,
  flags: readonly (SentFlag & { account: number })[],
): Promise<void> {
  const groups = withoutRepeats(flags).map(async (group) => {
    const { columns, from, params } = unnest(
      { channel: 'text', address: 'text', account: 'int', value: 'boolean' },
      group.map(({ channel, address, account, value }) => ({ channel, address, account, value })),
      2,
    );
    await sql.query(
      `UPDATE told t SET accepted = u.value, accepted_at = now(), unsettled = '[]' FROM ${from} AS u(${columns})
       WHERE t.shop_id = $1 AND t.channel = u.channel AND t.address = u.address AND t.account = u.account`,
      [shop.id, ...params],
    );
  });
  await Promise.all(groups);
}

/** The attempt was surely not taken: its flags were not told. */
export async function noteRefused(sql: Sql, shop: Shop, flags: readonly SentFlag[]): Promise<void> {
  const each = flags.map(async (flag) => {
    await sql.query(
      `UPDATE told SET unsettled = (
         SELECT coalesce(jsonb_agg(entry), '[]') FROM jsonb_array_elements(unsettled) AS entry WHERE entry->>0 <> $4)
       WHERE shop_id = $1 AND channel = $2 AND address = $3`,
      [shop.id, flag.channel, flag.address, flag.attemptId],
    );
  });
  await Promise.all(each);
}

/** These list sets went out with these e-mail addresses and were accepted. */
export async function noteLists(
  sql: Sql,
  shop: Shop,
  accepted: readonly { address: string; account: number; lists: string }[],
): Promise<void> {
  if (accepted.length === 0) return;
  const newest = new Map(accepted.map((one) => [one.address, one]));
  const { columns, from, params } = unnest({ address: 'text', account: 'int', lists: 'text' }, [...newest.values()], 2);
  await sql.query(
    `INSERT INTO told (shop_id, channel, ${columns}) SELECT $1, 'email', u.* FROM ${from} AS u
     ON CONFLICT (shop_id, channel, address) DO UPDATE SET
       account = excluded.account,
       accepted = CASE WHEN told.account = excluded.account THEN told.accepted END,
       accepted_at = CASE WHEN told.account = excluded.account THEN told.accepted_at END,
       unsettled = CASE WHEN told.account = excluded.account THEN told.unsettled ELSE '[]'::jsonb END,
       lists = excluded.lists`,
    [shop.id, ...params],
  );
}

/** A decision to keep: what was decided about an address, when, why, and for which event. */
export type KeptDecision = LedgerKey & {
  decision: FlagDecision;
  eventId: string;
  attemptId: string | null;
};

const decisionName = (decision: FlagDecision) => {
  if (decision.send !== null) return 'told';
  if (decision.reason === 'held_by_newer_state') return 'superseded';
  return decision.reason === 'history_held' || decision.reason === 'unticked_box' ? 'held' : 'left_out';
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
      // A mapped tag is not a row of the ledger: it has no id there.
      fact_id: decision.fact?.source === 'tag' ? null : (decision.fact?.id ?? null),
      event_id: eventId,
      attempt_id: decision.send === null ? null : attemptId,
    })),
  );
  await sql.query(`INSERT INTO consent_decisions (${columns}) SELECT * FROM ${from}`, params);
}

/** The channels of the ledger that a payload has a flag for. */
export const flagChannels: readonly FlagChannel[] = ['email', 'sms', 'phone', 'postal'];
