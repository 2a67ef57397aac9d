import { factFromTags } from '../../domain/map-person.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Settings } from '../../domain/settings.ts';
import { OPT_OUT_TOPIC } from '../../store/consent/opt-out-topic.ts';
import { reopenOptOuts } from '../../store/deliveries/reopen.ts';
import { addOwnEvents } from '../../store/events/self-made-events.ts';
import { peopleWithOpen } from '../../store/people/people-pages.ts';
import type { KnownPerson } from '../../store/people/profiles.ts';
import { loadContext } from '../deliver/context.ts';
import { evaluate, imagined } from '../deliver/evaluate.ts';
import type { InShop } from '../in-shop.ts';

/** The people whose tags opt them out of calls or post, as far as we know. */
export function optedOutByTag(people: readonly KnownPerson[], { mapping }: Settings): KnownPerson[] {
  return people.filter(({ profile }) =>
    [...factFromTags(profile, mapping, 'phone'), ...factFromTags(profile, mapping, 'postal')].some(
      ({ state }) => state === 'tag_opt_out',
    ),
  );
}

/**
 * Opens a delivery, with the person as last known, for each of them whose opt-out of calls or post
 * is due and who has nothing open.
 * @returns how many it opened
 */
export async function openTagOptOuts(
  { sql, shop, life, stored }: InShop,
  people: readonly KnownPerson[],
  now: Instant,
): Promise<number> {
  if (people.length === 0 || !stored?.guid) return 0;
  const busy = await peopleWithOpen(
    sql,
    shop,
    people.map(({ id }) => id),
  );
  const candidates = people
    .filter(({ id }) => !busy.has(id))
    .map((person) => ({
      person,
      delivery: imagined({ kind: 'read', personId: person.id, topic: OPT_OUT_TOPIC, eventReceivedAt: now }),
    }));
  const found = await loadContext(
    sql,
    shop,
    stored,
    candidates.map(({ delivery }) => delivery),
  );
  const due = candidates.filter(({ delivery }) => {
    const { phone, postal } = evaluate({ shop, stored, life, found, now }, delivery).prepared.decisions;
    return phone.send === false || postal.send === false;
  });
  const tried = await reopenOptOuts(
    sql,
    shop,
    due.map(({ person }) => person.key),
  );
  await addOwnEvents(
    sql,
    shop,
    { why: 'optOut', now },
    due.filter(({ person }) => !tried.has(person.id)).map(({ person }) => ({ person })),
  );
  return due.length;
}
