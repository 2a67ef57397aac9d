import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConnectorProcess, sharedPostgres, startWorld, type World } from '../fakes/connector-process.ts';
import { judge, type Sent, SURVIVED, sendAll, sendUntilTaken, settled, someCustomer } from '../fakes/fault-oracle.ts';
import { order } from '../pipeline/bodies.ts';

const LINES = 70_000;
const MONSTERS = 12;
const NEIGHBOUR = 'neighbour.myshopify.com';

/** An order of 8.4 MB. */
function monster(id: number) {
  const line = (i: number) => ({
    sku: `SKU-${id}-${i}`,
    title: `Lift ticket number ${i} of a group that ordered very many of them`,
    quantity: 1,
    price: '9.50',
  });
  return {
    webhookId: randomUUID(),
    topic: 'orders/create',
    body: order(id, {
      email: `group${id}@example.com`,
      customer: null,
      line_items: Array.from({ length: LINES }, (_, i) => line(i)),
    }),
  };
}

// Without a server there is a single connection, and nothing ends an idle transaction.
describe.skipIf(!sharedPostgres())('orders of 8.4 MB', () => {
  let world: World;
  let web: ConnectorProcess;
  beforeAll(async () => {
    world = await startWorld({ env: { LEASE: '60s', DELIVERY_TIMEOUT: '15s', SWEEP_INTERVAL: '1s' } });
    web = await world.run({ ROLE: 'all' });
    await world.connect(web, { paused: true });
    await world.connect(web, {}, NEIGHBOUR);
  });
  afterAll(async () => await world?.close());

  it(`row 42: a backlog of ${MONSTERS} is delivered, and a neighbour's customers don't wait for them`, {
    timeout: 300_000,
  }, async () => {
    await web.kill();
    const receiving = await world.run({ ROLE: 'web' });
    const sent: Sent[] = [];
    for (let i = 0; i < MONSTERS; i++) {
      const webhook = { ...monster(5000 + i), shop: 'test-shop.myshopify.com', marker: null, choice: null };
      if (i === 0) expect(JSON.stringify(webhook.body).length).toBeGreaterThan(8 * 1024 * 1024);
      sent.push(await sendUntilTaken(() => receiving, webhook));
    }
    await world.connect(receiving, { paused: false });
    const worker = await world.run({ ROLE: 'worker' });
    const neighbours = Array.from({ length: 30 }, () => someCustomer(NEIGHBOUR));
    const theirs = await sendAll(() => receiving, neighbours, 4);
    await settled(world, receiving, theirs);
    const deliveredBefore = world.ascent360.received.filter(({ raw }) => raw.length > 1_000_000).length;
    const standings = await settled(world, receiving, [...sent, ...theirs], 250_000);
    expect(sent.map(({ webhookId }) => standings.get(webhookId)?.state)).toEqual(Array(MONSTERS).fill('accepted'));
    expect(worker.output()).not.toContain('25P03');
    expect(deliveredBefore).toBeLessThan(MONSTERS / 2);
    expect(judge([...sent, ...theirs], standings, world.ascent360)).toEqual(SURVIVED);
  });
});
