/** What a body says about its own age is believed only as far as it can be true. */
import { describe, expect, it } from 'vitest';
import { ago, customer, DAY, MINUTE, order, SECOND } from '../bodies.ts';
import { type ReadScene, readScene } from '../read/scene.ts';

const scene: ReadScene = readScene(async () => {
  await scene.begin();
  scene.access = false;
});

const inFuture = ago(-400 * DAY);

describe.each([
  ['An order', 'orders/updated', (over: object) => order(1, over)],
  ['A customer', 'customers/update', (over: object) => customer(1, over)],
])('%s updated in the future', (_, topic, body) => {
  it('is sent, and so is its next state', async () => {
    await scene.receive(topic, body({ updated_at: inFuture, phone: '+13035550100' }), Date.now() - MINUTE);
    expect(await scene.send()).toHaveLength(1);
    const next = await scene.receive(topic, body({ updated_at: ago(SECOND), phone: '+13035550199' }));
    expect(await scene.send()).toHaveLength(1);
    expect(await scene.standing(next)).toMatchObject({ state: 'accepted' });
  });

  it('is still stale if it was triggered before the known state', async () => {
    await scene.receive(topic, body({ updated_at: ago(SECOND), phone: '+13035550199' }));
    await scene.send();
    const late = await scene.receive(topic, body({ updated_at: inFuture, phone: '+13035550100' }), Date.now() - MINUTE);
    expect(await scene.standing(late)).toMatchObject({ state: 'skipped', reason: 'stale' });
  });
});

it('a customer created in the future does not count as a new person after a deletion', async () => {
  await scene.receive('customers/create', customer(1, { updated_at: ago(5 * MINUTE) }), Date.now() - 5 * MINUTE);
  await scene.send();
  await scene.receive('customers/delete', { id: 1 }, Date.now() - 2 * MINUTE);
  const claimed = customer(1, { created_at: inFuture, updated_at: inFuture });
  const event = await scene.receive('customers/update', claimed, Date.now() - 3 * MINUTE);
  expect(await scene.standing(event)).toMatchObject({ state: 'skipped', reason: 'deleted_person' });
});

it('shop/update from the future is believed, and so is the next one', async () => {
  const update = (change: object) => ({ id: 1, name: 'Snow', ...change });
  const known = async () => await scene.base.shops.facts(scene.base.shop);
  const moved = update({ country_code: 'FR', iana_timezone: 'Europe/Paris', updated_at: inFuture });
  await scene.receive('shop/update', moved, Date.now() - MINUTE);
  expect(await known()).toMatchObject({ country: 'FR', timeZone: 'Europe/Paris' });
  const back = update({ country_code: 'US', iana_timezone: 'America/Denver', updated_at: ago(SECOND) });
  await scene.receive('shop/update', back);
  expect(await known()).toMatchObject({ country: 'US', timeZone: 'America/Denver' });
});

it('a clock a few minutes ahead changes nothing: the newer state still wins', async () => {
  await scene.receive('orders/updated', order(1, { updated_at: ago(-5 * MINUTE), total_price: '2.00' }));
  await scene.send();
  const older = await scene.receive('orders/updated', order(1, { updated_at: ago(-4 * MINUTE), total_price: '1.00' }));
  expect(await scene.standing(older)).toMatchObject({ state: 'skipped', reason: 'stale' });
});
