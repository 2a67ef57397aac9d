import { describe, expect, it } from 'vitest';
import { SHOP, until } from '../fakes/connector.ts';
import type { ConnectorProcess, World } from '../fakes/connector-process.ts';
import { judge, type Sent, SURVIVED, sendAll, sendUntilTaken, settled, someCustomer } from '../fakes/fault-oracle.ts';
import { worldOfTest } from '../fakes/world-of-test.ts';

const WAITING = 1500;
const SMALL = 'small-shop.myshopify.com';

describe('a shop with a large backlog', () => {
  it('row 28: hardly delays a shop with a single event', { timeout: 300_000 }, async () => {
    const world = await worldOfTest({ env: { LOG_LEVEL: 'warn', LEASE: '60s' } });
    const connector = await world.run();
    const guid = await world.connect(connector, { paused: true });
    await world.connect(connector, {}, SMALL);
    // A slow receiver, so that the large shop is busy throughout.
    world.ascent360.behave(guid, () => ({ delayMs: 150 }));
    const delays = async () => {
      const sent: Sent[] = [];
      const found: number[] = [];
      for (let i = 0; i < 10; i++) {
        const webhook = someCustomer(SMALL);
        const began = Date.now();
        sent.push(await sendUntilTaken(() => connector, webhook));
        found.push((await arrival(world, webhook.marker)) - began);
      }
      // The slowest of the ten may have met with another delay of the machine.
      return { sent, mostMs: found.sort((a, b) => a - b).at(-2) ?? Number.POSITIVE_INFINITY };
    };
    const alone = await delays();
    const many = await sendAll(
      () => connector,
      Array.from({ length: WAITING }, () => someCustomer()),
    );
    expect((await resume(connector, guid)).status).toBe(200);
    await until('the large shop is being worked on', async () => (large(world, guid) > 20 ? true : undefined));
    const beside = await delays();
    expect(large(world, guid)).toBeLessThan(WAITING);
    expect(beside.mostMs).toBeLessThan(Math.max(2 * alone.mostMs, 5000));
    const small = [...alone.sent, ...beside.sent];
    const ended = await settled(world, connector, small);
    // The large shop continues: what it still has waiting isn't lost.
    const standings = new Map([...ended, ...(await world.standings(connector, SHOP))]);
    expect(judge([...small, ...many], standings, world.ascent360)).toEqual(SURVIVED);
  });
});

const resume = async (connector: ConnectorProcess, guid: string) =>
  await connector.api('PUT', '/settings', { guid, paused: false }, SHOP);
const large = (world: World, guid: string) => world.ascent360.receivedFor(guid).length;

async function arrival(world: World, marker: string | null): Promise<number> {
  return await until(
    `${marker} arrives`,
    async () => world.ascent360.received.findLast(({ raw }) => raw.includes(`"${marker}"`))?.at,
    30_000,
  );
}
