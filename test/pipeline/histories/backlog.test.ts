/**
 * No opt-in is sent after a newer opt-out was acknowledged: a claim considers everything that was
 * stored before it began.
 */
import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { createKeys } from '../../../server/platform/keys.ts';
import { createInbox } from '../../../server/store/events/inbox.ts';
import { createShops } from '../../../server/store/shops/shops.ts';
import { testDatabase } from '../../fakes/database.ts';
import { customer, SMS, smsConsent } from '../bodies.ts';
import { openHistories } from './scene.ts';

const NUMBER = '+14155550101';

it('an opt-in and an opt-out behind a hundred events, acknowledged by a process that was killed: the next process sends the opt-out alone', async () => {
  const db = await testDatabase();
  onTestFinished(db.close);
  const kept = { ...db, close: async () => {} };
  const first = await openHistories({ access: false }, kept);
  const { shop: domain, guid, at } = await first.begin();
  await first.stop();

  // What the process had acknowledged but not handled, in this order: batches end at the
  // shop/update, and at their size limit.
  const shops = createShops(db, createKeys([{ id: 'k1', bytes: Buffer.alloc(32, 7) }]));
  const shop = await shops.ensure(domain);
  const inbox = createInbox(db, { shops });
  const filler = (id: number) =>
    ({ topic: 'customers_whats_app_marketing_consent/update', body: { customer_id: id, phone_number: null } }) as const;
  const events = [
    ...Array.from({ length: 30 }, (_, i) => filler(i + 10)),
    { topic: 'shop/update', body: { id: 1, name: 'A shop' } },
    { topic: 'customers/create', body: customer(1, { phone: NUMBER, updated_at: at(1) }) },
    ...Array.from({ length: 98 }, (_, i) => filler(i + 100)),
    { topic: SMS, body: smsConsent(1, 'subscribed', at(50), NUMBER) },
    { topic: SMS, body: smsConsent(1, 'unsubscribed', at(60), NUMBER) },
  ];
  for (const { topic, body } of events) {
    await inbox.store({
      shop,
      webhookId: randomUUID(),
      topic,
      shopifyEventId: null,
      apiVersion: '2026-10',
      triggeredAt: Date.now(),
      receivedAt: Date.now(),
      body: Buffer.from(JSON.stringify(body)),
    });
  }

  const second = await openHistories({ access: false }, kept);
  onTestFinished(second.stop);
  await second.app.settled(domain);
  const told = second.app.ascent360.received
    .filter((record) => record.guid === guid)
    .flatMap(({ body }) => (body as { SMSPermission?: boolean }).SMSPermission ?? []);
  expect(told).toEqual([false]);
});
