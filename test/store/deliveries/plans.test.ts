import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openReceived, stillReceived } from '../../../server/pipeline/process/open-received.ts';
import type { Db, Sql } from '../../../server/platform/database/db.ts';
import { hasDue, hasNewEvents, mayHoldChoices } from '../../../server/store/deliveries/due-work.ts';
import { findDue } from '../../../server/store/deliveries/find-due.ts';
import { openOfEntities } from '../../../server/store/deliveries/give-way.ts';
import { openLanes } from '../../../server/store/deliveries/lanes.ts';
import { endLeases, lease } from '../../../server/store/deliveries/leases.ts';
import { settleEvents } from '../../../server/store/events/events.ts';
import { OPEN_OPT_OUTS } from '../../../server/store/events/open-opt-outs.ts';
import { newDatabase } from '../../fakes/database.ts';
import { openScene, type Scene } from '../../features/activity/scene.ts';
import { order } from '../../pipeline/bodies.ts';

/** So many that reading those of the shop costs more than looking up keys. */
const ROWS = 20_000;

let scene: Scene;
beforeAll(async () => {
  scene = await openScene(await newDatabase());
});
afterAll(async () => await scene.close());

type Plan = {
  'Index Name'?: string;
  'Relation Name'?: string;
  Alias?: string;
  'Actual Loops'?: number;
  Plans?: Plan[];
};
const steps = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(steps)];

/** Notes by which index each statement finds rows of the two tables; a table that is read whole by its name. */
function noting(db: Sql, found: Set<string>): Sql {
  return {
    query: async (text, params) => {
      const [row] = await db.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`EXPLAIN (FORMAT JSON) ${text}`, params);
      for (const step of row ? steps(row['QUERY PLAN'][0].Plan) : []) {
        const name = step['Index Name'] ?? step['Relation Name'] ?? '';
        if (/^(deliveries|events)/.test(name) && !(step['Relation Name'] && !step['Index Name'] && step.Plans))
          found.add(name);
      }
      return await db.query(text, params);
    },
  };
}

/** As many deliveries and events, all in the same state, as a table may hold when PostgreSQL looks at it. */
async function fill(db: Db, shopId: number, rows = ROWS): Promise<void> {
  await db.query(
    `INSERT INTO events (id, shop_id, webhook_id, topic, triggered_at, received_at)
     SELECT gen_random_uuid(), $1, 'w' || n, 'orders/create', now(), now() FROM generate_series(1, ${rows}) AS n`,
    [shopId],
  );
  await db.query(
    `INSERT INTO deliveries (id, shop_id, event_id, kind, entity, person_id, email_lane, phone_lane, due_at, lease_until)
     SELECT gen_random_uuid(), shop_id, id, 'order', md5(id::text), gen_random_uuid(), md5('e' || id), md5('p' || id), now(), now()
     FROM events WHERE shop_id = $1`,
    [shopId],
  );
}

const analyse = async (db: Db) => {
  await db.query('VACUUM ANALYZE events');
  await db.query('VACUUM ANALYZE deliveries');
};

const all = async (db: Db, state: 'waiting' | 'done') => {
  await db.query(`UPDATE events SET state = $1`, [state === 'waiting' ? 'received' : 'accepted']);
  await db.query('UPDATE deliveries SET open = $1, lease_until = CASE WHEN $1 THEN now() END', [state === 'waiting']);
};

const ids = (count: number) => Array.from({ length: count }, () => randomUUID());

/** What is asked on the way of an event, and by which indexes it finds its rows. */
const asked: Record<string, { ask(sql: Sql): Promise<unknown>; by: string[] }> = {
  'what waits to be translated': {
    ask: async ({ query }) =>
      await openReceived({ db: { ...scene.db, query }, shops: { facts: async () => ({}) } }, scene.shop, {
        limit: 100,
      }),
    by: ['events_received'],
  },
  'whether anything waits to be translated': {
    ask: async (sql) => await hasNewEvents(sql, scene.shop.id),
    by: ['events_received'],
  },
  'whether an opt-out may wait to be translated': {
    ask: async (sql) => await mayHoldChoices(sql, scene.shop.id),
    by: ['events_received'],
  },
  'what still waits to be translated': {
    ask: async (sql) => {
      const row = { topic: '', source: 'webhook', triggered_at: new Date(), received_at: new Date(), reason: null };
      const read = { settled: null } as never;
      return await stillReceived(
        sql,
        ids(50).map((id) => ({ row: { ...row, id, version: '' }, read })),
      );
    },
    by: ['events_pkey'],
  },
  'which orders have something open': {
    ask: async (sql) => await openOfEntities(sql, scene.shop, ids(50)),
    by: ['deliveries_open_entity'],
  },
  'which lanes are busy': {
    ask: async (sql) => await openLanes(sql, scene.shop, { email: ids(50), phone: ids(50) }),
    by: ['deliveries_email_lane', 'deliveries_phone_lane'],
  },
  'whether anything is due': { ask: async (sql) => await hasDue(sql, scene.shop), by: ['deliveries_due'] },
  'what is due': {
    ask: async (sql) => await findDue(sql, scene.shop, 50),
    by: ['deliveries_due', 'deliveries_email_lane', 'deliveries_open_entity', 'deliveries_phone_lane', 'events_pkey'],
  },
  'leases begin': {
    ask: async (sql) => {
      const leasings = ids(50).map((id) => ({ id, kept: '{}', carriesOptOut: false, flags: [] }));
      return await lease(sql, scene.shop, leasings, 1000);
    },
    by: ['deliveries_pkey'],
  },
  'leases end': {
    ask: async (sql) =>
      await endLeases(
        sql,
        ids(50).map((id) => ({ id, fence: 1, open: false })),
      ),
    by: ['deliveries_pkey'],
  },
  'events end': {
    ask: async (sql) =>
      await settleEvents(
        sql,
        ids(50).map((id) => ({ id, settled: { state: 'accepted', reason: null } })),
      ),
    by: ['events_pkey'],
  },
};

beforeEach(async () => {
  await scene.db.query('TRUNCATE events, deliveries');
  await scene.begin();
});

const moments: Record<string, (db: Db) => Promise<void>> = {
  'while nothing waited': async (db) => {
    await all(db, 'done');
    await analyse(db);
    await all(db, 'waiting');
  },
  'while everything waited': async (db) => {
    await all(db, 'waiting');
    await analyse(db);
    await all(db, 'done');
  },
};

it.each(Object.keys(moments))(
  'what an event asks for is found by its keys, although statistics were last taken %s',
  async (moment) => {
    await fill(scene.db, scene.shop.id);
    await moments[moment]?.(scene.db);
    await scene.db.query(`UPDATE events SET state = 'open' WHERE state = 'received'`);
    await scene.receive('orders/create', order(1));
    const found: Record<string, string[]> = {};
    for (const [name, { ask }] of Object.entries(asked)) {
      const by = new Set<string>();
      await ask(noting(scene.db, by));
      found[name] = [...by].sort();
    }
    expect(found).toEqual(Object.fromEntries(Object.entries(asked).map(([name, { by }]) => [name, by])));
  },
);

it('whether an opt-out repeats an older one is asked of those alone that aren’t accepted, however PostgreSQL joins', async () => {
  const { db, shop } = scene;
  await fill(db, shop.id, 400);
  await all(db, 'done');
  await db.query(
    'UPDATE deliveries SET first_attempt_at = now(), carries_opt_out = seq % 20 = 0, open = seq % 20 = 0 WHERE shop_id = $1',
    [shop.id],
  );
  await db.query(
    `UPDATE events SET state = 'open' WHERE id IN (SELECT event_id FROM deliveries WHERE shop_id = $1 AND open)`,
    [shop.id],
  );
  await analyse(db);
  const [row] = await db.transaction(async ({ query }) => {
    await query('SET LOCAL enable_nestloop = off');
    return await query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`EXPLAIN (ANALYZE, FORMAT JSON) ${OPEN_OPT_OUTS}`, [
      shop.id,
    ]);
  });
  const older = row ? steps(row['QUERY PLAN'][0].Plan).filter((step) => step.Alias === 'o') : [];
  expect(older.map((step) => step['Actual Loops'])).toEqual([20]);
});
