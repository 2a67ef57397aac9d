import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import type { Param } from '../../server/platform/database/db.ts';
import { addDeliveries } from '../../server/store/deliveries/deliveries.ts';
import { shopsWithExpiredLeases, shopsWithWork } from '../../server/store/deliveries/due-work.ts';
import { findDue } from '../../server/store/deliveries/find-due.ts';
import type { Shop } from '../../server/store/shops/shops.ts';
import type { LoadReport } from './load.ts';
import { hold, NO_SWEEP, release } from './pipeline.ts';
import type { Row, Run } from './row.ts';
import { type AppDatabase, ask, connectShops, median, SECRET, type Server, shopNames, type World } from './world.ts';

/**
 * Waiting deliveries, inserted by SQL: most in a shop that isn't connected, a twentieth in the
 * measured shops, due later.
 */
async function addBacklog(app: AppDatabase, shops: readonly Shop[], count: number): Promise<Shop> {
  const idle = await app.shops.ensure('backlog.myshopify.com');
  const inSame = Math.round(count / 20);
  const ids = shops.map((shop) => shop.id);
  // The app's own connections cut off what takes this long.
  const client = new pg.Client({ connectionString: app.url });
  await client.connect();
  await client.query(
    `INSERT INTO events (id, shop_id, webhook_id, topic, triggered_at, received_at, state, entity)
     SELECT gen_random_uuid(), CASE WHEN n > $2::int THEN $3::int ELSE ($1::int[])[n % cardinality($1::int[]) + 1] END,
       'backlog-' || n, 'orders/create', now(), now(), 'open', left(md5('entity' || n), 22) FROM generate_series(1, $4::int) AS n`,
    [ids, inSame, idle.id, count],
  );
  await client.query(
    `INSERT INTO deliveries (id, shop_id, event_id, kind, entity, email_lane, phone_lane, subject, due_at)
     SELECT gen_random_uuid(), shop_id, id, 'order', entity, left(md5('e' || webhook_id), 22), left(md5('p' || webhook_id), 22),
       decode(repeat('00', 300), 'hex'), CASE WHEN shop_id = $1 THEN now() ELSE now() + interval '10 hours' END
     FROM events WHERE webhook_id LIKE 'backlog-%'`,
    [idle.id],
  );
  await client.query('VACUUM ANALYZE events');
  await client.query('VACUUM ANALYZE deliveries');
  await client.end();
  return idle;
}

const workerEnv = (world: World, app: AppDatabase, receiver: Server) => ({
  DATABASE_URL: app.url,
  REDIS_URL: world.redis.url,
  ASCENT360_BASE_URL: receiver.url,
});

/** What a call first asks of the database, explained; then rolled back. */
export async function explain(
  app: AppDatabase,
  title: string,
  verb: (sql: typeof app.db) => Promise<unknown>,
  generic: boolean,
) {
  let asked: { text: string; params: readonly Param[] } | null = null;
  const query = async (text: string, params: readonly Param[] = []) => {
    asked ??= { text, params };
    return [];
  };
  await verb({ ...app.db, query });
  const { text, params } = asked ?? { text: 'SELECT 1', params: [] };
  const undone = new Error('undone');
  let lines: string[] = [];
  await app.db
    .transaction(async (sql) => {
      if (generic) await sql.query('SET LOCAL plan_cache_mode = force_generic_plan');
      const rows = await sql.query<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE, BUFFERS) ${text}`, params);
      lines = rows.map((row) => row['QUERY PLAN']);
      throw undone;
    })
    .catch((error: unknown) => {
      if (error !== undone) throw error;
    });
  return `${title}${generic ? ' (generic plan)' : ''}\n${lines.join('\n')}`;
}

/**
 * The pipeline's rate next to a large backlog, and the plans of the statements that look for work
 * in it.
 */
export async function backlog({ world, pairs, quick, say, note }: Run): Promise<Row[]> {
  const [few, many] = [1000, quick ? 100_000 : 1_000_000];
  const count = quick ? 1500 : 4000;
  const receiver = await world.helper('receiver.ts');
  const sides = [];
  for (const waiting of [few, many]) {
    const app = await world.appDatabase(`backlog_${waiting}`);
    const shops = await connectShops(app, shopNames(20));
    const idle = await addBacklog(app, shops, waiting);
    sides.push({ waiting, app, shops, idle, rates: [] as number[] });
  }
  say(`backlog of ${many} is there`);
  for (const { app, shops, idle } of sides.slice(1)) {
    const [busy] = shops;
    if (!busy) throw new Error('No shop');
    for (const generic of [false, true]) {
      note(
        await explain(
          app,
          `claim of a shop beside ${many} waiting`,
          async (sql) => await findDue(sql, busy, 20),
          generic,
        ),
      );
      note(
        await explain(app, `claim of a shop with ${many} due`, async (sql) => await findDue(sql, idle, 20), generic),
      );
      note(await explain(app, 'sweep: shops with work', shopsWithWork, generic));
      note(await explain(app, 'sweep: leases that ran out', shopsWithExpiredLeases, generic));
    }
  }
  let first = 1;
  for (let pair = -1; pair < pairs; pair++) {
    for (const side of sides) {
      // The two databases share a Redis with a single queue, so only one side's worker runs at a
      // time.
      const worker = await world.app('worker with a backlog', {
        ROLE: 'worker',
        ...workerEnv(world, side.app, receiver),
        ...NO_SWEEP,
      });
      await hold(side.app, side.shops, count, first);
      await world.checkpoint();
      const rate = count / (await release(side.app, side.shops, { count, receiver }));
      await worker.stop();
      if (pair >= 0) side.rates.push(rate);
    }
    first += count;
    if (pair >= 0)
      say(`backlog ${pair + 1}: ${sides.map((side) => `${side.waiting}: ${side.rates.at(-1)?.toFixed(0)}/s`)}`);
  }
  await receiver.stop();
  const [small, large] = sides.map((side) => side.rates);
  const ratio = median((large ?? []).map((rate, i) => rate / (small?.[i] ?? Number.NaN)));
  return [
    {
      what: `pipeline rate with ${many.toLocaleString('en')} waiting`,
      ours: `${Math.round(median(large ?? []))}/s`,
      other: `with 1,000 waiting ${Math.round(median(small ?? []))}/s`,
      result: `${ratio.toFixed(2)} ×`,
      bar: '≥ 0.9 ×',
      pass: ratio >= 0.9,
    },
  ];
}

/** Deliveries of one shop that are due and can be sent, each to its own address. */
async function fill(app: AppDatabase, shop: Shop, count: number): Promise<void> {
  for (let done = 0; done < count; done += 5000) {
    const rows = Array.from({ length: Math.min(5000, count - done) }, (_, i) => ({
      id: uuidv7(),
      eventId: uuidv7(),
      email: `waiting${done + i}@example.com`,
    }));
    await app.db.query(
      `INSERT INTO events (id, shop_id, webhook_id, topic, triggered_at, received_at, state)
       SELECT id, $1, id::text, 'customers/update', now(), now(), 'open' FROM unnest($2::uuid[]) AS id`,
      [shop.id, rows.map((row) => row.eventId)],
    );
    await addDeliveries(
      app.db,
      shop,
      rows.map(({ id, eventId, email }) => ({
        id,
        eventId,
        kind: 'customer' as const,
        entity: null,
        personId: null,
        emailLane: shop.vault.hash('email', email),
        phoneLane: null,
        subject: {
          contact: { email, firstName: 'Robin', origins: { email: 'email', firstName: 'first_name' }, leftOut: {} },
          purchase: null,
          about: null,
        },
        takesPlaceOf: null,
      })),
    );
  }
  await app.db.query('VACUUM ANALYZE events');
  await app.db.query('VACUUM ANALYZE deliveries');
}

/** How long a shop's events take while another shop has a very large backlog. */
export async function neighbour({ world, quick, say }: Run): Promise<Row[]> {
  const seconds = quick ? 8 : 20;
  const waiting = 100_000;
  const rate = 10;
  const app = await world.appDatabase('neighbour');
  const [busy, other] = await connectShops(app, ['busy.myshopify.com', 'other.myshopify.com']);
  if (!busy || !other) throw new Error('No shop');
  const receiver = await world.helper('receiver.ts');
  const env = workerEnv(world, app, receiver);
  const web = await world.app('web beside a worker', { ROLE: 'web', ...env });
  const worker = await world.app('worker with a busy shop', { ROLE: 'worker', ...env });
  const load = await world.helper('load.ts');
  let firstBody = 1;

  /** `left`: what was still waiting in the busy shop when the other's last event arrived. */
  async function delays(): Promise<{ p95: number; done: number; left: number }> {
    const since = new Date();
    const count = rate * seconds;
    await ask<LoadReport>(load, {
      port: web.port,
      secret: SECRET,
      shops: [other?.domain ?? ''],
      count,
      connections: 8,
      rate,
      bodies: count,
      firstBody,
    });
    firstBody += count;
    const [busyNow] = await app.db.query<{ n: number }>(
      'SELECT count(*) AS n FROM deliveries WHERE shop_id = $1 AND open',
      [busy?.id ?? 0],
    );
    await wait(quick ? 2000 : 10_000);
    // An event that hasn't ended counts as lasting until now.
    const [row] = await app.db.query<{ p95: number; done: number }>(
      `SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM coalesce(settled_at, now()) - received_at) * 1000)::float8
         AS p95, count(*) FILTER (WHERE state = 'accepted') AS done
       FROM events WHERE shop_id = $1 AND received_at >= $2`,
      [other?.id ?? 0, since],
    );
    return { ...(row ?? { p95: Number.NaN, done: 0 }), left: busyNow?.n ?? 0 };
  }

  await delays();
  const alone = await delays();
  await fill(app, busy, waiting);
  app.queue.wake(busy.id);
  await wait(2000);
  const beside = await delays();
  say(`neighbour: alone ${JSON.stringify(alone)}, beside ${JSON.stringify(beside)} of ${waiting}`);
  for (const server of [web, worker, load, receiver]) await server.stop();
  const bar = Math.max(2 * alone.p95, 5000);
  return [
    {
      what: `second shop’s p95 delay while a first has ${waiting.toLocaleString('en')} waiting (${beside.left} left at the end)`,
      ours: `${beside.p95.toFixed(0)} ms`,
      other: `alone ${alone.p95.toFixed(0)} ms`,
      result: `${(beside.p95 / alone.p95).toFixed(1)} ×`,
      bar: '≤ 2 × or 5 s',
      pass: beside.p95 <= bar && beside.left > 0,
    },
  ];
}
