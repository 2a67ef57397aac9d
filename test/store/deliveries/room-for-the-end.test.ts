import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { createKeys } from '../../../server/platform/keys.ts';
import { addDeliveries } from '../../../server/store/deliveries/deliveries.ts';
import { closeDeliveries } from '../../../server/store/deliveries/unsent.ts';
import { createShops } from '../../../server/store/shops/shops.ts';
import { newDatabase } from '../../fakes/database.ts';

it('a delivery that ends stays on its page, however full that is: beside a backlog it would be written to an old one', async () => {
  const db = await newDatabase();
  const shop = await createShops(db, createKeys([{ id: 'k1', bytes: Buffer.alloc(32, 7) }])).ensure(
    'test-shop.myshopify.com',
  );
  const pages = async () => {
    const rows = await db.query<{ id: string; page: number }>(
      'SELECT id, (ctid::text::point)[0]::int AS page FROM deliveries',
    );
    return new Map(rows.map(({ id, page }) => [id, page]));
  };
  const subject = { contact: { email: 'a@example.com', origins: {}, leftOut: {} }, purchase: null, about: null };
  const deliveries = Array.from({ length: 200 }, () => ({
    id: randomUUID(),
    eventId: randomUUID(),
    kind: 'order' as const,
    entity: shop.vault.hash('entity', randomUUID()),
    personId: randomUUID(),
    emailLane: shop.vault.hash('email', randomUUID()),
    phoneLane: shop.vault.hash('sms', randomUUID()),
    subject,
    takesPlaceOf: null,
  }));
  await addDeliveries(db, shop, deliveries);
  const before = await pages();
  const last = Math.max(...before.values());
  expect(last).toBeGreaterThan(2);
  // The last page isn't full. And not all end at once.
  const ending = [...before].filter(([, page], i) => page < last && i % 2 === 0).map(([id]) => id);
  await closeDeliveries(db, shop, ending);
  const after = await pages();
  expect(ending.map((id) => after.get(id))).toEqual(ending.map((id) => before.get(id)));
  await db.close();
});
