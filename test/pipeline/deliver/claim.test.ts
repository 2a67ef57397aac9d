import { afterAll, beforeAll, expect, it } from 'vitest';
import { mayHoldChoices } from '../../../server/store/deliveries/due-work.ts';
import { answers, openScene, type Scene } from '../../features/activity/scene.ts';
import { customer, EMAIL, emailConsent, order, SMS, smsConsent } from '../bodies.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(async () => await scene.close());

const receive = async (topic: string, body: Parameters<Scene['receive']>[1]) => {
  await scene.receive(topic, body);
  await scene.process();
};
const payloads = async () => {
  const ready = await scene.claim();
  return ready.map((delivery) => ({ delivery, payload: JSON.parse(delivery.body.text) as { Email?: string } }));
};

it('an address learned later waits for what is being sent to it: one request at a time, in order', async () => {
  await scene.begin({});
  const number = '+15005550106';
  const now = () => new Date(scene.now).toISOString();
  await receive(SMS, smsConsent(2, 'unsubscribed', now(), number));
  const [underWay] = await payloads();
  expect(underWay?.payload).toMatchObject({ SMSPermission: false });
  // Someone in the same household. We learn that they have this number only after their choice.
  await receive(EMAIL, emailConsent(1, 'subscribed', now()));
  await receive('customers/update', customer(1, { phone: number }));
  expect([...(await payloads()), ...(await payloads())]).toEqual([]);
  if (underWay) await scene.record(underWay.delivery);
  const next = [...(await payloads()), ...(await payloads())];
  expect(next.map(({ payload }) => payload)).toMatchObject([{ Mobile: number.slice(1), EmailPermission: true }]);
  expect(next[0]?.payload).not.toHaveProperty('SMSPermission');
});

it('an email address learned later waits as well, though the number stays what it was', async () => {
  await scene.begin({});
  const now = () => new Date(scene.now).toISOString();
  const number = '+15005550111';
  await receive(EMAIL, emailConsent(12, 'unsubscribed', now()));
  const [underWay] = await payloads();
  expect(underWay?.payload).toMatchObject({ Email: 'person12@example.com', EmailPermission: false });
  await receive(SMS, smsConsent(11, 'subscribed', now(), number));
  await receive('customers/update', customer(11, { email: 'person12@example.com', phone: number }));
  expect([...(await payloads()), ...(await payloads())]).toEqual([]);
  if (underWay) await scene.record(underWay.delivery);
  const next = [...(await payloads()), ...(await payloads())];
  expect(next.map(({ payload }) => payload)).toMatchObject([{ Email: 'person12@example.com', SMSPermission: true }]);
});

it('a choice that is stored before a claim begins holds back those it may undo, and one stored while it is made doesn’t', async () => {
  await scene.begin({});
  const now = () => new Date(scene.now).toISOString();
  await receive(EMAIL, emailConsent(21, 'unsubscribed', now()));
  await scene.receive(EMAIL, emailConsent(22, 'unsubscribed', now()));
  expect(await payloads()).toEqual([]);
  await scene.process();
  await scene.db.query(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE shop_id = $1`, [
    scene.shop.id,
  ]);
  let arrived = 0;
  const meanwhile: typeof scene.db = {
    ...scene.db,
    transaction: async (work) =>
      await scene.db.transaction(
        async (sql) =>
          await work({
            query: async <Row extends object>(...asked: Parameters<typeof sql.query<Row>>) => {
              const rows = await sql.query<Row>(...asked);
              if (asked[0].includes('FROM consent_facts') && arrived++ === 0)
                await scene.receive(EMAIL, emailConsent(23, 'unsubscribed', now()));
              return rows;
            },
          }),
      ),
  };
  const ready = await scene.claim(meanwhile);
  expect(arrived).toBeGreaterThan(0);
  expect(ready.map(({ body }) => JSON.parse(body.text))).toMatchObject([
    { Email: 'person21@example.com', EmailPermission: false },
    { Email: 'person22@example.com', EmailPermission: false },
  ]);
});

it('behind a thousand stored events that take back no choice there may be one that does: choices wait', async () => {
  await scene.begin({});
  await scene.receive('orders/create', order(1));
  /** So many copies of each. */
  const copy = async (count: number) =>
    await scene.db.query(
      `INSERT INTO events SELECT (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid(), 'webhook_id', gen_random_uuid()))).*
       FROM events AS e, generate_series(1, $2::int) WHERE e.shop_id = $1`,
      [scene.shop.id, count],
    );
  await copy(998);
  expect(await mayHoldChoices(scene.db, scene.shop.id)).toBe(false);
  await copy(1);
  expect(await mayHoldChoices(scene.db, scene.shop.id)).toBe(true);
});

const OPEN_BREAKER = `jsonb_build_object('openedAt', extract(epoch FROM now() - interval '1 hour') * 1000, 'probedAt', NULL, 'slices', '[]'::jsonb)`;

it.each([
  ['a refused GUID', `problem_since = now(), problem_error = 'http_401', probe_at = now() - interval '1 second'`],
  ['an open breaker', `breaker = ${OPEN_BREAKER}`],
])('only one request probes %s, and an event that ends unsent doesn’t use that up', async (_, state) => {
  await scene.begin({});
  for (const body of [order(1), order(2)]) await receive('orders/create', body);
  for (const id of [7, 8]) await receive('customers/create', customer(id));
  await scene.save({ send: { orders: false } });
  await scene.db.query(`UPDATE settings SET ${state} WHERE shop_id = $1`, [scene.shop.id]);
  const probes = [...(await payloads()), ...(await payloads()), ...(await payloads()), ...(await payloads())];
  expect(probes.map(({ payload, delivery }) => [payload.Email, delivery.probe])).toEqual([[customer(7).email, true]]);
});

it('what was being sent for a customer who was deleted meanwhile, and failed, has the ledger checked for what it carried', async () => {
  await scene.begin({});
  await receive('orders/create', order(1, { customer: { id: 1, email: 'person1@example.com' } }));
  const [sending] = await payloads();
  await receive('customers/delete', { id: 1 });
  if (sending) await scene.record(sending.delivery, answers.down);
  const rows = async (text: string) => await scene.db.query(text, [scene.shop.id]);
  await rows(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE shop_id = $1 AND open`);
  await rows('DELETE FROM ledger_checks WHERE shop_id = $1');
  expect(await payloads()).toEqual([]);
  expect(await rows('SELECT due_at <= now() AS due FROM ledger_checks WHERE shop_id = $1')).toEqual([{ due: true }]);
});
