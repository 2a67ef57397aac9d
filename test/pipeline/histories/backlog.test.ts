/** A claim considers everything that was stored before it began, whatever batches end at. */
import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { createKeys } from '../../../server/platform/keys.ts';
import { createInbox } from '../../../server/store/events/inbox.ts';
import { createShops } from '../../../server/store/shops/shops.ts';
import { testDatabase } from '../../fakes/database.ts';
import { customer, SMS, smsConsent } from '../bodies.ts';
import { openHistories } from './scene.ts';

const NUMBER = '+14155550101';
const ANOTHER = '+14155550102';

type Body = { topic: string; body: object };

type Told = { Mobile?: string; SMSPermission?: boolean };

/**
 * What the next process tells of each number, once it has handled what the one before had
 * acknowledged.
 */
async function toldAfterKill(acknowledged: (at: (seconds: number) => string) => Body[]) {
  const db = await testDatabase();
  onTestFinished(db.close);
  const kept = { ...db, close: async () => {} };
  const first = await openHistories({ access: false }, kept);
  const { shop: domain, guid, at } = await first.begin();
  await first.stop();

  const shops = createShops(db, createKeys([{ id: 'k1', bytes: Buffer.alloc(32, 7) }]));
  const shop = await shops.ensure(domain);
  const inbox = createInbox(db, { shops });
  for (const { topic, body } of acknowledged(at)) {
    await inbox.store({
      shop,
      webhookId: randomUUID(),
      topic,
      apiVersion: '2026-10',
      triggeredAt: Date.now(),
      receivedAt: Date.now(),
      body: Buffer.from(JSON.stringify(body)),
    });
  }

  const second = await openHistories({ access: false }, kept);
  onTestFinished(second.stop);
  await second.app.settled(domain);
  const told = second.app.ascent360.received.flatMap(({ guid: to, body }) => (to === guid ? [body as Told] : []));
  return (number: string) =>
    told.flatMap(({ Mobile, SMSPermission }) => (`+${Mobile}` === number ? (SMSPermission ?? []) : []));
}

const SHOP_UPDATE = { topic: 'shop/update', body: { id: 1, name: 'A shop' } };
const known = (at: string) => ({ topic: 'customers/create', body: customer(1, { phone: NUMBER, updated_at: at }) });
const chose = (state: string, at: string, id = 1, number = NUMBER) => ({
  topic: SMS,
  body: smsConsent(id, state, at, number),
});

it('two choices with a hundred events before or between them, acknowledged by a process that was killed: the next process sends the newer alone', async () => {
  const filler = (id: number) => ({
    topic: 'customers_whats_app_marketing_consent/update',
    body: { customer_id: id, phone_number: null },
  });
  // In this order: batches end at the shop/update, and at their size limit.
  const told = await toldAfterKill((at) => [
    chose('unsubscribed', at(40), 2, ANOTHER),
    ...Array.from({ length: 30 }, (_, i) => filler(i + 10)),
    SHOP_UPDATE,
    known(at(1)),
    ...Array.from({ length: 98 }, (_, i) => filler(i + 100)),
    chose('subscribed', at(50)),
    chose('unsubscribed', at(60)),
    chose('subscribed', at(60), 2, ANOTHER),
  ]);
  expect(told(NUMBER)).toEqual([false]);
  expect(told(ANOTHER)).toEqual([true]);
});

it('an opt-out, an event that is a batch of its own, and an opt-in, acknowledged by a process that was killed: the next process sends the opt-in alone', async () => {
  const told = await toldAfterKill((at) => [
    known(at(1)),
    chose('unsubscribed', at(50)),
    SHOP_UPDATE,
    chose('subscribed', at(60)),
  ]);
  expect(told(NUMBER)).toEqual([true]);
});
