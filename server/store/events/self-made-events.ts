import type { PersonProfile } from '../../domain/person.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import { newId } from '../../platform/database/ids.ts';
import { addDeliveries } from '../deliveries/deliveries.ts';
import { customerKey, lanesOf } from '../people/identifiers.ts';
import { type Shop, ShopErasedError } from '../shops/shops.ts';
import { settleTranslated } from './events.ts';
import { insertEvents } from './insert-events.ts';

/** Why we send somebody as last known without an event of Shopify's; the text stands in the activity. */
const OWN = {
  person: { topic: 'person/send', what: 'Sent by hand' },
  read: { topic: 'person/read', what: 'A choice read from Shopify' },
} as const;

/**
 * Opens a delivery of a person as last known. It stands in the activity as an event of its own, which is not counted:
 * Shopify did not send it.
 * @returns null when there is no e-mail address and no phone number to send
 */
export async function addOwnEvent(
  sql: Sql,
  shop: Shop,
  source: keyof typeof OWN,
  person: { id: string; key: string; profile: PersonProfile },
  now: Instant,
): Promise<{ eventId: string; deliveryId: string } | null> {
  const { vault } = shop;
  const { contact, customerId } = person.profile;
  const who = contact.email ?? contact.mobile ?? contact.phone;
  if (!who) return null;
  const { topic, what } = OWN[source];
  const [eventId] = await insertEvents(sql, [
    { shop, source, webhookId: `${source}-${newId()}`, topic, triggeredAt: now, receivedAt: now, body: '{}' },
  ]);
  if (!eventId) throw new ShopErasedError();
  const { emailLane, phoneLane } = lanesOf(vault, contact);
  const search = [person.key, emailLane, phoneLane, customerId ? customerKey(vault, customerId) : null];
  const found = { summary: { who, what }, search: [...new Set(search.filter((hash) => hash !== null))], entity: null };
  await settleTranslated(sql, shop, [{ id: eventId, settled: null, ...found }]);
  const deliveryId = newId();
  const subject = { contact: null, purchase: null, about: null };
  const delivery = {
    kind: source,
    entity: null,
    personId: person.id,
    emailLane,
    phoneLane,
    subject,
    takesPlaceOf: null,
  };
  await addDeliveries(sql, shop, [{ id: deliveryId, eventId, ...delivery }]);
  return { eventId, deliveryId };
}
