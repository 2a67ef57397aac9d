import type { Db } from '../../platform/database/db.ts';
import { isOutage } from '../../platform/database/outage.ts';
import type { Log } from '../../platform/log.ts';
import type { FreshSubjects } from '../../store/deliveries/fresh-subjects.ts';
import { failTranslating } from '../../store/events/events.ts';
import type { EventRow } from '../../store/events/stored-events.ts';
import { keepFailed } from '../../store/shops/privacy-requests.ts';
import { type Shop, ShopErasedError, type Shops } from '../../store/shops/shops.ts';
import { inShop } from '../in-shop.ts';
import type { Measures } from '../measures.ts';
import type { Traces } from '../traces.ts';
import { type BatchSizes, MOST_IN_BATCH, sizeFor } from './batch-sizes.ts';
import { type BatchDeps, handleOpened, isAboutShop, LARGE_BYTES } from './handle-opened.ts';
import type { Ahead } from './open-ahead.ts';
import { type OpenedEvents, openReceived } from './open-received.ts';

export type ProcessDeps = BatchDeps & {
  db: Db;
  shops: Shops;
  log: Log;
  metrics?: Pick<Measures, 'eventsProcessed' | 'eventFailed'>;
  traces?: Pick<Traces, 'translated'> | undefined;
  fresh?: Pick<FreshSubjects, 'keep'>;
  sizes?: BatchSizes;
  /** `wake`: there may be something new to read for this shop. */
  reads?: { wake(shopId: number): void };
  /** Opens the next batch while one is being written. Without it, each is opened in its turn. */
  ahead?: Ahead;
  quiet?: { wakeLater(shopId: number, waitMs: number): void };
};

/** How long what is cut off may keep claims waiting, in milliseconds. */
const CUT_OFF_MS = 1000;

/**
 * Translates a batch of one shop's stored events, or its beginning. They are opened and read before
 * the transaction. The transaction adds facts to the ledger, saves people and addresses, and
 * settles each event or gives it an open delivery. No network inside. A crash undoes everything and
 * the batch is done again.
 * @param trying called with the event the batch begins with
 */
async function processBatch(
  deps: ProcessDeps,
  shop: Shop,
  limit: number,
  trying: (eventId: string) => void,
): Promise<{ handled: number; isCut: boolean }> {
  const [started, began] = [deps.now(), performance.now()];
  const ahead = (await deps.ahead?.take(limit)) ?? null;
  const opened = ahead ?? (await openReceived(deps, shop, { limit, trying }));
  const latest = opened.events.at(-1);
  if (!latest) return { handled: 0, isCut: false };
  const mayBeMore = opened.events.length === limit && opened.bytes <= LARGE_BYTES;
  if (mayBeMore && !opened.events.some(isAboutShop)) deps.ahead?.begin(latest.row.id, limit);
  const { rows, subjects, asked, quietMs, left, isCut, isOver } = await inShop(
    deps.db,
    shop,
    async (held) => await handleOpened(deps, held, opened),
  );
  if (rows.length < opened.events.length) deps.ahead?.forget();
  if (rows.length === 0 && ahead) return await processBatch(deps, shop, limit, trying);
  if (left) deps.atOnce?.take(left);
  for (const [id, subject] of subjects) deps.fresh?.keep(id, subject);
  if (rows.length > 0 && isOver) {
    if (asked) deps.reads?.wake(shop.id);
    if (quietMs !== null) deps.quiet?.wakeLater(shop.id, quietMs);
    const now = deps.now();
    deps.log.info({ stage: 'process', shop: shop.id, events: rows.length, ms: now - started });
    const unread = sayUnread(deps, shop, opened.events, rows);
    const translated = rows.filter((row) => !unread.has(row));
    const lags = translated.map((row) => now - row.received_at.getTime());
    deps.metrics?.eventsProcessed(lags, now - started);
    deps.traces?.translated(shop.id, translated, began);
  }
  return { handled: rows.length, isCut };
}

/**
 * Counts and logs events that need attention because we couldn't read them.
 * @param rows those of the events that were handled
 * @returns them
 */
function sayUnread(
  { log, metrics }: ProcessDeps,
  shop: Shop,
  events: OpenedEvents['events'],
  rows: readonly EventRow[],
): Set<EventRow> {
  const unread = new Set<EventRow>();
  for (const { row, read } of events) {
    if (!('settled' in read) || read.settled.state !== 'attention' || !rows.includes(row)) continue;
    unread.add(row);
    metrics?.eventFailed();
    const { reason } = read.settled;
    log.error(
      { stage: 'process', shop: shop.id, event: row.id, reason, err: read.error },
      'an event could not be handled',
    );
  }
  return unread;
}

/**
 * The second stage, as far as claims have to wait for it: a claim weighs what was stored before. So
 * what an event about the whole shop cuts off is translated as well.
 * @param trying called with the events that batches begin with
 * @returns how many events were handled; 0 when there is nothing to translate
 */
export async function processEvents(
  deps: ProcessDeps,
  shop: Shop,
  limit = MOST_IN_BATCH,
  trying: (eventId: string) => void = () => {},
): Promise<number> {
  const until = performance.now() + CUT_OFF_MS;
  let handled = 0;
  for (;;) {
    const batch = await processBatch(deps, shop, limit - handled, trying);
    handled += batch.handled;
    if (!batch.isCut || handled >= limit || performance.now() > until) return handled;
  }
}

/**
 * Like processEvents, but when a batch fails although the database is up, its events are tried one
 * by one. One bad event then needs attention without holding up the others.
 */
export async function processSafely(deps: ProcessDeps, shop: Shop): Promise<number> {
  try {
    const most = deps.sizes?.of(shop.id) ?? MOST_IN_BATCH;
    const handled = await processEvents(deps, shop, sizeFor(most, deps.atOnce?.room ?? 0));
    deps.sizes?.fitted(shop.id);
    return handled;
  } catch (error) {
    deps.ahead?.forget();
    // The batch may have run out of time: try half of it next time.
    if (isOutage(error)) deps.sizes?.halve(shop.id);
    if (isOutage(error) || error instanceof ShopErasedError) throw error;
    deps.log.error({ stage: 'process', shop: shop.id, err: error }, 'a batch failed; trying its events one by one');
  }
  const tried: string[] = [];
  try {
    return await processEvents(deps, shop, 1, (eventId) => void tried.push(eventId));
  } catch (error) {
    if (isOutage(error) || error instanceof ShopErasedError) throw error;
    // Only that event: another worker may have settled it meanwhile.
    const [failed] = await deps.db.transaction(async (sql) => {
      const ids = await failTranslating(sql, shop, tried);
      await keepFailed(sql, shop, ids);
      return ids;
    });
    deps.log.error({ stage: 'process', shop: shop.id, event: failed, err: error }, 'an event could not be handled');
    if (failed) deps.metrics?.eventFailed();
    if (tried.length === 0) throw error;
    return 1;
  }
}
