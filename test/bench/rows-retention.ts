import { retentionChore } from '../../server/features/privacy/retention.ts';
import type { Db } from '../../server/platform/database/db.ts';
import { createLog } from '../../server/platform/log.ts';
import type { Shop } from '../../server/store/shops/shops.ts';
import type { Row, Run } from './row.ts';
import { type AppDatabase, connectShops } from './world.ts';

const RETENTION_DAYS = 30;

/**
 * Events of a shop accepted this many days ago, each with a delivery and an attempt, of an order's
 * size.
 */
async function addEnded(app: AppDatabase, shop: Shop, count: number, daysAgo: number): Promise<void> {
  await app.db.query(
    `WITH noise AS MATERIALIZED (SELECT decode(string_agg(md5(n::text), ''), 'hex') AS bytes FROM generate_series(1, 144) AS n),
     told AS (
       INSERT INTO events (id, shop_id, webhook_id, topic, triggered_at, received_at, settled_at, state, body, summary)
       SELECT gen_random_uuid(), $1, $3::int || '-' || n, 'orders/create', at, at, at, 'accepted',
         bytes, substr(bytes, 1, 120)
       FROM noise, generate_series(1, $2::int) AS n, (SELECT now() - $3::int * interval '1 day' AS at) AS past RETURNING id, received_at),
     sent AS (
       INSERT INTO deliveries (id, shop_id, event_id, kind, subject, payload, open, due_at, settled_at)
       SELECT gen_random_uuid(), $1, id, 'order', substr(bytes, 1, 900), substr(bytes, 1, 1500), false, received_at, received_at
       FROM told, noise RETURNING id, settled_at)
     INSERT INTO attempts (id, shop_id, delivery_id, at, class, status, ms)
     SELECT gen_random_uuid(), $1, id, settled_at, 'accepted', 200, 40 FROM sent`,
    [shop.id, count, daysAgo],
  );
  for (const table of ['events', 'deliveries', 'attempts']) await app.db.query(`VACUUM ANALYZE ${table}`);
}

/**
 * Retention in a shop with nothing else to do: how fast it is, and how long the shop waits for one
 * page of it.
 */
export async function retaining({ world, quick, say }: Run): Promise<Row[]> {
  const count = quick ? 10_000 : 50_000;
  const app = await world.appDatabase('retention');
  const [erased, deleted] = await connectShops(app, ['erased.myshopify.com', 'deleted.myshopify.com']);
  if (!erased || !deleted) throw new Error('No shop');
  await addEnded(app, erased, count, RETENTION_DAYS + 1);
  await addEnded(app, deleted, count, 366);
  await world.checkpoint();
  let longestMs = 0;
  const db: Db = {
    ...app.db,
    transaction: async (work) => {
      const began = performance.now();
      const done = await app.db.transaction(work);
      longestMs = Math.max(longestMs, performance.now() - began);
      return done;
    },
  };
  const { workWithoutKey } = retentionChore({ db, retentionDays: RETENTION_DAYS, log: createLog('silent') });
  const rateOf = async (shop: Shop) => {
    const began = performance.now();
    while (await workWithoutKey(shop.id, new AbortController().signal));
    return (count * 1000) / (performance.now() - began);
  };
  const [perSecondErased, perSecondDeleted] = [await rateOf(erased), await rateOf(deleted)];
  const [left] = await app.db.query<{ bodies: number; events: number }>(
    `SELECT count(*) FILTER (WHERE shop_id = $1 AND body IS NOT NULL) AS bodies, count(*) FILTER (WHERE shop_id = $2) AS events
     FROM events`,
    [erased.id, deleted.id],
  );
  say(`retention: ${JSON.stringify(left)} left`);
  return [
    {
      what: `retention of ${count.toLocaleString('en')} events with deliveries and attempts, in pages of 500: contents erased, rows deleted`,
      ours: `${Math.round(perSecondErased)}/s, ${Math.round(perSecondDeleted)}/s`,
      other: '',
      result: `longest page ${Math.round(longestMs)} ms`,
      bar: 'nothing left',
      pass: left?.bodies === 0 && left.events === 0,
    },
  ];
}
