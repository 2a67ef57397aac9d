import { permissionFromTags } from '../../domain/consent/mapped-permissions.ts';
import { type FoundFact, isChoiceWord } from '../../domain/consent.ts';
import { type Contact, reachedAt } from '../../domain/contact.ts';
import { isStale } from '../../domain/is-stale.ts';
import { permissionTagsOf } from '../../domain/settings.ts';
import type { Translated } from '../../domain/translated.ts';
import { detailOf } from '../../domain/wording/details.ts';
import { entryOf } from '../../store/consent/facts.ts';
import { asLastKnown } from '../../store/deliveries/deliveries.ts';
import type { EntityState } from '../../store/deliveries/entity-states.ts';
import { addressesOf, addressHash } from '../../store/people/identifiers.ts';
import type { Person } from '../../store/people/people.ts';
import { type Batch, type OfState, type Outcome, skipped, type TranslatedEvent } from './batch.ts';
import { entityKeyOf } from './keys-of-event.ts';
import { leavesOut, type MetPerson, meetPerson } from './meet-person.ts';

/** Read through the Admin API, not received as a webhook. */
export const isRead = (t: Translated): t is OfState =>
  (t.kind === 'order' || t.kind === 'customer') && t.read !== undefined;

/** Reading a larger body again could hold up a claim of a hundred. */
const READ_AGAIN_BYTES = 64 * 1024;

/** A fact that may make a flag due on its own. */
const isChoice = ({ state }: FoundFact) => isChoiceWord(state);

/** Whether a comparison found an opt-out from email or text messages of this contact. An import has counts of its own. */
const isFoundOptOut = ({ shop: { vault } }: Batch, { read }: OfState, contact: Contact): boolean =>
  read?.facts.some(({ channel, address, state, source }) => {
    if (state !== 'unsubscribed' || source !== 'reconciliation' || address === null) return false;
    const hash = addressHash(vault, channel, address);
    return addressesOf(vault, contact).some((one) => one.channel === channel && one.hash === hash);
  }) === true;

/** Whether a read names a tag by which the customer chose something. */
const isChoiceByTag = ({ settings }: Batch, { read }: OfState): boolean =>
  Object.values(settings ? permissionTagsOf(settings.mapping) : {}).some(
    (mapped) => mapped !== null && permissionFromTags(read?.tags ?? [], mapped) !== 'tag_none',
  );

/**
 * Whose choice a body has. A guest's remains a guest's (null), even if a customer has the order by now.
 * What a guest's unticked box may explain may be any customer's opt-out.
 */
function chooserOf(t: OfState, { state }: FoundFact, whose: Person | null): Person | null {
  const isGuests = t.kind === 'order' && t.customerId === null;
  return isGuests && (state === 'unticked' || whose?.profile.customerId != null) ? null : whose;
}

/** What a body says of choices. Every later state of an order repeats its box. */
function factsIn(batch: Batch, t: OfState, { latestEventId }: EntityState): FoundFact[] {
  const counts = (fact: FoundFact) => (isChoice(fact) ? !leavesOut(batch, t) : latestEventId === null);
  const own = t.kind === 'order' ? t.facts.filter(counts) : [];
  return [...own, ...(t.read?.facts ?? [])];
}

function recordFacts(
  batch: Batch,
  event: TranslatedEvent,
  t: OfState,
  { facts, whose }: { facts: readonly FoundFact[]; whose: Person | null },
): void {
  for (const fact of facts) {
    if (!fact.address) continue;
    const address = addressHash(batch.shop.vault, fact.channel, fact.address);
    batch.addFact(entryOf(fact, { address, personId: chooserOf(t, fact, whose)?.id ?? null, eventId: event.id }));
  }
}

/**
 * A choice in an older state of an order or customer still counts. It is sent with the person as
 * last known, unless the settings leave such an order out.
 */
function handleStale(batch: Batch, event: TranslatedEvent, { person, waits }: MetPerson, t: OfState): Outcome {
  if (!person || !reachedAt(person.profile.contact)) return skipped('stale');
  return batch.deliver(event, {
    kind: 'read',
    entity: null,
    person,
    contact: person.profile.contact,
    subject: { ...asLastKnown, purchase: t.kind === 'order' ? t.purchase : null, otherwise: 'stale' },
    waits,
    carriesOptOut: isFoundOptOut(batch, t, person.profile.contact),
    choice: true,
  });
}

export function handleState(batch: Batch, event: TranslatedEvent, t: OfState): Outcome {
  const met = meetPerson(batch, event, t);
  const { person, mergedAway } = met;
  const key = entityKeyOf(batch.shop, t);
  if (!key) return skipped('no_contact');
  const state = batch.entity(key, t.kind);
  const facts = factsIn(batch, t, state);
  recordFacts(batch, event, t, { facts, whose: mergedAway ?? person });
  const said = { updatedAt: t.updatedAt, triggeredAt: event.triggeredAt };
  const handled = { updatedAt: state.handledAt, triggeredAt: state.handledTriggeredAt };
  // A merged customer's own state belongs to the kept customer now, so it counts as stale.
  const stale = (mergedAway && t.kind === 'customer') || isStale(said, handled);
  const owner = batch.ownerOf(key);
  // A newer state of an order may have given it to another customer.
  const isAnothers = stale && owner !== person && owner?.profile.customerId != null;
  if (!isAnothers) state.personId = person?.id ?? null;
  if (met.isGone) {
    // It may have been found in Shopify before we knew whose it was.
    if (!isAnothers) batch.drop(key, skipped('deleted_person'));
    return skipped('deleted_person');
  }
  const choice = facts.some(isChoice) || isChoiceByTag(batch, t);
  if (stale) {
    return choice ? handleStale(batch, event, met, t) : skipped('stale');
  }
  // A webhook already waiting to be sent keeps its place: the read says the same.
  const waiting = isRead(t) && t.updatedAt === state.handledAt ? batch.waiting(key) : null;
  if (waiting) {
    if (choice) batch.bringChoice(key);
    return { settled: { state: 'merged', reason: 'superseded' }, mergedInto: waiting };
  }
  state.handledAt = Math.max(state.handledAt ?? t.updatedAt ?? 0, t.updatedAt ?? 0) || null;
  state.handledTriggeredAt = event.triggeredAt;
  state.latestEventId = event.id;
  const parked = t.kind === 'order' && t.buyerById && person && met.waits ? batch.park(event, person) : null;
  if (parked) return parked;
  if (!reachedAt(t.contact)) {
    // An earlier state that waits names an address that was removed, unless it is only hidden.
    if (!t.contact.denied) {
      batch.drop(key, { settled: { state: 'merged', reason: 'superseded' }, mergedInto: event.id });
    }
    return skipped('no_contact', t.contact.denied ? detailOf('contact_denied') : null);
  }
  return batch.deliver(event, {
    kind: t.kind,
    entity: key,
    person,
    contact: t.contact,
    subject: {
      contact: t.contact,
      purchase: t.kind === 'order' ? t.purchase : null,
      about: null,
    },
    inBody: t === event.translated && (event.length ?? Infinity) <= READ_AGAIN_BYTES,
    waits: met.waits,
    carriesOptOut: isFoundOptOut(batch, t, t.contact),
    choice,
  });
}
