import { askedChannels } from '../../domain/consent.ts';
import { reachedAt } from '../../domain/contact.ts';
import { noteUnheard, saleOptOutOf } from '../../domain/person.ts';
import { detailOf } from '../../domain/wording/details.ts';
import { asLastKnown } from '../../store/deliveries/deliveries.ts';
import { customerKey } from '../../store/people/identifiers.ts';
import type { Person } from '../../store/people/people.ts';
import { type Batch, type Of, type Outcome, skipped, type TranslatedEvent } from './batch.ts';
import { takeTags } from './handle-tags.ts';
import { personKeyOf } from './keys-of-event.ts';
import { mayOptOut, takeFormer } from './merge-contact.ts';

/** A choice of the merged customer's that we couldn't read is the kept one's now. */
function takeUnheard({ profile: kept }: Person, { profile: gone }: Person): void {
  for (const channel of askedChannels) {
    const message = gone.unheard?.[channel];
    if (message) noteUnheard(kept, channel, message);
  }
}

/** A workflow sends a person as last known, even if Ascent360 already has the same. */
export function handleFlowRun(batch: Batch, event: TranslatedEvent, t: Of<'flow'>): Outcome {
  const key = personKeyOf(batch.shop, t);
  // A person we never saw gets a row only if we can ask Shopify who they are.
  const person =
    key && (batch.mayRead ? batch.people.get(key, event.triggeredAt, t.customerId) : batch.people.find(key));
  if (person && person.deletedAt !== null) return skipped('deleted_person');
  const waits = person ? batch.ask(person, {}) : false;
  const contact = person ? person.profile.contact : null;
  if (!person || !contact || !reachedAt(contact)) {
    const parked = person && waits ? batch.park(event, person) : null;
    return parked ?? skipped('no_contact', detailOf('customer_unreachable'));
  }
  return batch.deliver(event, {
    kind: 'flow',
    entity: null,
    person,
    contact,
    subject: { ...asLastKnown, added: t.added },
    waits,
  });
}

/**
 * Two customers became one. Facts stay with their addresses, and we read what Shopify now has about
 * the kept customer.
 */
export function handleMerge(batch: Batch, event: TranslatedEvent, t: Of<'merge'>): Outcome {
  if (!t.completed) return skipped('merge_not_completed');
  const { vault } = batch.shop;
  const kept = t.keptId && batch.people.get(customerKey(vault, t.keptId), event.triggeredAt, t.keptId);
  const goneKey = t.deletedId && customerKey(vault, t.deletedId);
  if (goneKey) batch.people.get(goneKey, event.triggeredAt, t.deletedId);
  const other = goneKey && batch.people.own(goneKey);
  const gone = other && other !== kept ? other : null;
  if (kept) {
    const merged = [kept.profile.mergedFrom, gone?.profile.mergedFrom, t.deletedId];
    kept.profile.mergedFrom = [...new Set(merged.flatMap((ids) => ids ?? []))];
    if (gone) {
      if (saleOptOutOf(gone.profile)) kept.profile.mergedSaleOptOut = true;
      takeTags(kept, gone, event.triggeredAt);
      if (mayOptOut(gone.profile)) takeFormer(kept, gone.profile.contact);
      takeUnheard(kept, gone);
    }
    batch.people.changed(kept);
    batch.ask(kept, { merged: true });
  }
  if (gone && kept) {
    batch.handOver(gone, kept);
    // Merged is not deleted: later events about them belong to the kept customer.
    gone.mergedInto = kept.id;
    gone.deletedAt = null;
    batch.people.changed(gone);
  }
  return skipped('recorded', detailOf('merge_read'));
}

/**
 * Shopify shortened the body to an id. It is handled once the rest has been read. Until then, a
 * choice holds back an older opt-in.
 */
export function handleIncomplete(batch: Batch, event: TranslatedEvent, t: Of<'incomplete'>): Outcome {
  const choice = t.choiceOf ? { channel: t.choiceOf, at: event.triggeredAt } : null;
  const parked = batch.mayRead ? batch.park(event, null, choice) : null;
  if (parked) return parked;
  const key = choice && personKeyOf(batch.shop, t);
  if (key && choice) {
    const person = batch.people.get(key, event.triggeredAt, t.id);
    noteUnheard(person.profile, choice.channel, { at: choice.at, eventId: event.id });
    batch.people.changed(person);
  }
  return { settled: { state: 'attention', reason: 'translation_failed' }, detail: detailOf('id_only_no_access') };
}
