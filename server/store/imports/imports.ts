import {
  type Counted,
  type Import,
  type ImportRequest,
  type ImportState,
  noneAnswered,
  noneTold,
  nothingSettled,
  type Tally,
  type ToldCounts,
  unendedStates,
} from '../../domain/imports.ts';
import type { Instant } from '../../domain/scalars.ts';
import { readText, writeText } from '../../domain/wording/kept-text.ts';
import type { Text } from '../../domain/wording/text.ts';
import { dateOf } from '../../platform/database/dates.ts';
import { AT_ONCE, type Sql } from '../../platform/database/db.ts';
import { newId } from '../../platform/database/ids.ts';
import type { Shop } from '../shops/shops.ts';
import { addPage, PAGE_SIZE } from './import-pages.ts';

/**
 * The states that block a new import of the same kind. The index imports_active has the same list.
 */
export const ACTIVE = `('counting', 'running', 'paused')`;

/** A column of a date, as a moment in milliseconds. */
const at = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;
const place = (of: string) => `json_build_object('line', ${of}_line, 'offset', ${of}_offset)`;

/** Where each field of an import comes from. */
const SOURCES: Record<keyof Import, string> = {
  id: 'id',
  kind: 'kind',
  state: 'state',
  text: 'message',
  from: at('from_at'),
  segmentId: 'segment_id',
  listed: 'listed',
  operationId: 'operation_id',
  fileSize: 'file_size',
  readAt: at('read_at'),
  expiresAt: at('expires_at'),
  url: 'url',
  metafields: 'metafields',
  denied: 'denied',
  listCursor: 'list_cursor',
  count: place('count'),
  feed: place('feed'),
  fed: 'fed',
  fedAt: at('fed_at'),
  counted: 'counted',
  told: 'told',
  settledTo: 'settled_to',
  settled: 'settled',
  total: 'total',
  rate: 'rate',
  rateAt: at('rate_at'),
  rateDone: 'rate_done',
  dueAt: at('due_at'),
  createdAt: at('created_at'),
  startedAt: at('started_at'),
  pausedAt: at('paused_at'),
  endedAt: at('ended_at'),
};

const FIELDS = Object.entries(SOURCES)
  .map(([field, source]) => `${source} AS "${field}"`)
  .join(', ');

type Row = Omit<Import, 'text' | 'url' | 'counted' | 'told' | 'settled'> & {
  text: string;
  url: Uint8Array | null;
  counted: Partial<Counted>;
  told: Partial<ToldCounts>;
  settled: Partial<Tally>;
};

/** The column `message` holds a text, or an empty string. */
const kept = (text: Text | null): string => (text ? writeText(text) : '');

export const urlBinding = (id: string) => `imports.url:${id}`;

function readRow(shop: Shop, row: Row): Import {
  return {
    ...row,
    text: row.text === '' ? null : readText(row.text),
    url: row.url && shop.vault.open(urlBinding(row.id), row.url).toString('utf8'),
    counted: { ...noneAnswered(), ...row.counted },
    told: { ...noneTold(), ...row.told },
    settled: { ...nothingSettled().settled, ...row.settled },
  };
}

/**
 * Creates an import and starts counting.
 * @returns null when another of its kind is in progress
 */
export async function createImport(sql: Sql, shop: Shop, asked: ImportRequest, now: Instant): Promise<string | null> {
  const id = newId();
  const listed = asked.customerIds !== null || asked.segmentId !== null;
  const rows = await sql.query(
    `INSERT INTO imports (id, shop_id, kind, from_at, segment_id, listed, read_at, due_at, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $7::boolean THEN now() END, now(), $8)
     ON CONFLICT (shop_id, kind) WHERE state = ANY (ARRAY['counting'::text, 'running'::text, 'paused'::text]) DO NOTHING
     RETURNING id`,
    [id, shop.id, asked.kind, dateOf(asked.from), asked.segmentId, listed, asked.customerIds !== null, new Date(now)],
  );
  if (rows.length === 0) return null;
  const ids = asked.customerIds ?? [];
  for (let page = 0; page * PAGE_SIZE < ids.length; page++) {
    await addPage(sql, shop, { importId: id, page }, ids.slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE));
  }
  return id;
}

export async function findImport(sql: Sql, shop: Shop, id: string): Promise<Import | null> {
  const [row] = await sql.query<Row>(`SELECT ${FIELDS} FROM imports WHERE shop_id = $1 AND id = $2`, [shop.id, id]);
  return row ? readRow(shop, row) : null;
}

/** Newest first. @param active only those that are counting, running or paused */
export async function listImports(sql: Sql, shop: Shop, active = false): Promise<Import[]> {
  const rows = await sql.query<Row>(
    `SELECT ${FIELDS} FROM imports WHERE shop_id = $1 AND (NOT $2::boolean OR state IN ${ACTIVE})
     ORDER BY created_at DESC, id DESC LIMIT 100`,
    [shop.id, active],
  );
  return rows.map((row) => readRow(shop, row));
}

/** The shop's imports with something to do now. */
export async function dueImports(sql: Sql, shop: Shop): Promise<Import[]> {
  const rows = await sql.query<Row>(`SELECT ${FIELDS} FROM imports WHERE shop_id = $1 AND ${DUE} ORDER BY created_at`, [
    shop.id,
  ]);
  return rows.map((row) => readRow(shop, row));
}

const DUE = `(state IN ('counting', 'counted', 'running') OR told_stale) AND due_at <= now()`;

export async function shopsWithDueImports(sql: Sql): Promise<number[]> {
  const rows = await sql.query<{ shop_id: number }>(`SELECT DISTINCT shop_id FROM imports WHERE ${DUE}`);
  return rows.map((row) => row.shop_id);
}

/**
 * Has the import checked again after a while. If its state changed since `seen` was read, it is due
 * at once.
 * @param text why it waits; undefined: as before
 */
export async function postpone(sql: Sql, seen: Pick<Import, 'id' | 'state'>, waitMs: number, text?: Text | null) {
  await sql.query(
    `UPDATE imports SET due_at = now() + $3::float8 * interval '1 millisecond', message = coalesce($4, message)
     WHERE id = $1 AND state = $2`,
    [seen.id, seen.state, waitMs, text === undefined ? null : kept(text)],
  );
}

/**
 * Changes the state if it is still one of `from`.
 * @returns whether it was
 */
export async function changeState(
  sql: Sql,
  shop: Shop,
  id: string,
  { from, to, text = null }: { from: readonly ImportState[]; to: ImportState; text?: Text | null },
): Promise<boolean> {
  const ended = !unendedStates.some((state) => state === to);
  const rows = await sql.query(
    `UPDATE imports SET state = $4, message = $5, due_at = ${AT_ONCE}, rate = NULL, rate_at = NULL,
       started_at = CASE WHEN $4 = 'running' THEN coalesce(started_at, now()) ELSE started_at END,
       paused_at = CASE WHEN $4 = 'paused' THEN now() END, told_stale = told_stale OR $6::boolean OR $4 = 'paused',
       ended_at = CASE WHEN $6::boolean THEN now() END, url = CASE WHEN NOT $6::boolean THEN url END,
       list_cursor = CASE WHEN NOT $6::boolean THEN list_cursor END
     WHERE shop_id = $1 AND id = $2 AND state = ANY($3::text[]) RETURNING id`,
    [shop.id, id, from, to, kept(text), ended],
  );
  if (rows.length > 0 && ended) await forgetPeople(sql, id);
  return rows.length > 0;
}

/** Ends all imports that aren't over. Their events waiting to be sent are not touched. */
export async function endImports(sql: Sql, shop: Shop, text: Text): Promise<void> {
  const rows = await sql.query<{ id: string }>(
    'SELECT id FROM imports WHERE shop_id = $1 AND state = ANY($2::text[])',
    [shop.id, unendedStates],
  );
  for (const { id } of rows) await changeState(sql, shop, id, { from: unendedStates, to: 'cancelled', text });
}

async function forgetPeople(sql: Sql, id: string): Promise<void> {
  await sql.query('DELETE FROM import_pages WHERE import_id = $1', [id]);
  await sql.query('DELETE FROM import_met WHERE import_id = $1', [id]);
}

/**
 * Events that had ended wait again, or ended another way: has their imports counted again. What was counted before
 * isn't kept: `due_at` changes in any case.
 */
export async function noteChangedEnds(sql: Sql, eventIds: readonly string[]): Promise<void> {
  if (eventIds.length === 0) return;
  await sql.query(
    `UPDATE imports SET settled_to = NULL, settled = '{}', told_stale = true, due_at = least(${AT_ONCE}, due_at - interval '1 millisecond')
     WHERE id IN (SELECT import_id FROM events WHERE id = ANY($1::uuid[]) AND import_id IS NOT NULL)`,
    [eventIds],
  );
}
