import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../db.ts';
import { addDeliveries, lockShop } from '../delivery/outbox.ts';
import type { Instant } from '../domain.ts';
import { customerKey, lanesOf, openProfile } from '../people.ts';
import type { Shop } from '../shops.ts';
import { bodyBinding, summaryBinding } from '../webhooks/settle.ts';

export type PersonSent = { ok: true; eventId: string } | { ok: false; why: 'unknown' | 'deleted' | 'no_contact' };

/**
 * Sends a person as last known, with the flags that are due. It stands in the activity as an event of its own, which is not
 * counted: Shopify did not send it.
 */
export async function sendPerson(db: Db, shop: Shop, personId: string, now: Instant): Promise<PersonSent> {
  return await db.transaction(async (sql): Promise<PersonSent> => {
    await lockShop(sql, shop);
    const { vault } = shop;
    const [row] = await sql.query<{ key: string; profile: Uint8Array | null; deleted_at: Date | null }>(
      'SELECT key, profile, deleted_at FROM people WHERE shop_id = $1 AND id = $2',
      [shop.id, personId],
    );
    if (!row) return { ok: false, why: 'unknown' };
    if (row.deleted_at) return { ok: false, why: 'deleted' };
    const { contact, customerId } = openProfile(vault, personId, row.profile);
    const phone = contact.mobile ?? contact.phone;
    const who = contact.email ?? phone;
    if (!who) return { ok: false, why: 'no_contact' };
    const eventId = uuidv7();
    const { emailLane, phoneLane } = lanesOf(vault, contact);
    const search = [row.key, emailLane, phoneLane, customerId ? customerKey(vault, customerId) : null];
    await sql.query(
      `INSERT INTO events (id, shop_id, webhook_id, topic, source, triggered_at, received_at, body, state, summary, search)
       VALUES ($1, $2, $3, 'person/send', 'person', $4, $4, $5, 'open', $6, $7::text[])`,
      [
        eventId,
        shop.id,
        `person-${eventId}`,
        new Date(now),
        vault.seal(bodyBinding(eventId), '{}'),
        vault.sealJson(summaryBinding(eventId), { who, what: 'Sent by hand' }),
        [...new Set(search.filter((hash) => hash !== null))],
      ],
    );
    const id = uuidv7();
    const subject = { contact: null, purchase: null, about: null };
    await addDeliveries(sql, shop, [
      { id, eventId, kind: 'person', entity: null, personId, emailLane, phoneLane, subject, takesPlaceOf: null },
    ]);
    await sql.query('UPDATE deliveries SET again = true WHERE id = $1', [id]);
    return { ok: true, eventId };
  });
}
