import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Import, noneTold } from '../../../server/domain/imports.ts';
import { cancelImport } from '../../../server/features/imports/cancel.ts';
import { allEnds, allTold, freezeTally } from '../../../server/features/imports/count-ended.ts';
import { settleTold, standingOf } from '../../../server/features/imports/standing.ts';
import type { Db, Param } from '../../../server/platform/database/db.ts';
import { createKeys } from '../../../server/platform/keys.ts';
import { addFed, moveFeed } from '../../../server/store/imports/feeding.ts';
import { changeState, createImport, findImport, noteChangedEnds } from '../../../server/store/imports/imports.ts';
import { createShops, type Shop } from '../../../server/store/shops/shops.ts';
import { MINUTE } from '../../durations.ts';
import { testDatabase } from '../../fakes/database.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z');

let db: Db;
let shop: Shop;
let importId: string;
beforeAll(async () => {
  db = await testDatabase();
  shop = await createShops(db, createKeys([{ id: 'k1', bytes: Buffer.alloc(32, 7) }])).ensure(
    'test-shop.myshopify.com',
  );
});
beforeEach(async () => {
  for (const table of ['attempts', 'deliveries', 'events', 'imports']) await db.query(`DELETE FROM ${table}`);
  const asked = { kind: 'customers', from: null, customerIds: null, segmentId: null } as const;
  importId = (await createImport(db, shop, asked, NOW)) ?? '';
  await changeState(db, shop, importId, { from: ['counting'], to: 'running' });
});
afterAll(async () => await db.close());

/** The id of an event that was fed this many minutes ago. */
function idOf(minutesAgo: number, n = 0): string {
  const time = (NOW - minutesAgo * MINUTE).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-9000-${String(n).padStart(12, '0')}`;
}

/** An event in this state; an accepted one sent an opt-in. */
async function event(id: string, state: string, reason: string | null = null): Promise<void> {
  await db.query(
    `INSERT INTO events (id, shop_id, webhook_id, topic, source, import_id, triggered_at, received_at, state, reason)
     VALUES ($1::uuid, $2, $1::uuid::text, 'import/customers', 'import', $3, now(), now(), $4, $5)`,
    [id, shop.id, importId, state, reason],
  );
  if (state === 'accepted') await attempt(id);
}

/** It sent an opt-in, which was accepted. */
async function attempt(id: string): Promise<void> {
  await db.query(
    `INSERT INTO deliveries (id, shop_id, event_id, kind, due_at, open) VALUES ($1::uuid, $2, $1::uuid, 'customer', now(), false)
     ON CONFLICT DO NOTHING`,
    [id, shop.id],
  );
  await db.query(
    `INSERT INTO attempts (id, shop_id, delivery_id, at, class, flags)
     VALUES (gen_random_uuid(), $2, $1::uuid, now(), 'accepted', '{"email": true}')`,
    [id, shop.id],
  );
}

async function load(): Promise<Import> {
  const one = await findImport(db, shop, importId);
  if (!one) throw new Error('The import is gone');
  return one;
}

/** The import's counts, which must equal what its rows say. */
async function counts() {
  const one = await load();
  const fromRows = { ...one, settledTo: null, settled: { ends: [], told: noneTold() } };
  const standing = await standingOf(db, one);
  expect(standing).toEqual(await standingOf(db, fromRows));
  const told = await allTold(db, one);
  expect(told).toEqual(await allTold(db, fromRows));
  return { ...standing, optIns: told.EmailPermission.true, settled: one.settled.ends, settledTo: one.settledTo };
}

/** The database; right before a statement that begins like this, something else happens. */
const doing = (statement: string, meanwhile: () => Promise<void>): Db => ({
  ...db,
  query: async <Row extends object>(text: string, params?: readonly Param[]) => {
    if (text.startsWith(statement)) await meanwhile();
    return await db.query<Row>(text, params);
  },
});

describe('the counts of an import', () => {
  it('are those of its rows; those ended before the first waiting one are counted only once', async () => {
    for (let n = 0; n < 5; n++) await event(idOf(10, n), 'accepted');
    await event(idOf(9), 'skipped', 'nothing_new');
    await event(idOf(8), 'open');
    await event(idOf(7), 'accepted');
    await freezeTally(db, await load(), NOW);
    const first = await counts();
    expect(first).toMatchObject({ fed: 8, accepted: 6, waiting: 1, optIns: 6, settledTo: idOf(8) });
    expect(first.settled.reduce((sum, { count }) => sum + count, 0)).toBe(6);

    await db.query(`UPDATE events SET state = 'merged', reason = 'superseded' WHERE state = 'open'`);
    await event(idOf(3), 'attention', 'rejected');
    await freezeTally(db, await load(), NOW);
    const second = await counts();
    expect(second).toMatchObject({
      fed: 9,
      accepted: 6,
      merged: 1,
      attention: 1,
      skipped: { nothing_new: 1 },
      waiting: 0,
    });
    expect(second.settled.reduce((sum, { count }) => sum + count, 0)).toBe(9);
  });

  /** A process feeds this event, by its own clock. */
  async function feed(id: string): Promise<void> {
    await event(id, 'accepted');
    await addFed(db, importId, [id]);
  }

  it.each([0.5, 10])('include what a process whose clock is %s minutes behind feeds later', async (behind) => {
    await feed(idOf(12));
    await feed(idOf(0));
    await freezeTally(db, await load(), NOW);
    await feed(idOf(behind));
    expect(await counts()).toMatchObject({ fed: 3, accepted: 3 });
  });

  it('keep nothing that was counted while a process whose clock is behind fed', async () => {
    await feed(idOf(12));
    const before = await load();
    const racing = doing('UPDATE imports SET settled_to', async () => {
      await moveFeed(db, before, { line: 1, offset: 0 });
      await feed(idOf(10));
    });
    await freezeTally(racing, before, NOW);
    expect(await counts()).toMatchObject({ fed: 2, accepted: 2 });
  });

  it('are counted again if an ended event waits again or ends differently', async () => {
    await event(idOf(5), 'attention', 'rejected');
    await event(idOf(4), 'accepted');
    await freezeTally(db, await load(), NOW);
    await db.query(`UPDATE events SET state = 'skipped', reason = 'dismissed' WHERE id = $1`, [idOf(5)]);
    await noteChangedEnds(db, [idOf(5)]);
    expect(await counts()).toMatchObject({ attention: 0, skipped: { dismissed: 1 }, settledTo: null });
  });

  it('keep nothing that was counted while an end changed', async () => {
    await event(idOf(5), 'attention', 'rejected');
    // Within the very millisecond in which the import was made due.
    const before = await db.transaction(async (sql) => {
      await sql.query(`UPDATE imports SET due_at = date_trunc('milliseconds', now())`);
      const one = await findImport(sql, shop, importId);
      await noteChangedEnds(sql, [idOf(5)]);
      return one;
    });
    if (!before) throw new Error('The import is gone');
    await db.query(`UPDATE events SET state = 'open', reason = NULL`);
    await freezeTally(db, before, NOW);
    expect(await counts()).toMatchObject({ attention: 0, waiting: 1, settledTo: null });
  });

  it.each([
    ['is accepted', 'open', null],
    ['is sent again and accepted', 'attention', 'rejected'],
  ])('include an event that %s while those of a canceled import are counted', async (_, state, reason) => {
    const id = idOf(5);
    await event(id, state, reason);
    const meanwhile = async () => {
      if (state === 'attention') await noteChangedEnds(db, [id]);
      await db.query(`UPDATE events SET state = 'accepted', reason = NULL`);
      await attempt(id);
    };
    await changeState(db, shop, importId, { from: ['running'], to: 'cancelled' });
    const racing = doing('UPDATE imports SET told', meanwhile);
    const renew = async (on: Db) => await settleTold({ db: on, now: () => NOW, lookAgainMs: 0 }, await load());
    await renew(racing);
    const isStale = async () => (await db.query('SELECT 1 FROM imports WHERE told_stale')).length > 0;
    expect(await isStale()).toBe(true);
    await renew(db);
    expect((await load()).told.EmailPermission.true).toBe(1);
  });

  it('have an opt-in once, though its record was resent with it', async () => {
    await event(idOf(5), 'accepted');
    await attempt(idOf(5));
    expect(await counts()).toMatchObject({ accepted: 1, optIns: 1 });
  });

  it('no longer need the events once all have ended with the import', async () => {
    for (let n = 0; n < 3; n++) await event(idOf(0, n), 'accepted');
    await changeState(db, shop, importId, { from: ['running'], to: 'done' });
    const one = await load();
    await freezeTally(db, one, NOW);
    expect(await counts()).toMatchObject({ accepted: 3, optIns: 3 });
    expect(one.settled.ends).toEqual([{ state: 'accepted', reason: null, count: 3 }]);
    await db.query('DELETE FROM events');
    expect(await allEnds(db, await load())).toEqual(one.settled.ends);
  });
});

it('an import that is canceled leaves nothing for which Shopify would still be asked', async () => {
  await event(idOf(1), 'open');
  await db.query('INSERT INTO parked_events (event_id, shop_id) VALUES ($1, $2)', [idOf(1), shop.id]);
  expect(await cancelImport(db, shop, importId)).toBe(true);
  expect(await counts()).toMatchObject({ waiting: 0, skipped: { dismissed: 1 } });
  expect(await db.query('SELECT 1 FROM parked_events')).toEqual([]);
});
