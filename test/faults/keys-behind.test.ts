import { expect, it } from 'vitest';
import { until } from '../fakes/connector.ts';
import { KEY_1 } from '../fakes/connector-process.ts';
import { judge, SURVIVED, sendAll, settled, someCustomer } from '../fakes/fault-oracle.ts';
import { worldOfTest } from '../fakes/world-of-test.ts';

const k1 = `k1:${KEY_1.toString('base64')}`;
const k2 = `k2:${Buffer.alloc(32, 2).toString('base64')}`;
const NEW_SHOP = 'new-shop.myshopify.com';

it('row 24: without the key of a newer shop, a process parks that shop’s events and says so; none is dropped', async () => {
  const world = await worldOfTest();
  const behind = await world.run({ ENCRYPTION_KEYS: k1 });
  const web = await world.run({ ENCRYPTION_KEYS: `${k2},${k1}`, ROLE: 'web' });
  await world.connect(web, {}, NEW_SHOP);
  const sent = await sendAll(
    () => web,
    Array.from({ length: 10 }, () => someCustomer(NEW_SHOP)),
  );
  await until('it says so', async () => (behind.output().includes('MissingKeyError') ? true : undefined));
  const { topic, body, webhookId } = someCustomer(NEW_SHOP);
  expect((await behind.send(topic, body, { webhookId, shop: NEW_SHOP })).status).toBe(503);
  expect(new Set([...(await world.standings(web, NEW_SHOP)).values()].map(({ state }) => state))).toEqual(
    new Set(['received']),
  );
  await behind.terminate();
  await world.run({ ENCRYPTION_KEYS: `${k2},${k1}` });
  expect(judge(sent, await settled(world, web, sent), world.ascent360)).toEqual(SURVIVED);
});
