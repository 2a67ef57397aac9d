import type { Instant } from '../../domain/scalars.ts';
import { inShop } from '../../pipeline/in-shop.ts';
import type { Db } from '../../platform/database/db.ts';
import { markAgain } from '../../store/deliveries/reopen.ts';
import { addOwnEvents } from '../../store/events/self-made-events.ts';
import { findPerson } from '../../store/people/find-person.ts';
import type { Shop } from '../../store/shops/shops.ts';

type PersonSent = { ok: true; eventId: string } | { ok: false; why: 'deleted' | 'damaged' | 'no_contact' };

/**
 * Sends a person as last known, with the flags that are due, even if nothing is new. A customer who
 * was merged into another is sent as that one.
 * @returns null: the shop has no such person
 */
export async function sendPerson(db: Db, shop: Shop, personId: string, now: Instant): Promise<PersonSent | null> {
  return await inShop(db, shop, async ({ sql }): Promise<PersonSent | null> => {
    const known = await findPerson(sql, shop, personId);
    if (!known) return null;
    const { person, damaged } = known;
    if (damaged) return { ok: false, why: 'damaged' };
    if (person.deletedAt !== null) return { ok: false, why: 'deleted' };
    const [added] = await addOwnEvents(sql, shop, { why: 'person', now }, [{ person }]);
    if (!added) return { ok: false, why: 'no_contact' };
    await markAgain(sql, shop, [added.deliveryId], false);
    return { ok: true, eventId: added.eventId };
  });
}
