import type { PrivacyEntry } from '../../domain/audit/entries.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { SkippedReason } from '../../domain/states.ts';
import type { Translated } from '../../domain/translated.ts';
import { type Detail, detailOf } from '../../domain/wording/details.ts';
import { allowPauses, type Sql } from '../../platform/database/db.ts';
import { askLedgerCheck } from '../../store/consent/ledger-checks.ts';
import { skipOpen, startAnew, waitingOf } from '../../store/deliveries/unsent.ts';
import { redactPerson, rememberErasure } from '../../store/erase/erase-person.ts';
import { destroyKey, isInUse } from '../../store/erase/erase-shop.ts';
import { findTraces, type PersonTraces } from '../../store/erase/find-traces.ts';
import { keysOf } from '../../store/erase/who-is-meant.ts';
import { settleErased, settleEvents, settleTranslated } from '../../store/events/events.ts';
import { stopReadWaits } from '../../store/events/parked-events.ts';
import type { StoredEvent } from '../../store/events/stored-events.ts';
import { endImports } from '../../store/imports/imports.ts';
import { markDeleted } from '../../store/people/deletions.ts';
import { customerKey } from '../../store/people/identifiers.ts';
import { loadRedactions } from '../../store/people/redactions.ts';
import { eraseTokens } from '../../store/shops/admin-tokens.ts';
import { lastWebhookSince, loadInstallation, saveInstallation } from '../../store/shops/installation.ts';
import { forgetFailed, keepRequest, namesNobody, type PersonRequest } from '../../store/shops/privacy-requests.ts';
import { compareConsentSoon, forgetPoint } from '../../store/shops/reconciliations.ts';
import { mergeFacts, type Shop } from '../../store/shops/shops.ts';
import type { InShop } from '../in-shop.ts';
import { openOptOutsOf } from '../ledger/open-due-opt-outs.ts';
import type { TranslatedEvent } from './batch.ts';

type ShopEvent = Extract<Translated, { kind: 'uninstalled' | 'lifecycle' | 'compliance' | 'customer_deleted' }>;

/**
 * Events about the whole shop, and those that erase something. Each is handled alone, after
 * everything before it.
 */
export function isShopEvent(translated: Translated): translated is ShopEvent {
  return ['uninstalled', 'lifecycle', 'compliance', 'customer_deleted'].includes(translated.kind);
}

/**
 * Ignored when older than a reinstall: a later call or webhook shows that the app is installed.
 */
async function uninstall(sql: Sql, shop: Shop, at: Instant): Promise<Ended> {
  const life = await loadInstallation(sql, shop, true);
  const isUsed = Math.max(life.lastCallAt ?? 0, life.lastWebhookAt ?? 0) > at;
  const webhookAt = isUsed ? null : await lastWebhookSince(sql, shop, at);
  const installedAgain = isUsed || webhookAt !== null;
  await eraseTokens(sql, shop, at, installedAgain);
  if (installedAgain) {
    const lastWebhookAt = webhookAt ?? life.lastWebhookAt;
    const lastUninstalledAt = Math.max(life.lastUninstalledAt ?? at, at);
    await saveInstallation(sql, shop, { ...life, lastWebhookAt, lastUninstalledAt });
    await askLedgerCheck(sql, shop);
    await compareConsentSoon(sql, shop);
    return { reason: 'lifecycle', detail: detailOf('used_since') };
  }
  // An older uninstallation may arrive after a newer one.
  const uninstalledAt = Math.max(life.uninstalledAt ?? at, at);
  await saveInstallation(sql, shop, { ...life, uninstalledAt, lastUninstalledAt: uninstalledAt });
  // What waits to be read still counts for what it says.
  await stopReadWaits(sql, shop);
  await endImports(sql, shop, { code: 'import.uninstalled' });
  await forgetPoint(sql, shop);
  return (await skipOpen(sql, shop, 'uninstalled', null)) ? 'not_yet' : { reason: 'lifecycle' };
}

/**
 * Also recorded for a customer we haven't seen yet: older events may still arrive. A customer who
 * was merged into another is not deleted.
 */
async function deleteCustomer(held: InShop, customerId: string, at: Instant, now: Instant): Promise<void> {
  const { sql, shop } = held;
  const personId = await markDeleted(sql, shop, customerId, at);
  await startAnew(sql, shop, await waitingOf(sql, shop, personId), { at });
  while (await skipOpen(sql, shop, 'deleted_person', personId));
  await openOptOutsOf(held, [personId], now);
}

/** Whether the customer was erased after `at`. */
async function isErased(sql: Sql, shop: Shop, customerId: string, at: Instant): Promise<boolean> {
  const key = customerKey(shop.vault, customerId);
  const erasedAt = (await loadRedactions(sql, shop, [key])).get(key);
  return erasedAt !== undefined && at <= erasedAt;
}

/** What we have on the person of a request; null: nobody to look for, or no need to yet. */
async function lookFor(sql: Sql, shop: Shop, request: PersonRequest): Promise<PersonTraces | null> {
  // An export is put together when it is downloaded.
  if (namesNobody(request) || (request.request === 'data_request' && !request.unread)) return null;
  // Bodies of 10 MB may have to be read for it.
  await allowPauses(sql);
  return await findTraces(sql, shop, request);
}

/**
 * Whether we can't tell who a request is about: it names nobody, or nobody we know beside a phone
 * number or an email we can't read, which may be somebody's.
 */
const isUnfound = (request: PersonRequest, traces: PersonTraces | null) =>
  namesNobody(request) || (request.unread && !traces?.found);

type Handling = {
  event: TranslatedEvent;
  /** When it is handled. */
  now: Instant;
  /** Whether a waiting webhook shows that the shop has the app. */
  isSign: (webhook: StoredEvent) => boolean;
};

/**
 * How an event ends; null: that is written already. Not yet: more is to do than fits in one
 * transaction, so it is handled again.
 */
type Ended = { reason: SkippedReason; detail?: Detail | null; search?: string[] } | null | 'not_yet';

/** What Shopify asks for about a person, or the whole shop. */
async function handleRequest(
  { sql, shop, life, audit }: InShop,
  { event, isSign }: Pick<Handling, 'event' | 'isSign'>,
  t: PersonRequest,
): Promise<Ended> {
  const reason = 'privacy';
  const note = (action: PrivacyEntry['action']) => audit.push({ kind: 'privacy', action, request: event.id });
  if (t.request === 'shop_redact') {
    if (!isInUse(life, event.triggeredAt) && (await destroyKey(sql, shop, event.id, isSign))) return null;
    note('shop_kept');
    return { reason, detail: detailOf('shop_in_use') };
  }
  const traces = await lookFor(sql, shop, t);
  if (isUnfound(t, traces)) {
    // What an erasure names is remembered all the same.
    if (t.request === 'customer_redact' && traces) await rememberErasure(sql, shop, traces, event.triggeredAt);
    await keepRequest(sql, shop, t, { eventId: event.id, search: keysOf(shop, t), done: false });
    const settled = { state: 'attention', reason: 'translation_failed' } as const;
    await settleEvents(sql, [{ id: event.id, settled, detail: detailOf('names_nobody') }]);
    return null;
  }
  if (t.request === 'customer_redact' && traces) {
    audit.push(...(await redactPerson(sql, shop, traces, event)));
    note('erased');
    await keepRequest(sql, shop, t, { eventId: event.id, search: [], done: true });
    await settleEvents(sql, [{ id: event.id, settled: { state: 'skipped', reason } }]);
    return null;
  }
  const search = keysOf(shop, t);
  await keepRequest(sql, shop, t, { eventId: event.id, search, done: true });
  note('data_request');
  return { reason, search };
}

async function handle(held: InShop, handling: Handling, t: ShopEvent): Promise<Ended> {
  const { sql, shop } = held;
  const { triggeredAt } = handling.event;
  switch (t.kind) {
    case 'uninstalled':
      return await uninstall(sql, shop, triggeredAt);
    case 'lifecycle':
      await mergeFacts(sql, shop, t.shop);
      return { reason: 'lifecycle' };
    case 'customer_deleted':
      await deleteCustomer(held, t.customerId, triggeredAt, handling.now);
      return { reason: 'deleted_person', search: [customerKey(shop.vault, t.customerId)] };
    case 'compliance':
      return await handleRequest(held, handling, t);
  }
}

/** @returns whether the event is over; if not, it is to be handled again */
export async function handleShopEvent(held: InShop, handling: Handling): Promise<boolean> {
  const { sql, shop } = held;
  const { event } = handling;
  const t = event.translated;
  if (!isShopEvent(t)) throw new Error(`${t.kind} is not an event about the shop`);
  if (t.kind === 'compliance') await forgetFailed(sql, shop, event.id);
  const about = t.kind === 'customer_deleted' || (t.kind === 'compliance' && t.request === 'data_request') ? t : null;
  if (about?.customerId && (await isErased(sql, shop, about.customerId, event.triggeredAt))) {
    await settleErased(sql, event.id);
    return true;
  }
  const ended = await handle(held, handling, t);
  if (ended === null || ended === 'not_yet') return ended === null;
  const { reason, detail = null, search = [] } = ended;
  await settleTranslated(sql, shop, [
    { id: event.id, settled: { state: 'skipped', reason }, detail, summary: event.summary, search, entity: null },
  ]);
  return true;
}
