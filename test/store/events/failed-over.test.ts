/** A server that the database fails over to may lack a shop that was just made, and give its id to another. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Db } from '../../../server/platform/database/db.ts';
import { createKeys } from '../../../server/platform/keys.ts';
import { bodyBinding } from '../../../server/store/events/events.ts';
import { createInbox } from '../../../server/store/events/inbox.ts';
import { createShops } from '../../../server/store/shops/shops.ts';
import { testDatabase } from '../../fakes/database.ts';

const keys = createKeys([{ id: 'k1', bytes: Buffer.alloc(32, 7) }]);
const [NEW, OTHER] = ['new.myshopify.com', 'other.myshopify.com'];
let db: Db;
let losses = 0;
beforeAll(async () => {
  db = await testDatabase();
});
beforeEach(async () => {
  await db.query('DELETE FROM events');
  await db.query('DELETE FROM shops');
});
afterAll(async () => await db.close());

/** What each process has of its own. */
function startProcess() {
  const own: Db = { ...db, lost: () => losses };
  const shops = createShops(own, keys);
  const inbox = createInbox(own, { shops });
  return {
    receive: async (domain: string, webhookId: string): Promise<string | null> => {
      const shop = await shops.ensure(domain);
      const [topic, at] = ['orders/create', Date.now()];
      return await inbox.store({
        shop,
        webhookId,
        topic,
        triggeredAt: at,
        receivedAt: at,
        body: Buffer.from(webhookId),
      });
    },
  };
}

/** The other server lacks the shops, and gives out their ids again. */
async function failOver(): Promise<void> {
  const [row] = await db.query<{ id: number }>('SELECT min(id) AS id FROM shops');
  await db.query('DELETE FROM events');
  await db.query('DELETE FROM shops');
  await db.query(`SELECT setval(pg_get_serial_sequence('shops', 'id'), $1, false)`, [row?.id ?? 1]);
  losses += 1;
}

/** Every event's body, opened with the key of the shop it belongs to, by that shop. */
async function stored(): Promise<string[]> {
  const shops = createShops(db, keys);
  const rows = await db.query<{ id: string; domain: string; body: Uint8Array }>(
    'SELECT e.id, s.domain, e.body FROM events e JOIN shops s ON s.id = e.shop_id',
  );
  const texts = rows.map(async ({ id, domain, body }) => {
    const { vault } = await shops.ensure(domain);
    return `${domain}: ${vault.open(bodyBinding(id), body).toString()}`;
  });
  return (await Promise.all(texts)).sort();
}

it('what was acknowledged of it is stored again, and what comes next is stored for it, by every process', async () => {
  const [one, two] = [startProcess(), startProcess()];
  await one.receive(NEW, 'first');
  await two.receive(NEW, 'second');
  await failOver();
  expect(await one.receive(OTHER, 'third')).not.toBeNull();
  expect(await two.receive(NEW, 'fourth')).not.toBeNull();
  expect(await one.receive(NEW, 'fifth')).not.toBeNull();
  expect(await stored()).toEqual([
    `${NEW}: fifth`,
    `${NEW}: first`,
    `${NEW}: fourth`,
    `${NEW}: second`,
    `${OTHER}: third`,
  ]);
});

it('a shop that was erased is not made again', async () => {
  const process = startProcess();
  await process.receive(OTHER, 'other');
  await db.query(`UPDATE shops SET created_at = now() - interval '1 hour'`);
  const later = startProcess();
  await later.receive(OTHER, 'kept');
  await failOver();
  await later.receive(NEW, 'new');
  expect(await stored()).toEqual([`${NEW}: new`]);
});
