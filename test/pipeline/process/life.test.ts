import { afterAll, beforeAll, expect, it } from 'vitest';
import { processEvents } from '../../../server/pipeline/process/process.ts';
import type { Db, Param, Sql } from '../../../server/platform/database/db.ts';
import { createLog } from '../../../server/platform/log.ts';
import { loadInstallation, noteCall } from '../../../server/store/shops/shops.ts';
import { sharedPostgres } from '../../fakes/connector-process.ts';
import { openScene, type Scene } from '../../features/activity/scene.ts';
import { customer } from '../bodies.ts';

let base: Scene;
beforeAll(async () => {
  base = await openScene();
});
afterAll(async () => await base.close());

/** The merchant opens the app just after a transaction has read what is known of the shop's life. */
function withCallInBetween(db: Db): Db {
  let called = false;
  const over = (sql: Sql): Sql => ({
    query: async <Row extends object>(text: string, params?: readonly Param[]) => {
      const rows = await sql.query<Row>(text, params);
      if (!called && text.includes('last_uninstalled_at') && text.includes('SELECT')) {
        called = true;
        await noteCall(db, base.shop, base.now);
      }
      return rows;
    },
  });
  return { ...db, transaction: async (work) => await db.transaction(async (sql) => await work(over(sql))) };
}

it.skipIf(!sharedPostgres()).each([
  ['a first webhook', 'customers/create', customer(1)],
  ['an old uninstallation', 'app/uninstalled', { id: 1 }],
])('a call of the merchant is not undone by %s that is handled at the same moment', async (_, topic, body) => {
  await base.begin({});
  const { db, shop, shops, store: settings } = base;
  await db.query('UPDATE shops SET first_call_at = NULL, last_call_at = NULL WHERE id = $1', [shop.id]);
  await base.receive(topic, body, { receivedAt: base.now - 1000 });
  await processEvents(
    { db: withCallInBetween(db), shops, settings, log: createLog('silent'), now: () => base.now },
    shop,
  );
  expect(await loadInstallation(db, shop)).toMatchObject({
    firstCallAt: base.now,
    lastCallAt: base.now,
    uninstalledAt: null,
  });
});
