import { reachedAt } from '../../domain/contact.ts';
import { isStale, type StateAt } from '../../domain/is-stale.ts';
import { type KnownTag, tagKey } from '../../domain/person.ts';
import type { Instant } from '../../domain/scalars.ts';
import { permissionTagsOf, readsTags } from '../../domain/settings.ts';
import { detailOf } from '../../domain/wording/details.ts';
import { asLastKnown } from '../../store/deliveries/deliveries.ts';
import type { Person } from '../../store/people/people.ts';
import { type Batch, type Of, type Outcome, skipped, type TranslatedEvent } from './batch.ts';
import { entityKeyOf, personKeyOf } from './keys-of-event.ts';

/** A state without a date counts as older than one with a date. */
const momentOf = (at: Instant | null, triggeredAt: Instant | undefined): StateAt => ({
  updatedAt: at ?? -Infinity,
  triggeredAt: triggeredAt ?? null,
});

/** A tag that is gone was added then, or later: what it meant is no older. */
const lastAdded = (gone: KnownTag | undefined, at: Instant | null): Pick<KnownTag, 'addedAt'> => {
  const addedAt = Math.max(gone?.addedAt ?? -Infinity, at ?? -Infinity);
  return addedAt === -Infinity ? {} : { addedAt };
};

/**
 * Stores what an event says about tags, unless something newer is known. If two events of the same
 * moment contradict each other, an opt-out tag stays, and any other is removed.
 * @returns whether Shopify's last answer about all tags, of a later state, says something else
 */
function learnTags(batch: Batch, event: TranslatedEvent, t: Of<'tags'>, person: Person): boolean {
  const { tags, tagsOf = -Infinity } = person.profile;
  const said = momentOf(t.occurredAt, event.triggeredAt);
  const present = t.change === 'added';
  let otherTags = false;
  for (const tag of t.tags) {
    const name = tagKey(tag);
    const known = tags[name];
    const last = known && momentOf(known.at, known.triggeredAt);
    if (last && isStale(said, last)) {
      if (present && known && !known.present) tags[name] = { ...known, ...lastAdded(known, t.occurredAt) };
      continue;
    }
    const differs = present !== (known?.present ?? false);
    if (differs && Math.min(t.occurredAt ?? event.triggeredAt, event.triggeredAt) < tagsOf) {
      otherTags = true;
      if (present)
        tags[name] = { tag: tag.trim(), present: false, at: null, ...known, ...lastAdded(known, t.occurredAt) };
      continue;
    }
    const isTie = last !== undefined && last.updatedAt === said.updatedAt && last.triggeredAt === said.triggeredAt;
    if (isTie && differs && present !== optsOut(batch.settings, tag)) continue;
    const addedAt = present ? null : known?.present ? known.at : known?.addedAt;
    tags[name] = {
      tag: tag.trim(),
      present,
      at: t.occurredAt,
      triggeredAt: event.triggeredAt,
      ...(addedAt != null && { addedAt }),
    };
  }
  batch.people.changed(person);
  return otherTags;
}

/**
 * Shopify gives the customer that is kept the tags of both. Here they have no date: an opt-out
 * counts, and an opt-in is history. What Shopify has said of the kept customer since is newer.
 */
export function takeTags({ profile: kept }: Person, { profile: gone }: Person, since: Instant): void {
  if ((kept.tagsOf ?? -Infinity) > since) return;
  for (const [name, { tag, present }] of Object.entries(gone.tags)) {
    const own = kept.tags[name];
    if (present && !own?.present) kept.tags[name] = { tag, present, at: null, merged: true };
    if (!present && own?.merged) kept.tags[name] = { tag, present, at: null };
  }
}

/** Tags were added or removed. The person is sent as last known. */
export function handleTags(batch: Batch, event: TranslatedEvent, t: Of<'tags'>): Outcome {
  const key = personKeyOf(batch.shop, t);
  if (!key) return skipped('no_contact');
  const person = batch.people.get(key, event.triggeredAt, t.customerId);
  const away = batch.people.mergedAway(key);
  if (away) {
    learnTags(batch, event, t, away);
    takeTags(person, away, event.triggeredAt);
    batch.people.changed(person);
    if (batch.ask(person, { merged: true })) return skipped('recorded', detailOf('tags_merged'));
    return sendTagged(batch, event, t, { person, waits: false, entity: null });
  }
  // It is about a customer of the same id who was deleted since.
  if (event.triggeredAt <= (person.profile.newSince ?? -Infinity)) return skipped('deleted_person');
  const otherTags = learnTags(batch, event, t, person);
  const waits = batch.ask(person, { otherTags: otherTags && !event.hasWaited });
  // Shopify may have answered before the change all the same: clocks differ.
  const asked = otherTags && waits ? batch.park(event, person) : null;
  if (asked) return asked;
  return sendTagged(batch, event, t, { person, waits, entity: entityKeyOf(batch.shop, t) });
}

function sendTagged(
  batch: Batch,
  event: TranslatedEvent,
  t: Of<'tags'>,
  { person, waits, entity }: { person: Person; waits: boolean; entity: string | null },
): Outcome {
  const { contact } = person.profile;
  // Before any settings are saved, nobody knows which tags they will name.
  if (batch.settings && !readsTags(batch.settings)) return skipped('recorded', detailOf('tags_unused'));
  if (person.deletedAt !== null) return skipped('deleted_person');
  if (!reachedAt(contact)) {
    const parked = waits ? batch.park(event, person) : null;
    return parked ?? skipped('no_contact', detailOf('tags_kept'));
  }
  if (entity) batch.entity(entity, 'customer').latestEventId = event.id;
  return batch.deliver(event, {
    kind: 'tags',
    entity,
    person,
    contact,
    subject: asLastKnown,
    waits,
    carriesOptOut: t.change === 'added' && t.tags.some((tag) => optsOut(batch.settings, tag)),
  });
}

/** Whether a mapped permission is withdrawn by this tag. */
function optsOut(settings: Batch['settings'], tag: string): boolean {
  const mapped = settings ? Object.values(permissionTagsOf(settings.mapping)) : [];
  return mapped.some((tags) => tags !== null && tagKey(tags.optOut) === tagKey(tag));
}
