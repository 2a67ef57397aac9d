import { AHEAD_MS } from '../../domain/days.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Settled } from '../../domain/states.ts';
import { type Summary, type Translated, TranslationError } from '../../domain/translated.ts';
import { type Detail, detailOf } from '../../domain/wording/details.ts';
import { summarise } from '../../domain/wording/summarise.ts';
import { newId } from '../../platform/database/ids.ts';
import { namesAnotherShop } from '../../shopify/names-another-shop.ts';
import { parseBody } from '../../shopify/parse-body.ts';
import { isRecord, translateRecord } from '../../shopify/records/translate-record.ts';
import { topicOf } from '../../shopify/topics.ts';
import { bodyBinding } from '../../store/events/events.ts';
import type { EventRow, StoredEvent } from '../../store/events/stored-events.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { TranslatedEvent } from './batch.ts';

/** An event with what we could read from its body, or how it ends because we couldn't. */
export type TranslatedOrSettled =
  | { event: TranslatedEvent }
  | { settled: Settled; detail: Detail | null; error?: unknown };

/**
 * For bodies read through the Admin API: the source of their facts, by the source of their event.
 */
const readSources: Partial<Record<string, 'import' | 'reconciliation'>> = {
  import: 'import',
  reconciliation: 'reconciliation',
};

/**
 * A state dated in the future would make every later one stale, so it gets the date of its event.
 * @param latest when it was certainly there
 */
function withoutFuture(translated: Translated, triggeredAt: Instant, latest: Instant): Translated {
  const capped = <At extends Instant | null>(at: At) => (at !== null && at > latest + AHEAD_MS ? triggeredAt : at);
  if (translated.kind === 'lifecycle') {
    const { updatedAt } = translated.shop;
    return updatedAt === undefined
      ? translated
      : { ...translated, shop: { ...translated.shop, updatedAt: capped(updatedAt) } };
  }
  if (translated.kind !== 'order' && translated.kind !== 'customer') return translated;
  return { ...translated, createdAt: capped(translated.createdAt), updatedAt: capped(translated.updatedAt) };
}

/**
 * Translates one body. A fault in it affects only this event.
 * @param shop the name that came with the body: headers aren't signed, so a body that names another
 * shop is about nobody here
 */
export function translateStoredEvent(
  shopCountry: string | null,
  row: EventRow,
  body: Uint8Array,
  shop?: string,
): TranslatedOrSettled {
  const parsed = parseBody(body);
  if (!parsed.ok) return { settled: { state: 'attention', reason: 'unreadable' }, detail: detailOf(parsed.why) };
  if (shop !== undefined && namesAnotherShop(parsed.body, shop)) {
    return { settled: { state: 'attention', reason: 'unreadable' }, detail: detailOf('another_shop') };
  }
  const topic = topicOf(row.topic);
  // Shopify has no topics of the names that we give our own events.
  const isOurs = topic !== undefined && !topic.subscribed && !topic.compliance;
  if (!topic || (isOurs && row.source === 'webhook'))
    return { settled: { state: 'skipped', reason: 'unknown_topic' }, detail: null };
  const triggeredAt = row.triggered_at.getTime();
  const receivedAt = row.received_at.getTime();
  const ctx = { topic: row.topic, triggeredAt, receivedAt, shopCountry };
  const isRead = isRecord(parsed.body);
  try {
    const translated = withoutFuture(
      isRead
        ? translateRecord(parsed.body, ctx, readSources[row.source] ?? 'admin_read')
        : topic.translate(parsed.body, ctx),
      triggeredAt,
      // Shopify may take long to write what it was asked for.
      isRead ? receivedAt : triggeredAt,
    );
    if (translated.kind === 'consent' && row.source === 'reconciliation') translated.fact.source = 'reconciliation';
    const summary: Summary | null = summarise(translated);
    const hasWaited = row.reason === 'reading_shopify';
    return {
      event: { id: row.id, topic: row.topic, triggeredAt, translated, length: body.length, summary, hasWaited },
    };
  } catch (error) {
    const detail = error instanceof TranslationError ? detailOf(error.detail) : null;
    return { settled: { state: 'attention', reason: 'translation_failed' }, detail, error };
  }
}

/**
 * Opens a stored event's body and translates it.
 * @throws Error when it can't be opened
 */
export const openStoredEvent = (shop: Shop, country: string | null, row: StoredEvent): TranslatedOrSettled =>
  translateStoredEvent(country, row, shop.vault.open(bodyBinding(row.id), row.body), shop.domain);

/** Reads a body that isn't stored as an event, as it would be read if it were. */
export function translateUnstored(
  shopCountry: string | null | undefined,
  {
    topic,
    source,
    readAt,
    body,
  }: { topic: string; source: 'import' | 'reconciliation'; readAt: Instant; body: string },
  receivedAt: Instant = readAt,
): TranslatedOrSettled {
  const row = { id: newId(), topic, source, triggered_at: new Date(readAt), received_at: new Date(receivedAt) };
  return translateStoredEvent(shopCountry ?? null, row, Buffer.from(body));
}

/**
 * A readable webhook shows that the shop has the app. Erasure webhooks don't: they also come
 * without it.
 */
export const isSignOfLife = (row: Pick<EventRow, 'source' | 'topic'>, read: TranslatedOrSettled) =>
  row.source === 'webhook' &&
  !('settled' in read && read.settled.reason === 'unreadable') &&
  topicOf(row.topic)?.family !== 'compliance' &&
  row.topic !== 'app/uninstalled';
