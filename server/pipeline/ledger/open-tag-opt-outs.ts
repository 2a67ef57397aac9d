import { tagChannels } from '../../domain/consent.ts';
import { factFromTags } from '../../domain/map-person.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Settings } from '../../domain/settings.ts';
import { ledgerKey } from '../../store/consent/facts.ts';
import { OPT_OUT_TOPIC } from '../../store/consent/opt-out-topic.ts';
import { openOfPeople, optOutsBeingSent } from '../../store/deliveries/find-due.ts';
import type { KnownPerson } from '../../store/people/profiles.ts';
import { flagsOf, imagined } from '../deliver/evaluate.ts';
import { evaluateAll, evaluateWaiting } from '../deliver/evaluate-all.ts';
import type { InShop } from '../in-shop.ts';
import { openAgain } from './open-due-opt-outs.ts';

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
 * is due and isn't carried by anything open.
 * @returns how many it opened
 */
export async function openTagOptOuts(held: InShop, people: readonly KnownPerson[], now: Instant): Promise<number> {
  const { sql, shop, stored } = held;
  if (people.length === 0 || !stored?.guid) return 0;
  const own = people.map(({ id }) =>
    imagined({ kind: 'read', personId: id, topic: OPT_OUT_TOPIC, eventReceivedAt: now }),
  );
  const untold = (await evaluateAll(held, own, now)).flatMap(({ keys, prepared: { decisions } }, i) => {
    const person = people[i];
    if (!person) return [];
    const owed = tagChannels.flatMap((channel) => {
      const { send, fact } = decisions[channel];
      const key = keys[channel];
      return send === false && key ? [{ ...key, personId: person.id, chosenAt: fact?.chosenAt ?? null }] : [];
    });
    return owed.length > 0 ? [{ person, owed }] : [];
  });
  if (untold.length === 0) return 0;
  const ids = untold.map(({ person }) => person.id);
  const waiting = await evaluateWaiting(held, await openOfPeople(sql, shop, ids), now);
  const carried = new Set(waiting.flatMap(flagsOf).map(ledgerKey));
  for (const key of await optOutsBeingSent(sql, shop, ids)) carried.add(ledgerKey(key));
  const due = untold.filter(({ owed }) => !owed.every((key) => carried.has(ledgerKey(key))));
  const again = due.map(({ person, owed }) => ({ own: { person }, owed, about: person.key, triedAs: person.id }));
  return await openAgain(held, again, now);
}
