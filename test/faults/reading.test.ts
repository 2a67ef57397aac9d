import { expect, it } from 'vitest';
import { SHOP, until } from '../fakes/connector.ts';
import { emailOf } from '../fakes/shopify-shop.ts';
import { worldOfTest } from '../fakes/world-of-test.ts';
import { ago, MINUTE, order } from '../pipeline/bodies.ts';

it('a process killed in the middle of a read loses nothing: the next one reads, and the flag is sent once', async () => {
  const world = await worldOfTest({ env: { READ_WAIT: '1h' } });
  const first = await world.run();
  await world.connect(first);
  const shopify = world.admin.shop(SHOP);
  shopify.setCustomer({
    id: 1,
    defaultEmailAddress: emailOf('person1@example.com', {
      marketingState: 'UNSUBSCRIBED',
      marketingUpdatedAt: ago(MINUTE),
    }),
  });
  const asked = () => world.admin.calls.filter(({ body }) => body.includes('CustomersByIds')).length;
  shopify.behave((operation) => (operation === 'CustomersByIds' && asked() === 1 ? { delayMs: 60_000 } : null));
  const buyer = { id: 1, email: 'person1@example.com' };
  await first.send('orders/create', order(1, { customer: buyer }));
  await first.send('orders/create', { id: 2 });
  await until('Shopify is asked', async () => (asked() > 0 ? true : undefined));
  await first.kill();
  expect(world.ascent360.received).toEqual([]);

  shopify.setOrder({ id: 2, email: 'guest@example.com' });
  const second = await world.run();
  await until('both orders have ended', async () => {
    const standings = [...(await world.standings(second)).values()];
    return standings.length === 2 && standings.every(({ state }) => state === 'accepted') ? true : undefined;
  });
  const sent = world.ascent360.received.map(({ body }) => body);
  expect(sent).toHaveLength(2);
  expect(sent).toContainEqual(expect.objectContaining({ Email: 'person1@example.com', EmailPermission: false }));
  expect(sent).toContainEqual(expect.objectContaining({ Email: 'guest@example.com' }));
});
