import { afterAll, beforeAll, expect, it } from 'vitest';
import { processEvents } from '../../../server/pipeline/process/process.ts';
import type { Db, Param, Sql } from '../../../server/platform/database/db.ts';
import { createLog } from '../../../server/platform/log.ts';
import { loadInstallation, noteCall } from '../../../server/store/shops/installation.ts';
import { sharedPostgres } from '../../fakes/connector-process.ts';
import { DAY, openScene, type Scene } from '../../features/activity/scene.ts';
import { customer } from '../bodies.ts';

let base: Scene;
beforeAll(async () => {
  base = await openScene();
});
afterAll(async () => await base.close());

/** The merchant opens the app just after a transaction has read the shop's installation. */
function withCallInBetween(db: Db): Db {
  let called = false;
  const over = (sql: Sql): Sql => ({
    query: async <Row extends object>(text: string, params?: readonly Param[]) => {
      const rows = await sql.query<Row>(text, params);
      if (!called && text.includes('last_uninstalled_at') && text.includes('SELECT')) {
        called = true;
        await noteCall(db, base.shop, { earliest: base.now, latest: base.now });
      }
      return rows;
    },
  });
  return { ...db, transaction: async (work) => await db.transaction(async (sql) => await work(over(sql))) };
}

it.skipIf(!sharedPostgres()).each([
  ['a first webhook', 'customers/create', customer(1)],
  ['an old uninstallation', 'app/uninstalled', { id: 1 }],
])('a call by the merchant is not undone by %s handled at the same moment', async (_, topic, body) => {
  await base.begin({});
  const { db, shop, shops } = base;
  await db.query('UPDATE shops SET first_call_at = NULL, last_call_at = NULL WHERE id = $1', [shop.id]);
  await base.receive(topic, body, { receivedAt: base.now - 1000 });
  await processEvents({ db: withCallInBetween(db), shops, log: createLog('silent'), now: () => base.now }, shop);
  expect(await loadInstallation(db, shop)).toMatchObject({
    firstCallAt: base.now,
    lastCallAt: base.now,
    uninstalledAt: null,
  });
});

const isErased = async () =>
  (await base.db.query('SELECT 1 FROM shops WHERE id = $1 AND erased_at IS NOT NULL', [base.shop.id])).length > 0;

it.each([
  ['that can be read keeps the shop from being erased: the app was installed again', '{"id":1}', false],
  ['that cannot be read does not', '[1]', true],
])('behind shop/redact, a webhook %s', async (_, body, erased) => {
  await base.begin({});
  await base.db.query('UPDATE shops SET uninstalled_at = $2, last_uninstalled_at = $2 WHERE id = $1', [
    base.shop.id,
    new Date(base.now - 2 * DAY),
  ]);
  await base.receive('shop/redact', { shop_id: 1 });
  for (let i = 0; i < 25; i++) await base.receive('orders/create', '"?"');
  await base.receive('orders/create', body);
  await base.process().catch(() => {});
  expect(await isErased()).toBe(erased);
});

it.each([
  ['issued later', 1, 'noted', false],
  ['issued at that moment', 0, 'noted', false],
  ['issued perhaps at that moment', -1, 'noted', true],
  ['from before it', -1000, 'outdated', true],
] as const)(
  'after an uninstallation, a call counts as a reinstall if its token was issued later: a token %s',
  async (_, ms, answer, uninstalled) => {
    await base.begin({});
    const left = new Date(base.now);
    await base.db.query('UPDATE shops SET uninstalled_at = $2, last_uninstalled_at = $2 WHERE id = $1', [
      base.shop.id,
      left,
    ]);
    const issued = { earliest: base.now + ms, latest: ms === -1 ? base.now : base.now + ms };
    expect(await noteCall(base.db, base.shop, issued)).toBe(answer);
    expect((await loadInstallation(base.db, base.shop)).uninstalledAt).toBe(uninstalled ? base.now : null);
  },
);

it.each([
  ['of another topic', 'customers/create', customer(1), false],
  ['of a topic we don’t know', 'products/update', { id: 1 }, false],
  ['that can’t be read', 'customers/create', '[1]', true],
  ['that also comes without the app', 'customers/redact', { customer: { id: 1 } }, true],
] as const)(
  'a late app/uninstalled counts unless a webhook was triggered after it, also soon after another: one %s',
  async (_, topic, body, uninstalled) => {
    await base.begin();
    const at = (seconds: number) => ({ receivedAt: base.now + seconds * 1000 });
    await base.receive('customers/create', customer(2), at(0));
    await base.process();
    await base.receive(topic, body, at(20));
    await base.process();
    await base.receive('app/uninstalled', { id: 1 }, at(10));
    await base.process();
    const { uninstalledAt } = await loadInstallation(base.db, base.shop);
    expect(uninstalledAt).toBe(uninstalled ? base.now + 10_000 : null);
    base.now += 2 * DAY;
    await base.receive('shop/redact', { shop_id: 1 });
    await base.process().catch(() => {});
    expect(await isErased()).toBe(uninstalled);
  },
);

it('an uninstallation ends what waits in several transactions when there is much of it, and only then ends itself and is counted', async () => {
  await base.begin({});
  const { db, shop, shops } = base;
  await db.query(
    `INSERT INTO events (id, shop_id, webhook_id, topic, triggered_at, received_at, state)
     SELECT gen_random_uuid(), $1, 'w' || n, 'orders/create', now() - interval '1 day', now() - interval '1 day', 'open'
     FROM generate_series(1, 2500) AS n`,
    [shop.id],
  );
  await db.query(
    `INSERT INTO deliveries (id, shop_id, event_id, kind, due_at)
     SELECT gen_random_uuid(), shop_id, id, 'order', now() FROM events WHERE shop_id = $1`,
    [shop.id],
  );
  const uninstalled = await base.receive('app/uninstalled', { id: 1 });
  await base.receive('customers/create', customer(1), { receivedAt: base.now - 1000 });
  const counted: number[] = [];
  const metrics = {
    eventsProcessed: (lags: readonly number[]) => void counted.push(lags.length),
    eventFailed: () => {},
  };
  const traced: string[] = [];
  const traces = {
    translated: (_: number, rows: readonly { id: string }[]) => void traced.push(...rows.map(({ id }) => id)),
  };
  const states = async () => {
    const log = createLog('silent');
    expect(await processEvents({ db, shops, log, metrics, traces, now: () => base.now }, shop, 1)).toBe(1);
    const rows = await db.query<{ state: string; reason: string | null; count: number }>(
      'SELECT state, reason, count(*) AS count FROM events WHERE shop_id = $1 GROUP BY state, reason ORDER BY state, reason',
      [shop.id],
    );
    return rows.map(({ state, reason, count }) => [state, reason, count]);
  };
  expect(await states()).toEqual([
    ['open', null, 500],
    ['received', null, 2],
    ['skipped', 'uninstalled', 2000],
  ]);
  expect(await loadInstallation(db, shop)).toMatchObject({ uninstalledAt: base.now });
  expect({ counted, traced }).toEqual({ counted: [], traced: [] });
  expect(await states()).toEqual([
    ['received', null, 1],
    ['skipped', 'lifecycle', 1],
    ['skipped', 'uninstalled', 2500],
  ]);
  expect({ counted, traced }).toEqual({ counted: [1], traced: [uninstalled] });
  expect(await db.query('SELECT state FROM events WHERE id = $1', [uninstalled])).toEqual([{ state: 'skipped' }]);
});
