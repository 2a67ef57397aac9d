import type { Channel } from '../../domain/consent.ts';
import { AT_ONCE, type Sql } from '../../platform/database/db.ts';
import { FIRST_ID } from '../../platform/database/ids.ts';
import type { Shop } from '../shops/shops.ts';
import type { LedgerKey } from './facts.ts';
import { OPT_OUT_TOPIC } from './opt-out-topic.ts';

const EVERY = `interval '1 day'`;

/**
 * SQL around the rows to insert: has a shop's ledger checked soon against what was told. A check in
 * progress continues, and is then done once more.
 */
const ASK = `INSERT INTO ledger_checks (shop_id, due_at, asked)`;
const AGAIN = 'ON CONFLICT (shop_id) DO UPDATE SET due_at = excluded.due_at, asked = ledger_checks.asked + 1';

/** Something changed what is due: has the shop's whole ledger checked soon. */
export async function askLedgerCheck(sql: Sql, shop: Pick<Shop, 'id'>): Promise<void> {
  await sql.query(`${ASK} VALUES ($1, ${AT_ONCE}, 1) ${AGAIN}`, [shop.id]);
}

/** The same as part of a statement, for the rows of `from`, which have a `shop_id`. */
export const askLedgerCheckFor = (from: string) => `${ASK} SELECT shop_id, ${AT_ONCE}, 1 FROM ${from} ${AGAIN}`;

/** The same, if any of these events opts out of something: what is sent in its place may be about another address. */
export async function askIfOptedOut(sql: Sql, shop: Shop, eventIds: readonly string[]): Promise<void> {
  await sql.query(
    askLedgerCheckFor(
      '(SELECT shop_id FROM deliveries WHERE shop_id = $1 AND event_id = ANY($2::uuid[]) AND carries_opt_out LIMIT 1) AS d',
    ),
    [shop.id, eventIds],
  );
}

/** Connected shops whose ledger is due for a check: daily, and when something asked for it. */
export async function shopsToCheck(sql: Sql): Promise<number[]> {
  const rows = await sql.query<{ id: number }>(
    `SELECT s.id FROM shops s JOIN settings c ON c.shop_id = s.id LEFT JOIN ledger_checks l ON l.shop_id = s.id
     WHERE s.wrapped_key IS NOT NULL AND s.uninstalled_at IS NULL AND c.guid IS NOT NULL
       AND (l.shop_id IS NULL OR l.due_at <= now())`,
  );
  return rows.map(({ id }) => id);
}

/** How far a check has come. */
export type LedgerCheck = {
  afterFactId: string | null;
  /** The key of the last person checked, after all facts. */
  afterPerson: string | null;
};

/** Goes on with the check, or begins one: that covers whatever was asked for before. */
export async function loadLedgerCheck(sql: Sql, shop: Shop): Promise<LedgerCheck> {
  const [row] = await sql.query<{ after_fact_id: string | null; after_person: string | null }>(
    `INSERT INTO ledger_checks AS l (shop_id, due_at) VALUES ($1, now())
     ON CONFLICT (shop_id) DO UPDATE SET asked = CASE WHEN l.after_fact_id IS NULL AND l.after_person IS NULL THEN 0 ELSE l.asked END
     RETURNING after_fact_id, after_person`,
    [shop.id],
  );
  return { afterFactId: row?.after_fact_id ?? null, afterPerson: row?.after_person ?? null };
}

export async function moveLedgerCheck(sql: Sql, shop: Shop, { afterFactId, afterPerson }: LedgerCheck): Promise<void> {
  await sql.query('UPDATE ledger_checks SET after_fact_id = $2, after_person = $3 WHERE shop_id = $1', [
    shop.id,
    afterFactId,
    afterPerson,
  ]);
}

/**
 * The check is complete. The next one is in a day, or now if something asked for another one
 * since it began.
 * @returns whether the next check starts now
 */
export async function endLedgerCheck(sql: Sql, shop: Shop): Promise<boolean> {
  const [row] = await sql.query<{ again: boolean }>(
    `UPDATE ledger_checks SET after_fact_id = NULL, after_person = NULL, due_at = CASE WHEN asked = 0 THEN now() + ${EVERY} ELSE due_at END
     WHERE shop_id = $1 RETURNING asked > 0 AS again`,
    [shop.id],
  );
  return row?.again ?? false;
}

/**
 * Matches when Ascent360 certainly has it. Each address is looked up separately, whatever the
 * planner knows about the table.
 */
const TOLD = `SELECT true AS told FROM told t WHERE t.shop_id = $1 AND t.channel = f.channel AND t.address = f.address
         AND t.account = $2 AND t.accepted = false AND t.unsettled = '[]'::jsonb OFFSET 0`;

/** SQL: delivery `d` waits, so it will tell the opt-out, or is being sent with it. */
const maySay = (channel: 'email' | 'sms') => `(d.lease_until IS NULL OR EXISTS (SELECT 1 FROM attempts a
         WHERE a.delivery_id = d.id AND a.class IS NULL AND a.flags->>'${channel}' = 'false'))`;

/**
 * Those that nothing open in their lanes may tell, each once. One statement for all: a plan that reads all
 * open deliveries does it once.
 */
async function withoutOpen(
  sql: Sql,
  shop: Shop,
  found: readonly { channel: Channel; address: string }[],
  counts = { email: 'true', phone: 'true' },
): Promise<LedgerKey[]> {
  if (found.length === 0) return [];
  const keys = new Map(found.map(({ channel, address }) => [address, { channel, address }]));
  const open = await sql.query<{ lane: string }>(
    `SELECT email_lane AS lane FROM deliveries d WHERE shop_id = $1 AND open AND email_lane = ANY($2::text[])
       AND ${counts.email} AND ${maySay('email')}
     UNION SELECT phone_lane FROM deliveries d WHERE shop_id = $1 AND open AND phone_lane = ANY($2::text[])
       AND ${counts.phone} AND ${maySay('sms')}`,
    [shop.id, [...keys.keys()]],
  );
  for (const { lane } of open) keys.delete(lane);
  return [...keys.values()];
}

/**
 * A page of the shop's opt-outs that may not have been sent. `keys`: the addresses that no open
 * delivery may send one to; `waiting`: the others; `last`: the last one checked, or null when there
 * are no more.
 */
export async function untoldOptOuts(
  sql: Sql,
  shop: Shop,
  account: number,
  page: { afterFactId: string | null; size: number },
): Promise<{ keys: LedgerKey[]; waiting: string[]; last: string | null }> {
  const rows = await sql.query<{ last: string; channel: Channel | null; address: string | null }>(
    `WITH page AS MATERIALIZED (
       SELECT id, channel, address FROM consent_facts
       WHERE shop_id = $1 AND state = 'unsubscribed' AND id > $3::uuid ORDER BY id LIMIT $4),
     untold AS MATERIALIZED (
       SELECT f.channel, f.address FROM page f LEFT JOIN LATERAL (${TOLD}) AS t ON true
       WHERE f.channel IN ('email', 'sms') AND t.told IS NULL)
     SELECT l.id AS last, u.channel, u.address FROM (SELECT id FROM page ORDER BY id DESC LIMIT 1) AS l
     LEFT JOIN untold u ON true`,
    [shop.id, account, page.afterFactId ?? FIRST_ID, page.size],
  );
  const found = rows.flatMap(({ channel, address }) => (channel && address ? [{ channel, address }] : []));
  const keys = await withoutOpen(sql, shop, found);
  const unheld = new Set(keys.map(({ address }) => address));
  const waiting = found.map(({ address }) => address).filter((address) => !unheld.has(address));
  return { keys, waiting, last: rows[0]?.last ?? null };
}

/**
 * What is sent with a person as last known goes to other addresses, or nowhere, once they were merged
 * or deleted. Only an order's or customer's state keeps its addresses, and a choice the one it is
 * about.
 */
const keepsAddress = (topic: string) => `(kind IN ('order', 'customer') OR EXISTS (
         SELECT 1 FROM events e WHERE e.id = d.event_id AND lower(e.topic) IN ('${topic}', '${OPT_OUT_TOPIC}')))`;
const KEEPS = {
  email: keepsAddress('customers_email_marketing_consent/update'),
  phone: keepsAddress('customers_marketing_consent/update'),
};

/** Of these addresses, those about which nothing open will tell an opt-out. */
export const withoutOpenOptOut = async (sql: Sql, shop: Shop, keys: readonly LedgerKey[]): Promise<LedgerKey[]> =>
  await withoutOpen(sql, shop, keys, KEEPS);

/** The same for the addresses that these people, who were deleted or merged into others, have or had. */
export async function untoldOptOutsOf(
  sql: Sql,
  shop: Shop,
  account: number,
  personIds: readonly string[],
): Promise<LedgerKey[]> {
  const rows = await sql.query<{ channel: Channel; address: string }>(
    `SELECT f.channel, f.address FROM addresses a
     CROSS JOIN LATERAL (SELECT channel, address FROM consent_facts WHERE shop_id = $1 AND address = a.address
       AND channel = a.channel AND state = 'unsubscribed' LIMIT 1) AS f
     LEFT JOIN LATERAL (${TOLD}) AS t ON true
     WHERE a.shop_id = $1 AND a.person_id = ANY($3::uuid[]) AND a.channel IN ('email', 'sms') AND t.told IS NULL`,
    [shop.id, account, personIds],
  );
  return await withoutOpen(sql, shop, rows, KEEPS);
}

/**
 * What was to be sent to these addresses isn't, or goes to others: has the ledger checked soon if an opt-out about one
 * of them may be untold that nothing open will tell.
 */
export async function askAbout(sql: Sql, shop: Shop, account: number, keys: readonly LedgerKey[]): Promise<void> {
  const left = await withoutOpenOptOut(sql, shop, keys);
  if (left.length === 0) return;
  const owed = await sql.query(
    `SELECT 1 FROM unnest($3::text[], $4::text[]) AS k(channel, address)
     CROSS JOIN LATERAL (SELECT channel, address FROM consent_facts WHERE shop_id = $1 AND address = k.address
       AND channel = k.channel AND state = 'unsubscribed' LIMIT 1) AS f
     LEFT JOIN LATERAL (${TOLD}) AS t ON true WHERE t.told IS NULL LIMIT 1`,
    [shop.id, account, left.map(({ channel }) => channel), left.map(({ address }) => address)],
  );
  if (owed.length > 0) await askLedgerCheck(sql, shop);
}
