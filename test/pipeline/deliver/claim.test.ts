import { afterAll, beforeAll, expect, it } from 'vitest';
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

it('only a sent request counts as a probe: an event that ends unsent doesn’t use up the probe', async () => {
  await scene.begin({});
  await receive('orders/create', order(1));
  const [refused] = await payloads();
  if (refused) await scene.record(refused.delivery, answers.refusedGuid);
  await receive('customers/create', customer(7));
  await scene.save({ send: { orders: false } });
  await scene.db.query(`UPDATE settings SET probe_at = now() - interval '1 second' WHERE shop_id = $1`, [
    scene.shop.id,
  ]);
  const probes = [...(await payloads()), ...(await payloads()), ...(await payloads())];
  expect(probes.map(({ payload, delivery }) => [payload.Email, delivery.probe])).toEqual([[customer(7).email, true]]);
});
