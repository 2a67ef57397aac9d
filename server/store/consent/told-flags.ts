import type { Channel, FlagChannel, Told } from '../../domain/consent.ts';
import { instantOf } from '../../platform/database/dates.ts';
import { type Sql, unnest } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';
import { type LedgerKey, ledgerKey } from './facts.ts';

/** What Ascent360 was told about an address, including flags whose outcome is unknown. */
export type ToldRow = Told & { lists: string | null };
const nothingTold: ToldRow = { accepted: null, acceptedAt: null, pendingFlags: [], lists: null };

type PendingFlags = [attemptId: string, value: boolean][];

/** What was told of each key `u`, looked up separately: see ofEachKey. */
const TOLD_OF_EACH = `CROSS JOIN LATERAL (
       SELECT * FROM told WHERE shop_id = $1 AND channel = u.channel AND address = u.address OFFSET 0) AS t`;

/**
 * What Ascent360 was told about these addresses in this account, by ledgerKey. Includes addresses
 * it was never told about.
 */
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
    unsettled: PendingFlags;
    lists: string | null;
  }>(
    `SELECT t.channel, t.address, t.accepted, t.accepted_at, t.unsettled, t.lists
     FROM unnest($3::text[], $4::text[]) AS u(channel, address) ${TOLD_OF_EACH} WHERE t.account = $2`,
    [shop.id, account, keys.map((key) => key.channel), keys.map((key) => key.address)],
  );
  const told = new Map(
    rows.map((row) => [
      ledgerKey(row),
      {
        accepted: row.accepted,
        acceptedAt: instantOf(row.accepted_at),
        pendingFlags: row.unsettled.map(([, value]) => value),
        lists: row.lists,
      },
    ]),
  );
  return (key) => told.get(ledgerKey(key)) ?? nothingTold;
}

/** A flag that is sent with an attempt. */
export type SentFlag = LedgerKey & { channel: FlagChannel; attemptId: string; value: boolean };

/** Splits rows into groups where no address repeats: one statement may touch a row only once. */
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

/** What another account was told says nothing of the one that a row is written for. */
const SAME_ACCOUNT = `account = excluded.account,
         accepted = CASE WHEN told.account = excluded.account THEN told.accepted END,
         accepted_at = CASE WHEN told.account = excluded.account THEN told.accepted_at END`;
const UNSETTLED = `CASE WHEN told.account = excluded.account THEN told.unsettled ELSE '[]'::jsonb END`;

/**
 * Before sending: from now on these flags may have reached Ascent360, whatever happens to this
 * process.
 */
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
       ON CONFLICT (shop_id, channel, address) DO UPDATE SET ${SAME_ACCOUNT},
         lists = CASE WHEN told.account = excluded.account THEN told.lists END,
         unsettled = ${UNSETTLED} || excluded.unsettled`,
      [shop.id, account, ...params],
    );
  });
  await Promise.all(groups);
}

/** The flags of a row that were sent after an attempt's; all if that isn't among them any more. */
const SENT_SINCE = `(SELECT coalesce(jsonb_agg(entry ORDER BY n), '[]')
       FROM jsonb_array_elements(t.unsettled) WITH ORDINALITY AS sent (entry, n)
       WHERE n > (SELECT coalesce(max(o.n), 0) FROM jsonb_array_elements(t.unsettled) WITH ORDINALITY AS o (entry, n)
         WHERE o.entry->>0 = u.attempt_id))`;

/**
 * These attempts were accepted: Ascent360 now has their flags, or one that was sent since. A flag
 * about a person may be sent to two of their addresses at once.
 */
export async function noteAccepted(
  sql: Sql,
  shop: Shop,
  flags: readonly (SentFlag & { account: number })[],
): Promise<void> {
  const groups = withoutRepeats(flags).map(async (group) => {
    const { columns, from, params } = unnest(
      { channel: 'text', address: 'text', account: 'int', value: 'boolean', attempt_id: 'text' },
      group.map(({ channel, address, account, value, attemptId }) => ({
        channel,
        address,
        account,
        value,
        attempt_id: attemptId,
      })),
      2,
    );
    await sql.query(
      `INSERT INTO told AS t (shop_id, channel, address, account, accepted, accepted_at, unsettled)
       SELECT $1, u.channel, u.address, u.account, u.value, now(), ${SENT_SINCE}
       FROM ${from} AS u(${columns}) ${TOLD_OF_EACH} WHERE t.account = u.account
       ON CONFLICT (shop_id, channel, address) DO UPDATE SET
         accepted = excluded.accepted, accepted_at = excluded.accepted_at, unsettled = excluded.unsettled`,
      [shop.id, ...params],
    );
  });
  await Promise.all(groups);
}

/** Ascent360 certainly didn't take this attempt: its flags were not told. */
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

/** Ascent360 accepted these list sets with these email addresses. */
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
     ON CONFLICT (shop_id, channel, address) DO UPDATE SET ${SAME_ACCOUNT}, unsettled = ${UNSETTLED}, lists = excluded.lists`,
    [shop.id, ...params],
  );
}
