import type { Instant } from '../../domain/scalars.ts';
import { allowPauses, type Db, type Sql } from '../../platform/database/db.ts';
import { isOutage } from '../../platform/database/outage.ts';
import type { Log } from '../../platform/log.ts';
import { askLedgerCheck } from '../../store/consent/ledger-checks.ts';
import type { FreshSubjects } from '../../store/deliveries/fresh-subjects.ts';
import { redactPerson } from '../../store/erase/erase-person.ts';
import { failTranslating, settleEvents } from '../../store/events/events.ts';
import { type Installation, loadInstallation, saveInstallation } from '../../store/shops/installation.ts';
import type { SettingsStore } from '../../store/shops/settings.ts';
import { type Shop, ShopErasedError, type Shops } from '../../store/shops/shops.ts';
import { type AtOnce, type Departure, leaveAtOnce } from '../deliver/leave-at-once.ts';
import { type InShop, inShop } from '../in-shop.ts';
import { openOptOutsOf } from '../ledger/open-due-opt-outs.ts';
import { openTagOptOuts, optedOutByTag } from '../ledger/open-tag-opt-outs.ts';
import type { Measures } from '../measures.ts';
import type { Traces } from '../traces.ts';
import type { ErasedWithAnother, QuietPeriod } from './batch.ts';
import { type BatchSizes, MOST_IN_BATCH, sizeFor } from './batch-sizes.ts';
import { handleEvent } from './handle-event.ts';
import { readsTags } from './handle-person-event.ts';
import { handleShopEvent, isShopEvent } from './handle-shop-event.ts';
import type { Ahead } from './open-ahead.ts';
import { openBatch } from './open-batch.ts';
import { openReceived, stillReceived } from './open-received.ts';
import {
  type EventRow,
  isSignOfLife,
  type StoredEvent,
  type TranslatedOrSettled,
  triggeredAtOf,
} from './translate-stored.ts';

/** Sealing a batch larger than this takes a while, so its transaction may pause for longer. */
const LARGE_BYTES = 1024 * 1024;
/** The last sign of life needn't be exact: write it at most this often, in milliseconds. */
const NOTED_EVERY_MS = 30_000;

export type ProcessDeps = {
  db: Db;
  shops: Shops;
  settings: SettingsStore;
  log: Log;
  metrics?: Pick<Measures, 'eventsProcessed' | 'eventFailed'>;
  traces?: Pick<Traces, 'translated'> | undefined;
  fresh?: Pick<FreshSubjects, 'keep'>;
  sizes?: BatchSizes;
  now: () => Instant;
  /** Reads through the Admin API. Without it, nothing is read and nothing waits. */
  reads?: {
    /** Called inside the transaction. */
    mayRead(shop: Shop, sql: Sql): Promise<boolean>;
    waitMs: number;
    /** There may be something new to read for this shop. */
    wake(shopId: number): void;
  };
  /** Lets what can leave at once leave. Without it, everything waits to be claimed. */
  atOnce?: AtOnce;
  /** Opens the next batch while one is being written. Without it, each is opened in its turn. */
  ahead?: Ahead;
  /** For a shop we can't read. Without it, nothing waits for other events about its person. */
  quiet?: QuietPeriod & { wakeLater(shopId: number, waitMs: number): void };
};

/** A sign of life makes the shop known, and installed again if it had been uninstalled. */
async function noteSignsOfLife(
  sql: Sql,
  shop: Shop,
  life: Installation,
  rows: readonly EventRow[],
): Promise<Installation> {
  const signs = rows.map(triggeredAtOf).filter((at) => life.uninstalledAt === null || at > life.uninstalledAt);
  if (signs.length === 0) return life;
  const first = Math.min(...signs);
  const last = Math.max(...signs, life.lastWebhookAt ?? 0);
  const known = life.uninstalledAt === null && life.firstWebhookAt !== null;
  if (known && last < (life.lastWebhookAt ?? 0) + NOTED_EVERY_MS) return life;
  const latest = await loadInstallation(sql, shop, true);
  const next =
    latest.uninstalledAt === null
      ? { ...latest, firstWebhookAt: latest.firstWebhookAt ?? first, lastWebhookAt: last }
      : {
          ...latest,
          firstCallAt: null,
          lastCallAt: null,
          firstWebhookAt: first,
          lastWebhookAt: last,
          uninstalledAt: null,
        };
  await saveInstallation(sql, shop, next);
  if (latest.uninstalledAt !== null) await askLedgerCheck(sql, shop);
  return next;
}

const isAboutShop = ({ read }: { read: TranslatedOrSettled }) => 'event' in read && isShopEvent(read.event.translated);

/** Customers who turn out to have been the same as one who was erased. */
async function eraseMerged({ sql, shop, audit }: InShop, merged: readonly ErasedWithAnother[]): Promise<void> {
  for (const { customerId, eventId, at } of merged) {
    const named = { customerId, email: null, phone: null, orderIds: [] };
    audit.push(...(await redactPerson(sql, shop, named, { id: eventId, triggeredAt: at })));
    audit.push({ kind: 'privacy', action: 'erased', request: eventId });
  }
}

/**
 * The second stage: translates a batch of one shop's stored events. They are opened and read before
 * the transaction. The transaction adds facts to the ledger, saves people and addresses, and
 * settles each event or gives it an open delivery. No network inside. A crash undoes everything and
 * the batch is done again.
 * @param trying called with the event the batch begins with
 * @returns how many events were handled; 0 when there is nothing to translate
 */
export async function processEvents(
  deps: ProcessDeps,
  shop: Shop,
  limit = MOST_IN_BATCH,
  trying: (eventId: string) => void = () => {},
): Promise<number> {
  const [started, began] = [deps.now(), performance.now()];
  const ahead = (await deps.ahead?.take(limit)) ?? null;
  const opened = ahead ?? (await openReceived(deps, shop, { limit, trying }));
  const latest = opened.events.at(-1);
  if (!latest) return 0;
  const mayBeMore = opened.events.length === limit && opened.bytes <= LARGE_BYTES;
  if (mayBeMore && !opened.events.some(isAboutShop)) deps.ahead?.begin(latest.row.id, limit);
  let received: readonly EventRow[] = [];
  let subjects: ReadonlyMap<string, string> = new Map();
  let asked = false;
  let quietMs: number | null = null;
  let leaving = null as Departure | null;
  const handled = await inShop(deps.db, shop, async (held) => {
    const { sql, stored } = held;
    const current = await stillReceived(sql, opened.events);
    // Another worker has handled them meanwhile, and continues with the rest.
    if (!current[0]) return 0;
    if (opened.bytes > LARGE_BYTES) await allowPauses(sql);
    const found = current.map(({ row }) => row);
    const reads = current.map(({ read }) => read);
    // An event about the whole shop, or about erasing, is a batch of its own. What came before it
    // is written first.
    const barrier = current.findIndex(isAboutShop);
    const rows = found.slice(0, barrier === 0 ? 1 : barrier > 0 ? barrier : found.length);
    received = rows;
    const signs = rows.filter((row, i) => reads[i] && isSignOfLife(row, reads[i]));
    const life = await noteSignsOfLife(sql, shop, held.life, signs);
    const now = deps.now();
    if (barrier === 0 && reads[0] && 'event' in reads[0]) {
      const isSign = (row: StoredEvent) => isSignOfLife(row, opened.read(row));
      await handleShopEvent({ ...held, life }, { event: reads[0].event, now, isSign });
      return 1;
    }
    const batchReads = reads.slice(0, rows.length);
    const events = batchReads.flatMap((item) => ('event' in item ? [item.event] : []));
    const reading = {
      may: events.length > 0 && life.uninstalledAt === null && ((await deps.reads?.mayRead(shop, sql)) ?? false),
      waitMs: deps.reads?.waitMs ?? 0,
    };
    const settings = stored?.settings ?? null;
    // A read has everything, and without tags there is nothing to wait for.
    const quiet = { waitMs: !reading.may && settings && readsTags(settings) ? (deps.quiet?.waitMs ?? 0) : 0 };
    const batch = await openBatch({ ...held, life }, events, { now, reading, quiet });
    for (const event of events) handleEvent(batch, event);
    // What takes long to seal is claimed in a transaction of its own.
    const erases = batch.erasedAlso().length > 0;
    const atOnce = opened.bytes > LARGE_BYTES || erases ? undefined : deps.atOnce;
    leaving = atOnce ? leaveAtOnce({ ...held, life }, atOnce, rows) : null;
    subjects = await batch.save(leaving?.choose);
    await eraseMerged(held, batch.erasedAlso());
    await openOptOutsOf({ ...held, life }, batch.mergedAway(), now);
    if (settings) await openTagOptOuts({ ...held, life }, optedOutByTag(batch.keptByMerges(), settings), now);
    asked = batch.asked();
    quietMs = batch.quietMs();
    await settleEvents(
      sql,
      batchReads.flatMap((item, i) => {
        const row = rows[i];
        return 'settled' in item && row ? [{ id: row.id, settled: item.settled, detail: item.detail }] : [];
      }),
    );
    return rows.length;
  });
  if (handled < opened.events.length) deps.ahead?.forget();
  if (handled === 0 && ahead) return await processEvents(deps, shop, limit, trying);
  const left = leaving?.left();
  if (left) deps.atOnce?.take(left);
  for (const [id, subject] of subjects) deps.fresh?.keep(id, subject);
  if (handled > 0) {
    if (asked) deps.reads?.wake(shop.id);
    if (quietMs !== null) deps.quiet?.wakeLater(shop.id, quietMs);
    const now = deps.now();
    deps.log.info({ stage: 'process', shop: shop.id, events: handled, ms: now - started });
    const lags = received.map((row) => now - row.received_at.getTime());
    deps.metrics?.eventsProcessed(lags, now - started);
    deps.traces?.translated(shop.id, received, began);
  }
  return handled;
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
    const [failed] = await failTranslating(deps.db, shop, tried);
    deps.log.error({ stage: 'process', shop: shop.id, event: failed, err: error }, 'an event could not be handled');
    if (failed) deps.metrics?.eventFailed();
    if (tried.length === 0) throw error;
    return 1;
  }
}
