import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { erasureChore } from '../../server/features/privacy/erase-rows.ts';
import { retentionChore } from '../../server/features/privacy/retention.ts';
import type { Param, Sql } from '../../server/platform/database/db.ts';
import { createLog } from '../../server/platform/log.ts';
import { lockShop } from '../../server/store/deliveries/deliveries.ts';
import { newDatabase } from '../fakes/database.ts';
import { emailChoice, openScene, order, type Scene } from '../features/activity/scene.ts';

/** How many rows each table gets once the plans are made: reading those of the shop would show. */
const ROWS = 4000;
/** A statement about some ten events may look at this many. */
const FEW = 400;

let scene: Scene;
beforeAll(async () => {
  scene = await openScene(await newDatabase());
});
afterAll(async () => await scene.close());

type Plan = {
  'Node Type': string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Index Name'?: string;
  Plans?: Plan[];
};
const steps = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(steps)];
const rowsRead = (plan: Plan) =>
  steps(plan)
    .filter((step) => /Scan$/.test(step['Node Type']) && !/Function|CTE|Subquery|Values/.test(step['Node Type']))
    .reduce(
      (sum, step) => sum + (step['Actual Rows'] + (step['Rows Removed by Filter'] ?? 0)) * step['Actual Loops'],
      0,
    );

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

type One = string | number | boolean | Date | Uint8Array;
const asText = (one: One) => {
  if (one instanceof Uint8Array) return `\\x${Buffer.from(one).toString('hex')}`;
  return one instanceof Date ? one.toISOString() : String(one);
};
const isList = (param: Param): param is Extract<Param, readonly unknown[]> => Array.isArray(param);

/** A parameter as PostgreSQL reads it from text. */
function literal(param: Param): string {
  if (param === null) return 'NULL';
  if (!isList(param)) return quoted(asText(param));
  const items = param.map((one) => (one === null ? 'NULL' : `"${asText(one).replace(/[\\"]/g, '\\$&')}"`));
  return quoted(`{${items.join(',')}}`);
}

/** Every statement of the scene's transactions from now on, once each, with its last parameters. */
function record(found: Map<string, readonly Param[]>): void {
  const { transaction } = scene.db;
  vi.spyOn(scene.db, 'transaction').mockImplementation(
    async (work) =>
      await transaction(
        async ({ query }) =>
          await work({
            query: async (text, params = []) => {
              found.set(text, params);
              return await query(text, params);
            },
          }),
      ),
  );
}

const FILLS = [
  `INSERT INTO events (id, shop_id, webhook_id, topic, triggered_at, received_at, state, settled_at)
   SELECT gen_random_uuid(), $1, 'w' || n, 'orders/create', now(), now(), 'accepted', now() FROM generate_series(1, ${ROWS}) AS n`,
  `INSERT INTO deliveries (id, shop_id, event_id, kind, entity, person_id, email_lane, phone_lane, due_at)
   SELECT gen_random_uuid(), shop_id, id, 'order', md5(id::text), gen_random_uuid(), md5('e' || id), md5('p' || id), now() + interval '1 day'
   FROM events WHERE shop_id = $1 AND webhook_id LIKE 'w%'`,
  `INSERT INTO attempts (id, shop_id, delivery_id, at, flags)
   SELECT gen_random_uuid(), shop_id, id, now(), '{}' FROM deliveries WHERE shop_id = $1`,
  `INSERT INTO people (id, shop_id, key, seen_at) SELECT gen_random_uuid(), $1, md5('k' || n), now() FROM generate_series(1, ${ROWS}) AS n`,
  `INSERT INTO addresses (shop_id, person_id, channel, address, first_seen_at, last_seen_at)
   SELECT $1, id, 'email', md5('a' || id), now(), now() FROM people WHERE shop_id = $1`,
  `INSERT INTO consent_facts (id, shop_id, channel, address, person_id, state, source, recorded_at)
   SELECT gen_random_uuid(), $1, channel, address, person_id, 'subscribed', 'webhook', now() FROM addresses WHERE shop_id = $1`,
  `INSERT INTO told (shop_id, account, channel, address) SELECT $1, 1, channel, md5('t' || address) FROM addresses WHERE shop_id = $1`,
  `INSERT INTO entity_states (shop_id, entity, kind) SELECT $1, md5('n' || n), 'order' FROM generate_series(1, ${ROWS}) AS n`,
  `INSERT INTO redactions (shop_id, person, at) SELECT $1, md5('r' || n), now() FROM generate_series(1, ${ROWS}) AS n`,
  `INSERT INTO parked_events (shop_id, event_id, person_id, channel, said_at)
   SELECT $1, id, gen_random_uuid(), 'email', now() FROM events WHERE shop_id = $1 AND webhook_id LIKE 'w%'`,
];

/** Undoes everything that was done in it. */
async function andBack(work: (sql: Sql) => Promise<void>): Promise<void> {
  const undo = new Error('undo');
  await scene.db
    .transaction(async (sql) => {
      await work(sql);
      throw undo;
    })
    .catch((error: unknown) => {
      if (error !== undo) throw error;
    });
}

it('a plan that was made while the tables were almost empty still reads only the rows it was asked for', async () => {
  await scene.begin();
  const met = new Map<string, readonly Param[]>();
  record(met);
  for (let id = 1; id <= 5; id++) {
    await scene.receive('orders/create', order(id, 1, { email: `person${id}@example.com` }));
    await scene.receive('customers_email_marketing_consent/update', emailChoice(id, 'subscribed', scene.now));
  }
  const left = await scene.leave();
  for (const delivery of left?.ready ?? []) await scene.record(delivery);
  await scene.work();
  vi.restoreAllMocks();
  const statements = [...met].filter(([text]) => /^\s*(SELECT|UPDATE|DELETE|WITH)/.test(text));
  expect(statements.length).toBeGreaterThan(25);

  const reads: Record<string, number> = {};
  await andBack(async (sql) => {
    await lockShop(sql, scene.shop);
    await sql.query('SET LOCAL plan_cache_mode = force_generic_plan');
    const call = (n: number, params: readonly Param[]) =>
      `EXECUTE kept_${n}${params.length > 0 ? ` (${params.map(literal).join(', ')})` : ''}`;
    for (const [n, [text, params]] of statements.entries()) {
      await sql.query(`PREPARE kept_${n} AS ${text}`);
      await sql.query(call(n, params));
    }
    for (const text of FILLS) await sql.query(text, [scene.shop.id]);
    for (const [n, [text, params]] of statements.entries()) {
      const [row] = await sql.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
        `EXPLAIN (ANALYZE, FORMAT JSON) ${call(n, params)}`,
      );
      const rows = row ? rowsRead(row['QUERY PLAN'][0].Plan) : 0;
      if (rows > FEW) reads[text] = rows;
      await sql.query(`DEALLOCATE kept_${n}`);
    }
  });
  expect(reads).toEqual({});
});

it('looking for shops to erase reads no events of a shop that has the app, even before the server has statistics', async () => {
  await scene.begin();
  let asked = '';
  await erasureChore(scene.db).due({
    query: async (text) => {
      asked = text;
      return [];
    },
  });
  await andBack(async (sql) => {
    await sql.query(
      `INSERT INTO shops (domain, created_at, first_webhook_at)
       SELECT 's' || n, now() - interval '99 days', CASE WHEN n % 100 > 0 THEN now() END FROM generate_series(1, ${ROWS}) AS n`,
    );
    await sql.query(FILLS[0] ?? '', [scene.shop.id]);
    const [row] = await sql.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`EXPLAIN (ANALYZE, FORMAT JSON) ${asked}`);
    // The shops themselves, and few besides.
    expect(row && rowsRead(row['QUERY PLAN'][0].Plan)).toBeLessThan(ROWS + FEW);
  });
});

it('erasing a person, and a step of retention, read few rows, however many orders, decisions and problems the shop has', async () => {
  await scene.begin();
  const { db, shop } = scene;
  await db.query(
    `INSERT INTO entity_states (shop_id, entity, kind, handled_at, person_id, latest_event_id)
     SELECT $1, md5('n' || n), 'order', now(), gen_random_uuid(), gen_random_uuid() FROM generate_series(1, ${ROWS}) AS n`,
    [shop.id],
  );
  await db.query(
    `INSERT INTO consent_decisions (id, shop_id, channel, address, at, decision, reason)
     SELECT gen_random_uuid(), $1, 'email', md5('n' || n), now() - n * interval '1 day', CASE WHEN n > 365 THEN 'told' ELSE 'left_out' END, 'due'
     FROM generate_series(1, ${ROWS}) AS n`,
    [shop.id],
  );
  await db.query(
    `INSERT INTO problems (id, shop_id, kind, opened_at, closed_at)
     SELECT gen_random_uuid(), $1, 'silent', now() - n * interval '1 hour', now() - n * interval '1 hour' FROM generate_series(1, ${ROWS}) AS n`,
    [shop.id],
  );
  await db.query('ANALYZE entity_states, consent_decisions, problems');
  const email = 'person1@example.com';
  await scene.receive('orders/create', order(1, 1, { email }));
  await scene.work();
  const met = new Map<string, readonly Param[]>();
  record(met);
  await scene.receive('customers/redact', { shop_domain: shop.domain, customer: { email }, orders_to_redact: [] });
  await scene.process();
  const chore = retentionChore({ db, retentionDays: 30, log: createLog('silent') });
  while (await chore.workWithoutKey(shop.id, new AbortController().signal));
  vi.restoreAllMocks();
  const reads: Record<string, number> = {};
  await andBack(async (sql) => {
    await lockShop(sql, shop);
    for (const [text, params] of met) {
      if (!/^\s*(SELECT|UPDATE|DELETE|WITH)/.test(text)) continue;
      const [row] = await sql.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
        `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
        params,
      );
      const rows = row ? rowsRead(row['QUERY PLAN'][0].Plan) : 0;
      if (rows > FEW) reads[text] = rows;
    }
  });
  expect(reads).toEqual({});
});
