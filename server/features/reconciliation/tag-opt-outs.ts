import { tagKey } from '../../domain/person.ts';
import { permissionTagsOf, type Settings } from '../../domain/settings.ts';
import type { CustomerRead } from '../../domain/translated.ts';
import type { Sql } from '../../platform/database/db.ts';
import { customerKey } from '../../store/people/identifiers.ts';
import { loadPeople } from '../../store/people/people.ts';
import type { Shop } from '../../store/shops/shops.ts';

/**
 * Has customers read who opted out of calls or post by a tag that we don't know they have: nothing
 * else reports one that was added while the app wasn't installed. Any other tag is read with their
 * next event. Call it in a transaction that holds the shop's lock.
 */
export async function readTagOptOuts(
  sql: Sql,
  shop: Shop,
  customers: readonly CustomerRead[],
  { mapping }: Pick<Settings, 'mapping'>,
): Promise<void> {
  const optOuts = Object.values(permissionTagsOf(mapping)).flatMap((tags) => (tags ? [tagKey(tags.optOut)] : []));
  const found = customers.flatMap(({ id, tags }) => {
    const names = (tags ?? []).map(tagKey).filter((name) => optOuts.includes(name));
    return names.length > 0 ? [{ key: customerKey(shop.vault, id), names }] : [];
  });
  if (found.length === 0) return;
  const people = await loadPeople(
    sql,
    shop,
    found.map(({ key }) => key),
  );
  for (const { key, names } of found) {
    const person = people.own(key);
    if (!person || person.deletedAt !== null || person.mergedInto !== null) continue;
    if (names.some((name) => person.profile.tags[name]?.present !== true)) people.ask(person);
  }
  await people.save();
}
