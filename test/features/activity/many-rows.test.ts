import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { countedNames, type EventState } from '../../../server/domain/states.ts';
import { findSendable } from '../../../server/features/activity/send-again.ts';
import { findPeople } from '../../../server/features/people/find.ts';
import type { Db, Param } from '../../../server/platform/database/db.ts';
import { createKeys } from '../../../server/platform/keys.ts';
import { type ActivityFilter, filterShape } from '../../../server/store/events/event-filter.ts';
import { listActivity } from '../../../server/store/events/event-list.ts';
import { customerKey, emailHash } from '../../../server/store/people/identifiers.ts';
import { createShops, type Shop } from '../../../server/store/shops/shops.ts';
import { DAY } from '../../durations.ts';
import { newDatabase } from '../../fakes/database.ts';

/**
 * A million, set by hand, stays within the same bounds; fewer are enough to show that nothing grows
 * with them.
 */
const ROWS = Number(process.env['ACTIVITY_ROWS'] ?? 60_000);
/**
 * How many 8 kB pages one page of the activity may touch: 51 events, their deliveries, and the
 * index pages leading to them.
 */
const MOST_PAGES = 1200;
const NOW = Date.parse('2026-11-24T12:00:00Z');

const anyEvent = z.object(filterShape('UTC')).parse({});

let db: Db;
let shop: Shop;
let other: Shop;

beforeAll(async () => {
  db = await newDatabase();
  if (db.embedded) return;
  const shops = createShops(db, createKeys([{ id: 'k1', bytes: Buffer.alloc(32, 7) }]));
  shop = await shops.ensure('many.myshopify.com');
  other = await shops.ensure('other.myshopify.com');
  // A month of events: most are accepted, some wait, few need attention, and one topic has had none
  // for weeks.
  await db.query(
    `INSERT INTO events (id, shop_id, webhook_id, topic, triggered_at, received_at, state, reason, entity, search)
     SELECT gen_random_uuid(), CASE WHEN n % 50 = 0 THEN $2::int ELSE $1::int END, 'w-' || n,
       CASE WHEN n < 6 THEN 'customers/redact' WHEN n % 3 = 0 THEN 'customers/update' ELSE 'orders/updated' END,
       at, at, CASE WHEN n % 2000 = 7 THEN 'attention' WHEN n % 10 = 1 THEN 'skipped' WHEN n % 500 = 2 THEN 'open' ELSE 'accepted' END,
       CASE WHEN n % 2000 = 7 THEN 'rejected' WHEN n % 10 = 1 THEN 'nothing_new' END, left(md5('e' || n % 90000), 22),
       CASE WHEN n = 777 THEN ARRAY[$3::text, $4::text] ELSE ARRAY[left(md5('p' || n % 30000), 22), left(md5('n' || n), 22)] END
     FROM (SELECT n, timestamptz '2026-10-25T12:00:00Z' + (n * 2592000.0 / $5) * interval '1 second' AS at
           FROM generate_series(1, $5::int) AS n) AS numbered`,
    [shop.id, other.id, emailHash(shop.vault, 'ada@example.com'), shop.vault.hash('order_name', '1001'), ROWS],
  );
  await db.query(
    `INSERT INTO deliveries (id, shop_id, event_id, kind, entity, email_lane, open, due_at, carries_opt_out, settled_at)
     SELECT gen_random_uuid(), shop_id, id, 'order', entity, search[1], state = 'open', received_at, state = 'attention',
       CASE WHEN state <> 'open' THEN received_at END FROM events WHERE state <> 'skipped'`,
  );
  await db.query(
    `INSERT INTO people (id, shop_id, key, seen_at)
     SELECT gen_random_uuid(), $1, CASE WHEN n = 77 THEN $2 ELSE left(md5('k' || n), 22) END, now()
     FROM generate_series(1, $3::int) AS n`,
    [shop.id, customerKey(shop.vault, '4711'), Math.round(ROWS / 5)],
  );
  await db.query(
    `INSERT INTO addresses (shop_id, person_id, channel, address, first_seen_at, last_seen_at)
     SELECT shop_id, id, 'email', CASE WHEN key = $1 THEN $2 ELSE left(md5('a' || key), 22) END, now(), now() FROM people`,
    [customerKey(shop.vault, '4711'), emailHash(shop.vault, 'ada@example.com')],
  );
  await db.query(
    `INSERT INTO told (shop_id, channel, address, account, accepted, accepted_at)
     SELECT shop_id, channel, address, 1, true, now() FROM addresses`,
  );
  for (const table of ['events', 'deliveries', 'people', 'addresses', 'told'])
    await db.query(`VACUUM ANALYZE ${table}`);
}, 900_000);
afterAll(async () => await db.close());

type Plan = { 'Shared Hit Blocks': number; 'Shared Read Blocks': number };

/**
 * The most pages PostgreSQL touches for the queries of a call, over its plans for these values and
 * for any.
 */
async function pagesOf(verb: (sql: Db) => Promise<unknown>): Promise<number> {
  const asked: { text: string; params: readonly Param[] }[] = [];
  await verb({
    ...db,
    query: async (text, params = []) => {
      asked.push({ text, params });
      return [];
    },
  });
  expect(asked.length).toBeGreaterThan(0);
  const touched: number[] = [];
  for (const mode of ['force_custom_plan', 'force_generic_plan']) {
    for (const { text, params } of asked) {
      await db.transaction(async (sql) => {
        await sql.query(`SET LOCAL plan_cache_mode = ${mode}`);
        const [row] = await sql.query<{ 'QUERY PLAN': { Plan: Plan }[] }>(
          `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
          params,
        );
        const plan = row?.['QUERY PLAN'][0]?.Plan;
        touched.push((plan?.['Shared Hit Blocks'] ?? 0) + (plan?.['Shared Read Blocks'] ?? 0));
      });
    }
  }
  return Math.max(...touched);
}

const deep = { receivedAt: NOW - 15 * DAY, id: 'ffffffff-ffff-4fff-8fff-ffffffffffff' };
const states: EventState[] = ['waiting', 'sending', 'retrying', 'accepted', 'merged', 'skipped', 'attention'];

const filters: [string, ActivityFilter][] = [
  ['nothing', anyEvent],
  ...states.map((state): [string, ActivityFilter] => [`state=${state}`, { ...anyEvent, state: [state] }]),
  ['the counted sources', { ...anyEvent, source: countedNames }],
  ['a state of the counted sources', { ...anyEvent, state: ['skipped'], source: countedNames }],
  ['what is not settled', { ...anyEvent, state: ['waiting', 'attention'] }],
  ['a frequent topic', { ...anyEvent, topic: 'orders/updated' }],
  ['a topic with few events, long ago', { ...anyEvent, topic: 'customers/redact' }],
  ['a topic without events', { ...anyEvent, topic: 'customers/merge' }],
  ['a state and a rare topic', { ...anyEvent, state: ['skipped'], topic: 'customers/redact' }],
  ['a day', { ...anyEvent, from: NOW - 9 * DAY, to: NOW - 8 * DAY }],
  ['a day before all events', { ...anyEvent, to: NOW - 60 * DAY }],
  ['a state within one day', { ...anyEvent, state: ['attention'], from: NOW - 9 * DAY, to: NOW - 8 * DAY }],
  ['an email address', { ...anyEvent, q: 'ADA@example.com' }],
  ['an order’s name', { ...anyEvent, q: '#1001' }],
  ['a webhook id', { ...anyEvent, q: 'w-4242' }],
  ['a text found nowhere', { ...anyEvent, q: 'nobody@example.com' }],
  ['opt-outs that haven’t reached Ascent360', { ...anyEvent, optOuts: 'waiting' }],
  ['opt-outs that are late', { ...anyEvent, optOuts: 'late' }],
  ['an email address in a state', { ...anyEvent, q: 'ada@example.com', state: ['accepted'] }],
];

describe('with very many events, a page of the activity touches few database pages', async () => {
  const embedded = !process.env['TEST_DATABASE_URL'];
  it.skipIf(embedded).each(filters)('if filtered by %s', async (_what, filter) => {
    for (const after of [null, deep]) {
      const asked = { filter, country: 'US', after, limit: 50 };
      const pages = await pagesOf(async (sql) => await listActivity(sql, shop, null, asked));
      expect.soft(pages, after ? 'in the middle' : 'at the newest').toBeLessThan(MOST_PAGES);
    }
  });

  it.skipIf(embedded)('if searched for a person', async () => {
    for (const q of ['ada@example.com', '4711', '+19801234567', 'nobody@example.com']) {
      expect.soft(await pagesOf(async (sql) => await findPeople(sql, shop, q, 'US')), q).toBeLessThan(100);
    }
  });

  it.skipIf(embedded)('to find the events needing attention that can be resent', async () => {
    const filter: ActivityFilter = { ...anyEvent, state: ['attention'] };
    const rows = ROWS / 2000;
    expect(await pagesOf(async (sql) => await findSendable(sql, shop, filter, 'US'))).toBeLessThan(100 + rows * 12);
  });
});
