import type { Instant, ShopifyId } from '../../domain/scalars.ts';
import type { Translated } from '../../domain/translated.ts';
import { addressHash, customerKey, emailHash, mobileHash, orderNameHash } from '../../store/people/identifiers.ts';
import { type Batch, type Outcome, skipped, type TranslatedEvent } from './batch.ts';
import { handleConsent } from './handle-consent.ts';
import { handleFlowRun, handleIncomplete, handleMerge } from './handle-person-event.ts';
import { handleState, isRead } from './handle-state.ts';
import { handleTags } from './handle-tags.ts';
import { withHomeCountry } from './home-country.ts';
import { entityKeyOf, keyOfShortened, personKeyOf } from './keys-of-event.ts';
import { withKnownBuyer } from './known-buyer.ts';

/**
 * Works out what an event changes and how it continues: settled at once, or with an open delivery.
 * Only changes the batch.
 */
export function handleEvent(batch: Batch, event: TranslatedEvent): void {
  const t = withHomeCountry(batch, withKnownBuyer(batch, event.translated));
  const entity = entityKeyOf(batch.shop, t);
  // A guest has no id we could recognize, but their orders do.
  const erased = [personKeyOf(batch.shop, t), entity, keyOfShortened(batch.shop, t)].map((key) =>
    key === null ? null : batch.redactedAt(key),
  );
  // A read may show old data: only a customer or order created since the erasure is about a new
  // person.
  const since = isRead(t) ? (t.createdAt ?? 0) : event.triggeredAt;
  const erasedAt = erased.find((at) => at !== null && since <= at) ?? null;
  const isGone = t.kind === 'merge' && isErased(batch, t.deletedId, event.triggeredAt);
  if (erasedAt !== null) {
    // Whoever was the same person is erased with them, although we hear of it only now.
    if (t.kind === 'merge' && t.completed && t.deletedId && !isGone) {
      batch.eraseAlso({ customerId: t.deletedId, eventId: event.id, at: erasedAt });
    }
    batch.erase(event, skipped('redacted'));
    return;
  }
  if (isGone) {
    handleMerge(batch, event, { ...t, deletedId: null });
    batch.erase(event, skipped('redacted'));
    return;
  }
  const uninstalled = batch.life.uninstalledAt !== null && event.triggeredAt <= batch.life.uninstalledAt;
  const outcome = uninstalled ? learnOnly(batch, event, t) : outcomeOf(batch, event, t);
  batch.settle(event, outcome, searchKeys(batch, t), entity);
}

/** Whether a customer was erased after `at`. */
function isErased(batch: Batch, customerId: ShopifyId | null, at: Instant): boolean {
  const erasedAt = customerId === null ? null : batch.redactedAt(customerKey(batch.shop.vault, customerId));
  return erasedAt !== null && at <= erasedAt;
}

/**
 * Nothing is sent for an event from before the app was uninstalled, but what it says still counts:
 * an opt-out among it is due after a reinstall.
 */
function learnOnly(batch: Batch, event: TranslatedEvent, t: Translated): Outcome {
  const ended = skipped('uninstalled');
  outcomeOf({ ...batch, deliver: () => ended, park: () => null, tellOptOuts: () => {} }, event, t);
  return ended;
}

function outcomeOf(batch: Batch, event: TranslatedEvent, t: Translated): Outcome {
  switch (t.kind) {
    case 'order':
    case 'customer':
      return handleState(batch, event, t);
    case 'consent':
      return handleConsent(batch, event, t);
    case 'tags':
      return handleTags(batch, event, t);
    case 'flow':
      return handleFlowRun(batch, event, t);
    case 'merge':
      return handleMerge(batch, event, t);
    case 'incomplete':
      return handleIncomplete(batch, event, t);
    case 'customer_deleted':
    case 'uninstalled':
    case 'lifecycle':
    case 'compliance':
      throw new Error(`${t.kind} is not handled in a batch`);
  }
}

/** The keys by which the activity search and erasing find the event. */
function searchKeys(batch: Batch, t: Translated): string[] {
  const { vault } = batch.shop;
  const keys: (string | null)[] = [personKeyOf(batch.shop, t), keyOfShortened(batch.shop, t)];
  if (t.kind === 'order' || t.kind === 'customer') {
    keys.push(t.contact.email ? emailHash(vault, t.contact.email) : null);
    keys.push(t.contact.mobile ? mobileHash(vault, t.contact.mobile) : null);
    keys.push(t.contact.phone ? mobileHash(vault, t.contact.phone) : null);
  }
  if (t.kind === 'order' && t.purchase.name) keys.push(orderNameHash(vault, t.purchase.name));
  if (t.kind === 'consent' && t.fact.address) keys.push(addressHash(vault, t.fact.channel, t.fact.address));
  return [...new Set(keys.filter((key) => key !== null))];
}
