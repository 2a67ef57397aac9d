import type { Instant } from '../../domain/scalars.ts';
import { inShop } from '../../pipeline/in-shop.ts';
import type { Db } from '../../platform/database/db.ts';
import { markAgain } from '../../store/deliveries/reopen.ts';
import { addOwnEvents } from '../../store/events/self-made-events.ts';
import { openProfile } from '../../store/people/profiles.ts';
import type { Shop } from '../../store/shops/shops.ts';

export type PersonSent = { ok: true; eventId: string } | { ok: false; why: 'unknown' | 'deleted' | 'no_contact' };

/** Sends a person as last known, with the flags that are due, even if nothing is new. */
export async function sendPerson(db: Db, shop: Shop, personId: string, now: Instant): Promise<PersonSent> {
  return await inShop(db, shop, async ({ sql }): Promise<PersonSent> => {
    const [row] = await sql.query<{ key: string; profile: Uint8Array | null; deleted_at: Date | null }>(
      'SELECT key, profile, deleted_at FROM people WHERE shop_id = $1 AND id = $2',
      [shop.id, personId],
    );
    if (!row) return { ok: false, why: 'unknown' };
    if (row.deleted_at) return { ok: false, why: 'deleted' };
    const profile = openProfile(shop.vault, personId, row.profile);
    const person = { id: personId, key: row.key, profile };
    const [added] = await addOwnEvents(sql, shop, { why: 'person', now }, [{ person }]);
    if (!added) return { ok: false, why: 'no_contact' };
    await markAgain(sql, shop, [added.deliveryId], false);
    return { ok: true, eventId: added.eventId };
  });
}
