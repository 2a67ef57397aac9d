/**
 * What happens while a comparison is in progress. The comparison after a reinstall runs at once only
 * if the time before left no row behind.
 */
import { expect, it } from 'vitest';
import { AdminError } from '../../../server/admin/admin.ts';
import type { Db } from '../../../server/platform/database/db.ts';
import { beat } from '../../../server/store/shops/heartbeat.ts';
import { compareChangesSoon, setPoint } from '../../../server/store/shops/reconciliations.ts';
import { MINUTE } from '../../pipeline/bodies.ts';
import { readScene } from '../../pipeline/read/scene.ts';
import { slicesOf } from './slices.ts';

const scene = readScene();

const uninstall = async () => await scene.receive('app/uninstalled', { id: 1 });

/** One slice of the comparisons; `run` answers its first question to Shopify. */
const compare = async (db: Db, run: () => Promise<never>) => await slicesOf(scene, { db, run })();

const rows = async () =>
  await scene.base.db.query('SELECT shop_id FROM reconciliations WHERE shop_id = $1', [scene.base.shop.id]);

/** The columns keep whole milliseconds, so that a time just written may be rounded up to later than now. */
const isDue = async (column: 'due_at' | 'consent_due_at') => {
  const [row] = await scene.base.db.query<{ due: boolean }>(
    `SELECT ${column} <= now() + interval '1 millisecond' AS due FROM reconciliations WHERE shop_id = $1`,
    [scene.base.shop.id],
  );
  return row?.due;
};

it('an app uninstalled just before its first comparison is noted leaves no row behind', async () => {
  const { db } = scene.base;
  let gone = false;
  const first = async () => {
    if (gone) return;
    gone = true;
    await uninstall();
  };
  const racing: Db = {
    ...db,
    query: async (sql, params) => {
      if (sql.includes('INSERT INTO reconciliations')) await first();
      return await db.query(sql, params);
    },
    transaction: async (work) => {
      await first();
      return await db.transaction(work);
    },
  };
  await compare(racing, () => Promise.reject(new Error('Nothing is asked')));
  expect(gone).toBe(true);
  expect(await rows()).toEqual([]);
});

it('an app uninstalled while Shopify fails to answer a comparison leaves nothing postponed', async () => {
  const { db, shop, now } = scene.base;
  await setPoint(db, shop, now - 1000 * MINUTE);
  await db.query(`UPDATE reconciliations SET due_at = now() - interval '1 second' WHERE shop_id = $1`, [shop.id]);
  await compare(db, async () => {
    await uninstall();
    throw new AdminError('refused', 'The app is uninstalled');
  });
  expect(await rows()).toEqual([]);
});

it.each<[string, (db: Db) => Promise<void>]>([
  ['a silence shows that webhooks are missed', async (db) => await compareChangesSoon(db, scene.base.shop)],
  [
    'webhooks can be received again',
    async (db) => {
      await beat(db);
      await db.query(`UPDATE heartbeats SET at = now() - interval '1 hour'`);
      await beat(db);
    },
  ],
])('a comparison is repeated at once if meanwhile %s', async (_, ask) => {
  const { db, shop, now } = scene.base;
  await setPoint(db, shop, now - 1000 * MINUTE);
  await db.query(`UPDATE reconciliations SET due_at = now() - interval '1 second' WHERE shop_id = $1`, [shop.id]);
  await compare(db, async () => {
    await ask(db);
    throw new AdminError('refused', 'Not this kind');
  });
  expect(await isDue('due_at')).toBe(true);
});

it('everybody’s consent is read anew if the app turns out to have been reinstalled while it is read', async () => {
  const { db, shop, now } = scene.base;
  await setPoint(db, shop, now);
  await scene.receive('shop/update', { id: 1 });
  await db.query(
    `UPDATE reconciliations SET consent_due_at = now() - interval '1 second', operation_id = 'gid://shopify/BulkOperation/1'
     WHERE shop_id = $1`,
    [shop.id],
  );
  await compare(db, async () => {
    await scene.receive('app/uninstalled', { id: 1 }, now - 1000 * MINUTE);
    throw new AdminError('later', 'HTTP 502');
  });
  expect(await isDue('consent_due_at')).toBe(true);
  expect(await db.query('SELECT operation_id FROM reconciliations WHERE shop_id = $1', [shop.id])).toEqual([
    { operation_id: null },
  ]);
});
