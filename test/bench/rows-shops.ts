import { setTimeout as wait } from 'node:timers/promises';
import type { Shop } from '../../server/store/shops/shops.ts';
import { hold, NO_SWEEP, release } from './pipeline.ts';
import type { Row, Run } from './row.ts';
import { type AppDatabase, connectShops, type Server, shopNames, type World } from './world.ts';

export const ABOUT_SHOPS = `One worker with the default settings and sweeps, and many connected shops in one database, each with some history. Processor times, as the
machine may be busy with other work. *Alone*: each shop has one event, so that nothing is shared; the worker meets most of these shops for the first time.`;

const METRICS_TOKEN = 'bench-metrics-token';
/** Connecting more at once would wait too long for a connection. */
const AT_ONCE = 20;

/** Shops that have the app since a month, and their events of the last days, which have ended. */
async function addShops(app: AppDatabase, count: number, eventsEach: number): Promise<Shop[]> {
  const names = shopNames(count);
  const shops: Shop[] = [];
  for (let from = 0; from < count; from += AT_ONCE)
    shops.push(...(await connectShops(app, names.slice(from, from + AT_ONCE))));
  await app.db.query(
    `UPDATE shops SET first_call_at = now() - interval '30 days', last_call_at = now() - interval '1 day',
       first_webhook_at = now() - interval '30 days', last_webhook_at = now() - interval '1 minute'`,
  );
  await app.db.query(
    `INSERT INTO events (id, shop_id, webhook_id, topic, triggered_at, received_at, state, settled_at)
     SELECT gen_random_uuid(), shop_id, 'old-' || n, 'orders/create', at, at, 'accepted', at
     FROM (SELECT s.id AS shop_id, n, now() - random() * interval '7 days' AS at
       FROM shops s, generate_series(1, $1::int) AS n) AS made`,
    [eventsEach],
  );
  for (const table of ['events', 'shops', 'settings']) await app.db.query(`VACUUM ANALYZE ${table}`);
  return shops;
}

/** Processor milliseconds of the worker and of PostgreSQL while `work` runs, and how long it took. */
async function cost(world: World, worker: Server, work: () => Promise<unknown>) {
  const read = () => ({ worker: worker.cpuMs(), database: world.databaseCpuMs() });
  const [before, began] = [read(), performance.now()];
  await work();
  const after = read();
  return {
    ms: performance.now() - began,
    worker: after.worker - before.worker,
    database: after.database - before.database,
  };
}

/** How many shops still have a daily chore to do. */
async function dueShops(app: AppDatabase): Promise<number> {
  const [row] = await app.db.query<{ count: number }>(
    `SELECT count(*) AS count FROM shops s LEFT JOIN ledger_checks l ON l.shop_id = s.id
     WHERE s.retained_at IS NULL OR l.shop_id IS NULL OR l.due_at <= now()`,
  );
  return row?.count ?? 0;
}

async function metricsOf(worker: Server): Promise<{ kb: number; series: number; ms: number }> {
  const began = performance.now();
  const answer = await fetch(`${worker.url}/metrics`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } });
  const text = await answer.text();
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
  return { kb: text.length / 1024, series, ms: performance.now() - began };
}

const share = ({ worker, database, ms }: { worker: number; database: number; ms: number }) =>
  `worker ${((worker / ms) * 100).toFixed(1)} % of a core, PostgreSQL ${((database / ms) * 100).toFixed(1)} %`;

const each = ({ worker, database }: { worker: number; database: number }, count: number) =>
  `worker ${((worker * 1000) / count).toFixed(0)} µs an event, PostgreSQL ${((database * 1000) / count).toFixed(0)}`;

/** What many shops in one database cost when nothing happens, and when a sale begins in all of them. */
export async function manyShops({ world, quick, shops: count, say }: Run): Promise<Row[]> {
  const idleSeconds = quick ? 20 : 60;
  const receiver = await world.helper('receiver.ts');
  const app = await world.appDatabase('many_shops');
  const shops = await addShops(app, count, 50);
  say(`${count} shops are there`);
  const env = {
    ROLE: 'worker',
    DATABASE_URL: app.url,
    REDIS_URL: app.config.redisUrl ?? '',
    ASCENT360_BASE_URL: receiver.url,
    METRICS_TOKEN,
  };
  const sweeping = await world.app('worker with many shops', env);
  const row = (what: string, ours: string, other = ''): Row => ({
    what,
    ours,
    other,
    result: '',
    bar: '',
    pass: true,
  });
  const rows: Row[] = [];
  const add = (...args: Parameters<typeof row>) => {
    rows.push(row(...args));
    say(args.join(': '));
  };
  const until = performance.now() + 300_000;
  const daily = await cost(world, sweeping, async () => {
    while ((await dueShops(app)) > 0 && performance.now() < until) await wait(500);
  });
  const left = await dueShops(app);
  add(
    `the daily chores of ${count.toLocaleString('en')} shops`,
    `${(daily.ms / 1000).toFixed(0)} s, worker ${(daily.worker / count).toFixed(1)} ms a shop, PostgreSQL ${(daily.database / count).toFixed(1)}`,
    left > 0 ? `${left} shops left after 5 minutes` : '',
  );
  add('nothing happens', share(await cost(world, sweeping, async () => await wait(idleSeconds * 1000))));
  let shape = { kb: 0, series: 0, ms: 0 };
  const scrapes = await cost(world, sweeping, async () => {
    for (let i = 0; i < 3; i++) {
      shape = await metricsOf(sweeping);
      await wait(6000);
    }
  });
  add(
    'scraped every 6 s',
    share(scrapes),
    `${shape.series} series, ${shape.kb.toFixed(0)} kB, the last one in ${shape.ms.toFixed(0)} ms`,
  );
  await sweeping.stop();
  const worker = await world.app('worker of many shops in a sale', { ...env, ...NO_SWEEP });
  const few = shops.slice(0, 20);
  let first = 1;
  const sale = async (of: readonly Shop[], events: number) => {
    await hold(app, of, events, first);
    first += events;
    return await cost(world, worker, async () => await release(app, of, { count: events, receiver }));
  };
  await sale(few, 2000);
  const bulk = await sale(few, 2000);
  add('2,000 orders of 20 shops', each(bulk, 2000), `${(2000 / (bulk.ms / 1000)).toFixed(0)}/s`);
  const alone = await sale(shops, count);
  add(
    `one order of each of ${count.toLocaleString('en')} shops (alone)`,
    each(alone, count),
    `${(count / (alone.ms / 1000)).toFixed(0)}/s`,
  );
  for (const server of [worker, receiver]) await server.stop();
  return rows;
}
