import { HOUR } from '../../domain/days.ts';
import type { Instant } from '../../domain/scalars.ts';
import { dateOf, instantOf } from '../../platform/database/dates.ts';
import { AT_ONCE, type Sql } from '../../platform/database/db.ts';
import { hasToken } from './admin-tokens.ts';
import { HAS_APP, type Shop } from './shops.ts';

/** How far a shop has been compared with Shopify. */
export type Reconciliation = {
  ordersUntil: Instant;
  customersUntil: Instant;
  changesDue: boolean;
  consentDue: boolean;
  /** Since when. Whoever asks for a comparison meanwhile changes this, and nobody puts that off. */
  changesDueAt: Instant;
  consentDueAt: Instant;
  operationId: string | null;
  /**
   * When Shopify was asked to read. Anything read about a person since then is newer than its file.
   */
  begunAt: Instant | null;
  /** The fields the bulk operation leaves out because the app may not see them. */
  denied: string[];
  fileSize: number | null;
  readAt: Instant | null;
  /** Opens without a password: only for downloading. */
  url: string | null;
  line: number;
  offset: number;
};

export type Kind = 'orders' | 'customers';

const CONSENT_EVERY = `interval '7 days'`;

const urlBinding = (shop: Shop) => `reconciliations.url:${shop.id}`;

/**
 * Shops that are in use, can be read, and haven't been compared for a while. A shop gets its row
 * with its first comparison.
 */
export async function shopsToReconcile(sql: Sql): Promise<number[]> {
  const rows = await sql.query<{ id: number }>(
    `SELECT s.id FROM shops s LEFT JOIN reconciliations r ON r.shop_id = s.id
     WHERE ${HAS_APP} AND ${hasToken('s.id')}
       AND (r.shop_id IS NULL OR r.due_at <= now() OR r.consent_due_at <= now())`,
  );
  return rows.map((row) => row.id);
}

/**
 * How far the shop has been compared; null the first time, when there is no point to start from.
 */
export async function loadReconciliation(sql: Sql, shop: Shop): Promise<Reconciliation | null> {
  const [row] = await sql.query<{
    orders_until: Date | null;
    customers_until: Date | null;
    changes_due: boolean;
    consent_due: boolean;
    due_at: Date;
    consent_due_at: Date;
    operation_id: string | null;
    begun_at: Date | null;
    denied: string[];
    file_size: number | null;
    read_at: Date | null;
    url: Uint8Array | null;
    line: number;
    offset: number;
  }>(
    `SELECT orders_until, customers_until, due_at <= now() AS changes_due, consent_due_at <= now() AS consent_due,
       due_at, consent_due_at, operation_id, begun_at, denied, file_size, read_at, url, line, "offset" FROM reconciliations WHERE shop_id = $1`,
    [shop.id],
  );
  if (!row?.orders_until || !row.customers_until) return null;
  return {
    ordersUntil: row.orders_until.getTime(),
    customersUntil: row.customers_until.getTime(),
    changesDue: row.changes_due,
    consentDue: row.consent_due,
    changesDueAt: row.due_at.getTime(),
    consentDueAt: row.consent_due_at.getTime(),
    operationId: row.operation_id,
    begunAt: instantOf(row.begun_at),
    denied: row.denied,
    fileSize: row.file_size,
    readAt: instantOf(row.read_at),
    url: row.url ? shop.vault.open(urlBinding(shop), row.url).toString('utf8') : null,
    line: row.line,
    offset: row.offset,
  };
}

/**
 * Starts with changes since then. We don't know what happened before the app was installed again,
 * so in that case consent is compared at once.
 */
export async function setPoint(sql: Sql, shop: Shop, until: Instant, isBack = false): Promise<void> {
  await sql.query(
    `INSERT INTO reconciliations (shop_id, orders_until, customers_until, due_at, consent_due_at)
     VALUES ($1, $2, $2, now() + interval '6 hours', CASE WHEN $3 THEN now() ELSE now() + ${CONSENT_EVERY} END)
     ON CONFLICT (shop_id) DO UPDATE SET orders_until = excluded.orders_until, customers_until = excluded.customers_until,
       due_at = excluded.due_at`,
    [shop.id, new Date(until), isBack],
  );
}

/** The app was away for a while: compares everybody's consent now. A file begun before doesn't know. */
export async function compareConsentSoon(sql: Sql, shop: Shop): Promise<void> {
  await sql.query(
    `UPDATE reconciliations SET consent_due_at = ${AT_ONCE}, operation_id = NULL, begun_at = NULL, file_size = NULL, read_at = NULL,
       url = NULL, line = 0, "offset" = 0 WHERE shop_id = $1`,
    [shop.id],
  );
}

/** Webhooks were missed: compares what changed, now. */
export async function compareChangesSoon(sql: Sql, shop: Shop): Promise<void> {
  await sql.query(`UPDATE reconciliations SET due_at = ${AT_ONCE} WHERE shop_id = $1`, [shop.id]);
}

/** The app was uninstalled: changes from now on don't concern it, and a reinstall starts fresh. */
export async function forgetPoint(sql: Sql, shop: Shop): Promise<void> {
  await sql.query('DELETE FROM reconciliations WHERE shop_id = $1', [shop.id]);
}

/** The usual time between two comparisons, in milliseconds. */
export const EVERY_MS = 6 * HOUR;

const DUE = { changes: ['due_at', 'changesDueAt'], consent: ['consent_due_at', 'consentDueAt'] } as const;

/**
 * Compares changes, or everybody's consent, again after the usual time between two comparisons of
 * changes, or after `waitMs`. Does nothing when the app was uninstalled in the meantime, or when
 * another comparison was asked for.
 */
export async function postpone(
  sql: Sql,
  shop: Shop,
  { what, at }: { what: keyof typeof DUE; at: Pick<Reconciliation, 'changesDueAt' | 'consentDueAt'> },
  waitMs = EVERY_MS,
): Promise<void> {
  const [column, due] = DUE[what];
  await sql.query(
    `UPDATE reconciliations SET ${column} = now() + $3::float8 * interval '1 millisecond' WHERE shop_id = $1 AND ${column} = $2`,
    [shop.id, new Date(at[due]), waitMs],
  );
}

/**
 * We know the changes of this kind from the point reached before to another. The point never goes back, and stays where
 * it is if it went back meanwhile.
 */
export async function movePoint(
  sql: Sql,
  shop: Shop,
  kind: Kind,
  { reached, until }: { reached: Instant; until: Instant },
): Promise<void> {
  const column = kind === 'orders' ? 'orders_until' : 'customers_until';
  await sql.query(
    `UPDATE reconciliations SET ${column} = greatest(${column}, $3::timestamptz) WHERE shop_id = $1 AND ${column} >= $2`,
    [shop.id, new Date(reached), new Date(until)],
  );
}

/**
 * We don't know the changes since then after all: goes back there or, if the point isn't there yet, by the least there
 * is, so that whoever compares meanwhile doesn't move it.
 */
export async function movePointsBack(sql: Sql, shop: Shop, to: Instant): Promise<void> {
  await sql.query(
    `UPDATE reconciliations SET orders_until = least(orders_until - interval '1 millisecond', $2::timestamptz),
       customers_until = least(customers_until - interval '1 millisecond', $2::timestamptz) WHERE shop_id = $1`,
    [shop.id, new Date(to)],
  );
}

type ConsentRead = Pick<
  Reconciliation,
  'operationId' | 'begunAt' | 'denied' | 'fileSize' | 'readAt' | 'url' | 'line' | 'offset'
>;

const nothingRead: ConsentRead = {
  operationId: null,
  begunAt: null,
  denied: [],
  fileSize: null,
  readAt: null,
  url: null,
  line: 0,
  offset: 0,
};

/**
 * Saves what a comparison of consent reads, from its beginning, unless another was asked for. What
 * isn't named is nothing.
 * @param how.waitMs 0: it stays due
 */
export async function saveConsentRead(
  sql: Sql,
  shop: Shop,
  at: Pick<Reconciliation, 'consentDueAt'>,
  { waitMs, ...what }: Partial<ConsentRead> & { waitMs: number },
): Promise<void> {
  const read = { ...nothingRead, ...what };
  await sql.query(
    `UPDATE reconciliations SET operation_id = $2, file_size = $3, read_at = $4, url = $5, line = $6, "offset" = $7,
       consent_due_at = CASE WHEN $8::float8 > 0 THEN now() + $8::float8 * interval '1 millisecond' ELSE consent_due_at END,
       denied = $9::text[], begun_at = $10
     WHERE shop_id = $1 AND consent_due_at = $11`,
    [
      shop.id,
      read.operationId,
      read.fileSize,
      dateOf(read.readAt),
      read.url === null ? null : shop.vault.seal(urlBinding(shop), read.url),
      read.line,
      read.offset,
      waitMs,
      read.denied,
      dateOf(read.begunAt),
      new Date(at.consentDueAt),
    ],
  );
}

/**
 * Moves on in the file.
 * @param at where this worker is, and when its file was written
 * @returns false when another worker has moved on, or has another file
 */
export async function moveInFile(
  sql: Sql,
  shop: Shop,
  at: { readAt: Instant; line: number },
  next: { line: number; offset: number },
): Promise<boolean> {
  const rows = await sql.query(
    'UPDATE reconciliations SET line = $4, "offset" = $5 WHERE shop_id = $1 AND line = $2 AND read_at = $3 RETURNING shop_id',
    [shop.id, at.line, new Date(at.readAt), next.line, next.offset],
  );
  return rows.length > 0;
}
