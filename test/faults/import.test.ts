import { expect, it } from 'vitest';
import { SHOP, until } from '../fakes/connector.ts';
import type { ConnectorProcess } from '../fakes/connector-process.ts';
import { worldOfTest } from '../fakes/world-of-test.ts';
import type { ImportBody } from '../features/imports/scene.ts';

const CUSTOMERS = 1500;
const OLD = '2024-03-01T10:00:00Z';

const line = (n: number) =>
  JSON.stringify({
    id: `gid://shopify/Customer/${9_000_000_000_000_000_000n + BigInt(n)}`,
    createdAt: OLD,
    updatedAt: OLD,
    firstName: 'Robin',
    defaultEmailAddress: {
      emailAddress: `robin${n}@example.com`,
      marketingState: 'UNSUBSCRIBED',
      marketingOptInLevel: null,
      marketingUpdatedAt: OLD,
    },
  });

const importOf = async (from: Pick<ConnectorProcess, 'api'>, id: string) =>
  (await from.api('GET', `/imports/${id}`)).body as ImportBody;

it('an import of thousands of customers, killed while it counts and twice while it runs, makes each line an event exactly once', async () => {
  const world = await worldOfTest({ env: { LEASE: '4s' } });
  const { bulk } = world.admin.shop(SHOP);
  bulk.polls = 0;
  bulk.generated = { count: CUSTOMERS, line };
  let running = await world.run();
  await world.connect(running);
  const made = (await running.api('POST', '/imports', { kind: 'customers' })).body as ImportBody;
  const { id } = made;

  await until(
    'some of it is counted',
    async () => {
      const { state, counts } = await importOf(running, id);
      return state !== 'counting' || counts.records > 0 ? true : undefined;
    },
    60_000,
  );
  await running.kill();
  running = await world.run();
  const counted = await until(
    'all of it is counted',
    async () => {
      const now = await importOf(running, id);
      return now.state === 'counted' ? now : undefined;
    },
    60_000,
  );
  expect(counted).toMatchObject({
    total: CUSTOMERS,
    counts: { records: CUSTOMERS, contacts: CUSTOMERS, flags: { EmailPermission: { true: 0, false: CUSTOMERS } } },
  });

  // The kills come in the middle, however long it takes to get there.
  const { received } = world.ascent360;
  let goOn = () => {};
  const holdFrom = (count: number) => {
    const killed = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    world.ascent360.behave(() => (received.length < count ? 'accept' : { after: killed }));
  };
  const parts = [CUSTOMERS / 4, CUSTOMERS / 2];
  holdFrom(parts[0] ?? 0);
  expect((await running.api('POST', `/imports/${id}/start`)).status).toBe(200);
  for (const [i, part] of parts.entries()) {
    await world.ascent360.until(part, 240_000);
    expect(received.length).toBeLessThan(CUSTOMERS);
    await running.kill();
    goOn();
    holdFrom(parts[i + 1] ?? Number.POSITIVE_INFINITY);
    running = await world.run();
  }
  const done = await until(
    'the import is done',
    async () => {
      const now = await importOf(running, id);
      return now.state === 'done' ? now : undefined;
    },
    300_000,
  );
  expect(done).toMatchObject({ done: CUSTOMERS, total: CUSTOMERS, counts: { accepted: CUSTOMERS, waiting: 0 } });
  const told = await until(
    'what was sent is counted',
    async () => {
      const { counts } = await importOf(running, id);
      return counts.flags.EmailPermission.false === CUSTOMERS ? counts : undefined;
    },
    60_000,
  );
  expect(told).toEqual({ ...counted.counts, accepted: CUSTOMERS });
  await running.kill();

  const { ids, unknown } = await world.read(async (db) => ({
    ids: await db.query<{ webhook_id: string }>(`SELECT webhook_id FROM events WHERE import_id = $1`, [id]),
    unknown: await db.query(`SELECT 1 FROM attempts WHERE class = 'unknown'`),
  }));
  const lines = ids.map(({ webhook_id }) => Number(webhook_id.split(':')[2])).sort((a, b) => a - b);
  expect(lines).toEqual(Array.from({ length: CUSTOMERS }, (_, n) => n));
  // Ascent360 received everyone, and twice only what was being sent when the process died.
  const emails = received.map(({ body }) => (body as { Email: string }).Email);
  expect(new Set(emails).size).toBe(CUSTOMERS);
  expect(emails.length - CUSTOMERS).toBeLessThanOrEqual(unknown.length);
}, 600_000);
