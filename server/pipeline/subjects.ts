/** What deliveries are about, also where only their event's body says it. */
import type { Sql } from '../platform/database/db.ts';
import { type ClaimedDelivery, type DeliverySubject, isInBody, openSubject } from '../store/deliveries/deliveries.ts';
import { loadStored, type StoredEvent } from '../store/events/stored-events.ts';
import { loadShopFacts, type Shop } from '../store/shops/shops.ts';
import { openStoredEvent } from './process/translate-stored.ts';

/** As the batch that opened the delivery had it: the state of the order or customer. */
function subjectIn(shop: Shop, country: string | null, row: StoredEvent): DeliverySubject {
  const read = openStoredEvent(shop, country, row);
  const t = 'event' in read ? read.event.translated : null;
  if (t?.kind !== 'order' && t?.kind !== 'customer') throw new Error('The body is not that of an order or a customer');
  return { contact: t.contact, purchase: t.kind === 'order' ? t.purchase : null, about: null };
}

/** @returns what reads the subject in an event's body; null once that was erased */
async function openBodies(
  sql: Sql,
  shop: Shop,
  eventIds: readonly string[],
): Promise<(eventId: string) => DeliverySubject | null> {
  if (eventIds.length === 0) return () => null;
  const [{ country = null }, rows] = await Promise.all([loadShopFacts(sql, shop), loadStored(sql, shop, eventIds)]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return (eventId) => {
    const row = byId.get(eventId);
    return row ? subjectIn(shop, country, row) : null;
  };
}

/** The same deliveries, with the subjects that are in their events' bodies. */
export async function withSubjects<D extends ClaimedDelivery>(
  sql: Sql,
  shop: Shop,
  deliveries: readonly D[],
): Promise<D[]> {
  const read = await openBodies(
    sql,
    shop,
    deliveries.filter(({ inBody }) => inBody).map(({ eventId }) => eventId),
  );
  return deliveries.map((delivery) => {
    if (!delivery.inBody) return delivery;
    try {
      return { ...delivery, subject: read(delivery.eventId) };
    } catch {
      return { ...delivery, broken: true };
    }
  });
}

/** The subjects of these deliveries, except erased ones and those that can't be opened or read. */
export async function loadSubjects(
  sql: Sql,
  shop: Shop,
  ids: readonly string[],
): Promise<Map<string, DeliverySubject>> {
  if (ids.length === 0) return new Map();
  const rows = await sql.query<{ id: string; eventId: string; subject: Uint8Array }>(
    `SELECT id, event_id AS "eventId", subject FROM deliveries
     WHERE shop_id = $1 AND id = ANY($2::uuid[]) AND subject IS NOT NULL`,
    [shop.id, ids],
  );
  const inBody = rows.filter(({ subject }) => isInBody(subject));
  const read = await openBodies(
    sql,
    shop,
    inBody.map(({ eventId }) => eventId),
  );
  const found = new Map<string, DeliverySubject>();
  for (const { id, eventId, subject } of rows) {
    try {
      const one = isInBody(subject) ? read(eventId) : openSubject(shop.vault, id, subject);
      if (one) found.set(id, one);
    } catch {
      // Its claim says so, and the event needs attention.
    }
  }
  return found;
}
