import type { Instant } from '../../domain/scalars.ts';
import type { Settled } from '../../domain/states.ts';
import type { Summary, Translated } from '../../domain/translated.ts';
import type { Db, Sql } from '../../platform/database/db.ts';
import { isOutage } from '../../platform/database/outage.ts';
import type { Log } from '../../platform/log.ts';
import { namesAnotherShop } from '../../shopify/names-another-shop.ts';
import { parseBody } from '../../shopify/parse-body.ts';
import { isRecord, translateRecord } from '../../shopify/records/translate-record.ts';
import { summarise } from '../../shopify/summarise.ts';
import { topicOf } from '../../shopify/topics.ts';
import { askLedgerCheck } from '../../store/consent/ledger-checks.ts';
import type { FreshSubjects } from '../../store/deliveries/fresh-subjects.ts';
import { bodyBinding, failTranslating, settleEvents } from '../../store/events/events.ts';
import type { SettingsStore } from '../../store/shops/settings.ts';
import {
  type Installation,
  loadInstallation,
  type Shop,
  ShopErasedError,
  type Shops,
  saveInstallation,
} from '../../store/shops/shops.ts';
import { inShop } from '../in-shop.ts';
import { openOptOutsOf } from '../ledger/open-due-opt-outs.ts';
import type { Measures } from '../measures.ts';
import { openBatch, type QuietPeriod, type TranslatedEvent } from './batch.ts';
import { handleEvent } from './handle-event.ts';
import { readsTags } from './handle-person-event.ts';
import { handleShopEvent, isShopEvent } from './handle-shop-event.ts';

const BATCH = 100;
/** The bodies of a batch begin within so many bytes, sealed: some 10 MB opened. They are read and translated within one transaction. */
const BATCH_BYTES = 2 * 1024 * 1024;
/** The last sign of life need not be exact: it is written this seldom, in milliseconds. */
const NOTED_EVERY_MS = 30_000;

export type ProcessDeps = {
  db: Db;
  shops: Shops;
  settings: SettingsStore;
  log: Log;
  metrics?: Pick<Measures, 'eventsProcessed' | 'eventFailed'>;
  fresh?: Pick<FreshSubjects, 'keep'>;
  now: () => Instant;
  /** Reading through the Admin API; without it nothing is read, and nothing waits. */
  reads?: {
    /** Asked inside the transaction. */
    mayRead(shop: Shop, sql: Sql): Promise<boolean>;
    waitMs: number;
    /** There may be something new to read for this shop. */
    wake(shopId: number): void;
  };
  /** Of a shop that cannot be read; without it nothing waits for other events of its person. */
  quiet?: QuietPeriod & { wakeLater(shopId: number, waitMs: number): void };
};

type EventRow = {
  id: string;
  topic: string;
  source: string;
  triggered_at: Date;
  received_at: Date;
  body: Uint8Array;
  /** Of an event that was parked. */
  reason?: string | null;
};

/** An event with what could be read from its body, or how it ends because of it. */
export type TranslatedOrSettled = { event: TranslatedEvent } | { settled: Settled; detail: string | null };

/** Where the facts of a body come from that was read through the Admin API, by the source of its event. */
const readSources: Partial<Record<string, 'import' | 'reconciliation'>> = {
  import: 'import',
  reconciliation: 'reconciliation',
};

/** Nothing was triggered after it came: a clock that is ahead must not put a choice, or a sign of life, above what follows. */
const triggeredAtOf = (row: Pick<EventRow, 'triggered_at' | 'received_at'>) =>
  Math.min(row.triggered_at.getTime(), row.received_at.getTime());

/** So far Shopify's clocks may be ahead of each other, or ours behind, in milliseconds. */
const AHEAD_MS = 10 * 60_000;

/** A state that claims to be from the future would make every later one stale: it is as old as its event. */
function withoutFuture(translated: Translated, triggeredAt: Instant): Translated {
  if (translated.kind !== 'order' && translated.kind !== 'customer') return translated;
  const capped = (at: Instant | null) => (at !== null && at > triggeredAt + AHEAD_MS ? triggeredAt : at);
  return { ...translated, createdAt: capped(translated.createdAt), updatedAt: capped(translated.updatedAt) };
}

/**
 * Translates one body. Whatever is wrong with it concerns this event alone.
 * @param shop the name that came with the body: headers are not signed, so a body that names another shop is about nobody here
 */
export function translateStoredEvent(
  shopCountry: string | null,
  row: Omit<EventRow, 'body'>,
  body: Uint8Array,
  shop?: string,
): TranslatedOrSettled {
  const parsed = parseBody(body);
  if (!parsed.ok) return { settled: { state: 'attention', reason: 'unreadable' }, detail: parsed.why };
  if (shop !== undefined && namesAnotherShop(parsed.body, shop)) {
    return { settled: { state: 'attention', reason: 'unreadable' }, detail: 'it names another shop than its headers' };
  }
  const topic = topicOf(row.topic);
  if (!topic) return { settled: { state: 'skipped', reason: 'unknown_topic' }, detail: null };
  const triggeredAt = triggeredAtOf(row);
  const ctx = { topic: row.topic, triggeredAt, shopCountry };
  try {
    const translated = withoutFuture(
      isRecord(parsed.body)
        ? translateRecord(parsed.body, ctx, readSources[row.source] ?? 'admin_read')
        : topic.translate(parsed.body, ctx),
      triggeredAt,
    );
    if (translated.kind === 'consent' && row.source === 'reconciliation') translated.fact.source = 'reconciliation';
    const summary: Summary | null = summarise(translated);
    const hasWaited = row.reason === 'reading_shopify';
    return { event: { id: row.id, topic: row.topic, triggeredAt, translated, summary, hasWaited } };
  } catch (error) {
    const detail = error instanceof Error && error.name === 'TranslationError' ? error.message : null;
    return { settled: { state: 'attention', reason: 'translation_failed' }, detail };
  }
}

/** A webhook that can be read shows that the shop has the app. Those about erasing come without it, too. */
const isSignOfLife = (row: Pick<EventRow, 'source' | 'topic'>, read: TranslatedOrSettled) =>
  row.source === 'webhook' &&
  !('settled' in read && read.settled.reason === 'unreadable') &&
  topicOf(row.topic)?.family !== 'compliance' &&
  row.topic !== 'app/uninstalled';

/** A sign of life makes the shop known, and installed again when it had been uninstalled before. */
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

/**
 * The second stage: translates a batch of one shop's stored events in one transaction. Facts go into the ledger, people
 * and addresses are noted, and each event is settled or gets an open delivery. No network inside; a crash undoes all of
 * it and the batch is done again.
 * @param trying told which event the batch begins with
 * @returns how many events were handled; 0 when there is nothing to translate
 */
export async function processEvents(
  deps: ProcessDeps,
  shop: Shop,
  limit = BATCH,
  trying: (eventId: string) => void = () => {},
): Promise<number> {
  const started = deps.now();
  let received: readonly EventRow[] = [];
  let opened: ReadonlyMap<string, string> = new Map();
  let asked = false;
  let quietMs: number | null = null;
  const handled = await inShop(deps.db, shop, async (held) => {
    const { sql, stored } = held;
    const [found, facts] = await Promise.all([
      sql.query<EventRow>(
        `SELECT id, topic, source, triggered_at, received_at, body, reason FROM events
         WHERE shop_id = $1 AND state = 'received' AND id <= (
           SELECT id FROM (
             SELECT id, sum(bytes) OVER (ORDER BY id) - bytes AS before FROM (
               SELECT id, coalesce(length(body), 0) AS bytes FROM events
               WHERE shop_id = $1 AND state = 'received' ORDER BY id LIMIT $2) AS oldest) AS sized
           WHERE before < $3 ORDER BY id DESC LIMIT 1)
         ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED`,
        [shop.id, limit, BATCH_BYTES],
      ),
      deps.shops.facts(shop, sql),
    ]);
    if (!found[0]) return 0;
    trying(found[0].id);
    const read = (row: EventRow) =>
      translateStoredEvent(facts.country ?? null, row, shop.vault.open(bodyBinding(row.id), row.body), shop.domain);
    const reads = found.map(read);
    // An event about the whole shop or about erasing is a batch of its own: what came before it is written first.
    const barrier = reads.findIndex((item) => 'event' in item && isShopEvent(item.event.translated));
    const rows = found.slice(0, barrier === 0 ? 1 : barrier > 0 ? barrier : found.length);
    received = rows;
    const signs = rows.filter((row, i) => reads[i] && isSignOfLife(row, reads[i]));
    const life = await noteSignsOfLife(sql, shop, held.life, signs);
    const now = deps.now();
    if (barrier === 0 && reads[0] && 'event' in reads[0]) {
      const isSign = (row: EventRow) => isSignOfLife(row, read(row));
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
    // What was read has it all, and without tags there is nothing to wait for.
    const quiet = { waitMs: !reading.may && settings && readsTags(settings) ? (deps.quiet?.waitMs ?? 0) : 0 };
    const batch = await openBatch({ ...held, life }, events, { now, reading, quiet });
    for (const event of events) handleEvent(batch, event);
    opened = await batch.save();
    await openOptOutsOf({ ...held, life }, batch.mergedAway(), now);
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
  for (const [id, subject] of opened) deps.fresh?.keep(id, subject);
  if (handled > 0) {
    if (asked) deps.reads?.wake(shop.id);
    if (quietMs !== null) deps.quiet?.wakeLater(shop.id, quietMs);
    const now = deps.now();
    deps.log.info({ stage: 'process', shop: shop.id, events: handled, ms: now - started });
    const lags = received.map((row) => now - row.received_at.getTime());
    deps.metrics?.eventsProcessed(lags, now - started);
  }
  return handled;
}

/**
 * As processEvents, but when a batch fails for a reason that is not the database being away, its events are tried one by
 * one, so that one bad event does not hold up its neighbours: that one needs attention.
 */
export async function processSafely(deps: ProcessDeps, shop: Shop): Promise<number> {
  try {
    return await processEvents(deps, shop);
  } catch (error) {
    if (isOutage(error) || error instanceof ShopErasedError) throw error;
    deps.log.error({ stage: 'process', shop: shop.id, err: error }, 'a batch failed; trying its events one by one');
  }
  const tried: string[] = [];
  try {
    return await processEvents(deps, shop, 1, (eventId) => void tried.push(eventId));
  } catch (error) {
    if (isOutage(error) || error instanceof ShopErasedError) throw error;
    // That one and no other: somebody else may have settled it by now.
    const [failed] = await failTranslating(deps.db, shop, tried);
    deps.log.error({ stage: 'process', shop: shop.id, event: failed, err: error }, 'an event could not be handled');
    if (failed) deps.metrics?.eventFailed();
    if (tried.length === 0) throw error;
    return 1;
  }
}
