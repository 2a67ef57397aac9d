import { DAY } from '../../domain/days.ts';
import type { E164, Instant, ShopifyId } from '../../domain/scalars.ts';
import type { Translated } from '../../domain/translated.ts';
import { instantOf } from '../../platform/database/dates.ts';
import type { Sql } from '../../platform/database/db.ts';
import { ifReadable } from '../../platform/keys.ts';
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

/**
 * Whether a request names nobody we could look for: no id, no email, no order, and no phone number
 * that can be read.
 */
export const namesNobody = ({ customerId, email, phone, orderIds }: PrivacySubject) =>
  customerId === null && email === null && phone === null && orderIds.length === 0;

/**
 * `open`: we couldn't do our part, because we can't tell who the request is about, or it `failed`;
 * `ready`: it is the merchant's turn; `done`: the merchant marked it as done and hasn't resent it
 * since, or the person of a data request was erased, which leaves nothing to hand over. A
 * `shop_redact` is here only if it failed.
 */
export type PrivacyRequest = {
  id: string;
  kind: 'data_request' | 'redact' | 'shop_redact';
  requestId: string;
  receivedAt: Instant;
  dueAt: Instant;
  state: 'open' | 'ready' | 'done';
  /** Whether we couldn't handle it. */
  failed: boolean;
  /** When our part was done; null: it wasn't, see `open`. */
  readyAt: Instant | null;
  doneAt: Instant | null;
  /** Null for an erasure, and once the person was erased. */
  subject: PrivacySubject | null;
  /** When the person a data request is about was erased. */
  erasedAt: Instant | null;
};

/** Shopify's own limit: https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance */
export const DUE_AFTER = 30 * DAY;
/** From then on the overview shows a reminder. */
export const REMIND_AFTER = 20 * DAY;
/** How many a page has. */
const PAGE = 200;

const requestBinding = (id: string) => `privacy_requests.subject:${id}`;

type Row = {
  id: string;
  kind: 'data_request' | 'redact';
  request_id: string;
  received_at: Date;
  subject: Uint8Array | null;
  failed: string | null;
  ready_at: Date | null;
  done_at: Date | null;
  erased_at: Date | null;
};

const columns = 'id, kind, request_id, received_at, subject, failed, ready_at, done_at, erased_at';

/** Null also if it is damaged. */
const openSubject = ({ vault }: Shop, id: string, subject: Uint8Array): PrivacySubject | null =>
  ifReadable(() => vault.openJson<PrivacySubject>(requestBinding(id), subject));

function read(shop: Shop, row: Row): PrivacyRequest {
  const doneAt = row.done_at ?? row.erased_at;
  return {
    id: row.id,
    kind: row.failed === 'shop/redact' ? 'shop_redact' : row.kind,
    requestId: row.request_id,
    receivedAt: row.received_at.getTime(),
    dueAt: row.received_at.getTime() + DUE_AFTER,
    state: doneAt ? 'done' : row.ready_at ? 'ready' : 'open',
    failed: row.failed !== null,
    readyAt: instantOf(row.ready_at),
    doneAt: instantOf(doneAt),
    subject: row.subject && openSubject(shop, row.id, row.subject),
    erasedAt: instantOf(row.erased_at),
  };
}

/**
 * Saves a request: once our part is done (an erasure, or an export, which is put together when it
 * is downloaded), or as `open` if we can't tell who it is about. If we can later, it is done then.
 * For an erasure, we don't keep who it was about.
 * @param search the keys by which an erasure finds a data request
 */
export async function keepRequest(
  sql: Sql,
  shop: Shop,
  request: PersonRequest,
  { eventId, search, done }: { eventId: string; search: readonly string[]; done: boolean },
): Promise<void> {
  const isExport = request.request === 'data_request';
  const { customerId, email, phone, orderIds } = request;
  const subject: PrivacySubject = { customerId, email, phone, orderIds };
  await sql.query(
    `INSERT INTO privacy_requests AS r (id, shop_id, kind, request_id, received_at, subject, search, ready_at)
     SELECT id, shop_id, $3, coalesce($4, webhook_id), received_at, $5, $6::text[], CASE WHEN $7::boolean THEN now() END
     FROM events WHERE id = $1 AND shop_id = $2
     ON CONFLICT (id) DO UPDATE SET subject = excluded.subject, search = excluded.search, ready_at = excluded.ready_at,
       request_id = excluded.request_id, failed = NULL, done_at = NULL
     WHERE r.ready_at IS NULL`,
    [
      eventId,
      shop.id,
      isExport ? 'data_request' : 'redact',
      isExport ? request.requestId : null,
      isExport ? shop.vault.sealJson(requestBinding(eventId), subject) : null,
      isExport ? search : [],
      done,
    ],
  );
}

/** Keeps those of these events that are privacy requests which need attention: they failed. */
export async function keepFailed(sql: Sql, shop: Pick<Shop, 'id'>, eventIds: readonly string[]): Promise<void> {
  if (eventIds.length === 0) return;
  await sql.query(
    `INSERT INTO privacy_requests (id, shop_id, kind, request_id, received_at, search, failed)
     SELECT id, shop_id, CASE topic WHEN 'customers/data_request' THEN 'data_request' ELSE 'redact' END,
       webhook_id, received_at, '{}', topic
     FROM events WHERE shop_id = $1 AND id = ANY($2::uuid[]) AND state = 'attention'
       AND topic IN ('customers/data_request', 'customers/redact', 'shop/redact')
     ON CONFLICT (id) DO UPDATE SET done_at = NULL`,
    [shop.id, eventIds],
  );
}

/** A failed request is handled after all. */
export async function forgetFailed(sql: Sql, shop: Shop, eventId: string): Promise<void> {
  await sql.query('DELETE FROM privacy_requests WHERE shop_id = $1 AND id = $2 AND failed IS NOT NULL', [
    shop.id,
    eventId,
  ]);
}

/**
 * Where a page ends: after this request. `rank`: 0 a data request that isn't done, 1 an erasure
 * that isn't, 2 those that are.
 */
type RequestPlace = { rank: number; receivedAt: Instant; id: string };

const RANK = `(CASE WHEN done_at IS NOT NULL OR erased_at IS NOT NULL THEN 2 WHEN kind = 'data_request' THEN 0 ELSE 1 END)`;

/**
 * A page of requests, newest first. Those that are not done are on the first pages, data requests
 * above all. `next` null: there are no more.
 */
export async function listRequests(
  sql: Sql,
  shop: Shop,
  after: RequestPlace | null,
): Promise<{ requests: PrivacyRequest[]; next: RequestPlace | null }> {
  const rows = await sql.query<Row & { rank: number }>(
    `SELECT ${columns}, ${RANK} AS rank FROM privacy_requests
     WHERE shop_id = $1 AND ($2::int IS NULL OR ${RANK} > $2 OR (${RANK} = $2 AND (received_at, id) < ($3::timestamptz, $4::uuid)))
     ORDER BY rank, received_at DESC, id DESC LIMIT ${PAGE + 1}`,
    [shop.id, after?.rank ?? null, after ? new Date(after.receivedAt) : null, after?.id ?? null],
  );
  const page = rows.slice(0, PAGE);
  const last = rows.length > PAGE ? page.at(-1) : undefined;
  return {
    requests: page.map((row) => read(shop, row)).sort((a, b) => b.receivedAt - a.receivedAt || (a.id < b.id ? 1 : -1)),
    next: last ? { rank: last.rank, receivedAt: last.received_at.getTime(), id: last.id } : null,
  };
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
    'UPDATE privacy_requests SET done_at = $3 WHERE shop_id = $1 AND id = $2 AND done_at IS NULL RETURNING 1',
    [shop.id, id, new Date(now)],
  );
  const request = await findRequest(sql, shop, id);
  return request && { ...request, isNew: marked.length > 0 };
}

/** The data requests that these keys find, with the customer each names; null: none. */
export async function requestsOf(
  sql: Sql,
  shop: Shop,
  keys: readonly string[],
): Promise<{ id: string; customerId: ShopifyId | null }[]> {
  const rows = await sql.query<{ id: string; subject: Uint8Array }>(
    'SELECT id, subject FROM privacy_requests WHERE shop_id = $1 AND search && $2::text[] AND subject IS NOT NULL',
    [shop.id, keys],
  );
  return rows.map(({ id, subject }) => ({
    id,
    customerId: openSubject(shop, id, subject)?.customerId ?? null,
  }));
}

/**
 * Removes the person from the data requests about them.
 * @param ids of requests and of the person's other events: a request has the id of its event
 */
export async function eraseRequests(sql: Sql, shop: Shop, ids: readonly string[], at: Instant): Promise<void> {
  await sql.query(
    `UPDATE privacy_requests SET subject = NULL, search = '{}', erased_at = $3
     WHERE shop_id = $1 AND id = ANY($2::uuid[]) AND kind = 'data_request' AND (subject IS NOT NULL OR done_at IS NULL)`,
    [shop.id, ids, new Date(at)],
  );
}
