import { appendTo, CHAIN_START, type ChainEnd, type ExportOf, endLine } from '../../domain/audit/chain.ts';
import type { AuditEntry } from '../../domain/audit/entries.ts';
import type { Channel } from '../../domain/consent.ts';
import { isoOf } from '../../domain/days.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import type { Vault } from '../../platform/keys.ts';
import type { Shop } from '../shops/shops.ts';

/** Rows read at once for an export. */
const PAGE = 500;

/**
 * A person's address in the chain. The person's row id is their hash key: random, and gone from
 * every table once they are erased.
 */
export const subjectHash = (vault: Vault, key: { channel: Channel; address: string }, personId: string | null) =>
  personId === null ? undefined : vault.hash('audit', `${personId}\n${key.channel}\n${key.address}`);

/** A Shopify user in the chain. */
export const userHash = (vault: Vault, userId: string) => vault.hash('audit', `user\n${userId}`);

type EndRow = { seq: number; hash: Uint8Array };
const readEnd = ({ seq, hash }: EndRow): ChainEnd => ({ seq, hash: Buffer.from(hash).toString('hex') });

/** The newest entry; null: none yet. */
export async function chainEnd(sql: Sql, shop: Pick<Shop, 'id'>): Promise<(ChainEnd & { at: Instant }) | null> {
  const [row] = await sql.query<EndRow & { at: Date }>(
    'SELECT seq, hash, at FROM audit_chain WHERE shop_id = $1 ORDER BY seq DESC LIMIT 1',
    [shop.id],
  );
  return row ? { ...readEnd(row), at: row.at.getTime() } : null;
}

/**
 * Appends entries to a shop's chain, all in one row. Must run in the transaction of what they
 * record, which must have the shop's lock: the chain has one end.
 */
export async function appendAudit(
  sql: Sql,
  shop: Pick<Shop, 'id'>,
  entries: readonly AuditEntry[],
  now: Instant,
): Promise<void> {
  if (entries.length === 0) return;
  const at = new Date(now).toISOString();
  const { lines, end } = appendTo((await chainEnd(sql, shop)) ?? CHAIN_START, entries, at);
  await sql.query('INSERT INTO audit_chain (shop_id, seq, at, lines, hash) VALUES ($1, $2, $3::timestamptz, $4, $5)', [
    shop.id,
    end.seq,
    at,
    lines.join('\n'),
    Buffer.from(end.hash, 'hex'),
  ]);
}

type Window = { from: Instant | null; to: Instant | null };
/**
 * The chain as JSON Lines, with an end line; `from` and `to` are both included. The entries between
 * the first and the last in that time are given without a gap.
 */
export async function* exportAudit(
  sql: Sql,
  shop: Pick<Shop, 'id' | 'domain'>,
  { from, to }: Window,
): AsyncGenerator<string> {
  const [bounds] = await sql.query<{ first: number | null; last: number | null }>(
    `SELECT min(seq) FILTER (WHERE at >= coalesce($2::timestamptz, '-infinity')) AS first,
       max(seq) FILTER (WHERE at <= coalesce($3::timestamptz, 'infinity')) AS last
     FROM audit_chain WHERE shop_id = $1`,
    [shop.id, isoOf(from), isoOf(to)],
  );
  let before: ChainEnd | null = null;
  let end: ChainEnd | null = null;
  for (let after = (bounds?.first ?? 0) - 1; bounds?.first && bounds.last && after < bounds.last; ) {
    const rows = await sql.query<EndRow & { lines: string }>(
      'SELECT seq, lines, hash FROM audit_chain WHERE shop_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4',
      [shop.id, after, bounds.last, PAGE],
    );
    const [oldest] = rows;
    const newest = rows.at(-1);
    if (!oldest || !newest) break;
    before ??= startOf(oldest.lines);
    yield `${rows.map(({ lines }) => lines).join('\n')}\n`;
    end = readEnd(newest);
    after = newest.seq;
  }
  // Nothing in that time: the end line alone, at the end of the chain.
  const at = end ?? (await chainEnd(sql, shop)) ?? CHAIN_START;
  const of: ExportOf = { shop: shop.domain, from: isoOf(from), to: isoOf(to) };
  yield `${endLine(of, before ?? at, at)}\n`;
}

/** Where the chain stood before these lines: older entries may have been deleted after their time. */
function startOf(lines: string): ChainEnd {
  const { seq, prev } = JSON.parse(lines.split('\n', 1)[0] ?? '{}') as { seq?: number; prev?: string };
  return seq === undefined || prev === undefined ? CHAIN_START : { seq: seq - 1, hash: prev };
}
