import type { E164, Instant, ShopifyId } from '../../domain/scalars.ts';
import type { Translated } from '../../domain/translated.ts';
import type { Sql } from '../../platform/database/db.ts';
import type { Shop } from './shops.ts';

/** What Shopify asks for about one person. Id, email and phone may each be missing. */
export type PersonRequest = Extract<Translated, { kind: 'compliance' }>;

/**
 * The person a data request is about, as Shopify names them. Sealed in `privacy_requests.subject`.
 */
export type PrivacySubject = {
  customerId: ShopifyId | null;
  email: string | null;
  phone: E164 | null;
  orderIds: ShopifyId[];
};

/** `open`: not done here yet; `ready`: the merchant's turn; `done`: the merchant marked it so. */
export type PrivacyRequest = {
  id: string;
  kind: 'data_request' | 'redact';
  requestId: string;
  receivedAt: Instant;
  dueAt: Instant;
  state: 'open' | 'ready' | 'done';
  doneAt: Instant | null;
  /** Null for an erasure, and once the person was erased. */
  subject: PrivacySubject | null;
  /** When the person a data request is about was erased. */
  erasedAt: Instant | null;
};

const DAY = 24 * 3_600_000;
/** Shopify's own limit: https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance */
export const DUE_AFTER = 30 * DAY;
/** From then on the overview shows a reminder. */
export const REMIND_AFTER = 20 * DAY;
/** The most that a page shows. */
const MOST = 200;

export const requestBinding = (id: string) => `privacy_requests.subject:${id}`;

type Row = {
  id: string;
  kind: 'data_request' | 'redact';
  request_id: string;
  received_at: Date;
  subject: Uint8Array | null;
  ready_at: Date | null;
  done_at: Date | null;
  erased_at: Date | null;
};

const columns = 'id, kind, request_id, received_at, subject, ready_at, done_at, erased_at';

function read(shop: Shop, row: Row): PrivacyRequest {
  return {
    id: row.id,
    kind: row.kind,
    requestId: row.request_id,
    receivedAt: row.received_at.getTime(),
    dueAt: row.received_at.getTime() + DUE_AFTER,
    state: row.done_at ? 'done' : row.ready_at ? 'ready' : 'open',
    doneAt: row.done_at?.getTime() ?? null,
    subject: row.subject ? shop.vault.openJson<PrivacySubject>(requestBinding(row.id), row.subject) : null,
    erasedAt: row.erased_at?.getTime() ?? null,
  };
}

/**
 * Saves a request once our part is done: an erasure, or an export, which is put together when it is
 * downloaded. For an erasure, we don't keep who it was about.
 * @param search the keys by which an erasure finds a data request
 */
export async function keepRequest(
  sql: Sql,
  shop: Shop,
  request: PersonRequest,
  { eventId, search }: { eventId: string; search: readonly string[] },
): Promise<void> {
  const isExport = request.request === 'data_request';
  const { customerId, email, phone, orderIds } = request;
  const subject: PrivacySubject = { customerId, email, phone, orderIds };
  await sql.query(
    `INSERT INTO privacy_requests (id, shop_id, kind, request_id, received_at, subject, search, ready_at)
     SELECT id, shop_id, $3, coalesce($4, webhook_id), received_at, $5, $6::text[], now() FROM events
     WHERE id = $1 AND shop_id = $2 ON CONFLICT (id) DO NOTHING`,
    [
      eventId,
      shop.id,
      isExport ? 'data_request' : 'redact',
      isExport ? request.requestId : null,
      isExport ? shop.vault.sealJson(requestBinding(eventId), subject) : null,
      isExport ? search : [],
    ],
  );
}

/** Newest first. Where there are too many, those that are not done stay, data requests above all. */
export async function listRequests(sql: Sql, shop: Shop): Promise<PrivacyRequest[]> {
  const rows = await sql.query<Row>(
    `SELECT * FROM (
       SELECT ${columns} FROM privacy_requests WHERE shop_id = $1
       ORDER BY done_at IS NOT NULL, kind <> 'data_request' OR erased_at IS NOT NULL, received_at DESC, id DESC LIMIT ${MOST}
     ) AS shown ORDER BY received_at DESC, id DESC`,
    [shop.id],
  );
  return rows.map((row) => read(shop, row));
}

export async function findRequest(sql: Sql, shop: Shop, id: string): Promise<PrivacyRequest | null> {
  const [row] = await sql.query<Row>(`SELECT ${columns} FROM privacy_requests WHERE shop_id = $1 AND id = $2`, [
    shop.id,
    id,
  ]);
  return row ? read(shop, row) : null;
}

/**
 * The merchant has sent the data, or Ascent360 has erased it. If it is marked twice, the first time
 * counts: `isNew`.
 */
export async function markDone(
  sql: Sql,
  shop: Shop,
  id: string,
  now: Instant,
): Promise<(PrivacyRequest & { isNew: boolean }) | null> {
  const marked = await sql.query(
    'UPDATE privacy_requests SET done_at = $3 WHERE shop_id = $1 AND id = $2 AND done_at IS NULL AND ready_at IS NOT NULL RETURNING 1',
    [shop.id, id, new Date(now)],
  );
  const request = await findRequest(sql, shop, id);
  return request && { ...request, isNew: marked.length > 0 };
}

/** Removes the person from the data requests about them. */
export async function eraseRequests(sql: Sql, shop: Shop, keys: readonly string[], at: Instant): Promise<void> {
  await sql.query(
    `UPDATE privacy_requests SET subject = NULL, search = '{}', erased_at = $3 WHERE shop_id = $1 AND search && $2::text[]`,
    [shop.id, keys, new Date(at)],
  );
}
