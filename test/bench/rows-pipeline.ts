import pg from 'pg';
import { orderBody } from './order-body.ts';
import { hold, release } from './pipeline.ts';
import type { Row, Run } from './row.ts';
import { ask, connectShops, median, shopNames } from './world.ts';

const JOBS = `CREATE TABLE jobs (id bigserial PRIMARY KEY, shop text NOT NULL, guid uuid NOT NULL, body text NOT NULL,
    state text NOT NULL DEFAULT 'waiting', claimed_at timestamptz, settled_at timestamptz);
  CREATE INDEX jobs_waiting ON jobs (id) WHERE state = 'waiting'`;

async function addJobs(url: string, count: number, first: number): Promise<void> {
  const pool = new pg.Client({ connectionString: url });
  await pool.connect();
  for (let done = 0; done < count; done += 500) {
    const bodies = Array.from({ length: Math.min(500, count - done) }, (_, i) =>
      orderBody(first + done + i, new Date()).toString('utf8'),
    );
    await pool.query(
      `INSERT INTO jobs (shop, guid, body) SELECT 'shop-' || (n % 20 + 1), gen_random_uuid(), body
       FROM unnest($1::text[]) WITH ORDINALITY AS u(body, n)`,
      [bodies],
    );
  }
  await pool.query('VACUUM ANALYZE jobs');
  await pool.end();
}

/** Event to accepted: translating, ledger, delivering, recording; against a worker that only claims, posts and marks. */
export async function pipeline({ world, pairs, quick, say }: Run): Promise<Row[]> {
  const count = quick ? 2000 : 6000;
  const app = await world.appDatabase('pipeline');
  const shops = await connectShops(app, shopNames(20));
  const receiver = await world.helper('receiver.ts');
  const ours = await world.app('worker', {
    ROLE: 'worker',
    DATABASE_URL: app.url,
    REDIS_URL: world.redis.url,
    ASCENT360_BASE_URL: receiver.url,
  });
  const jobs = await world.database('straight_worker', JOBS);
  const straight = await world.helper('straight-worker.ts', jobs, receiver.url);
  /** What is used from now on: the times do not depend on what else the machine does, as rates do. */
  const costs = () => {
    const measured = {
      worker: ours.cpuMs,
      'straight worker': straight.cpuMs,
      PostgreSQL: world.databaseCpuMs,
      receiver: receiver.cpuMs,
    };
    const before = Object.entries(measured).map(([name, read]) => [name, read, read()] as const);
    return (events: number) =>
      before.map(([name, read, then]) => `${name} ${((read() - then) / events).toFixed(2)} ms`).join(', ');
  };
  const rates = { ours: [] as number[], straight: [] as number[] };
  let first = 1;
  for (let pair = -1; pair < pairs; pair++) {
    // The first pair warms up and is not counted.
    const size = pair < 0 ? Math.round(count / 3) : count;
    await hold(app, shops, size, first);
    await world.checkpoint();
    const used = costs();
    const ourRate = size / (await release(app, shops, size));
    say(`ours ${ourRate.toFixed(0)}/s; processor time an event: ${used(size)}`);
    await addJobs(jobs, size, first);
    await world.checkpoint();
    const usedStraight = costs();
    const straightRate = size / (await ask<number>(straight, 'go'));
    say(`straight worker ${straightRate.toFixed(0)}/s; processor time an event: ${usedStraight(size)}`);
    first += size;
    if (pair < 0) continue;
    rates.ours.push(ourRate);
    rates.straight.push(straightRate);
    say(`pipeline ${pair + 1}: ours ${ourRate.toFixed(0)}/s, straight worker ${straightRate.toFixed(0)}/s`);
  }
  for (const server of [ours, straight, receiver]) await server.stop();
  for (const line of await world.statements(app)) say(line);
  const ratio = median(rates.ours.map((rate, i) => rate / (rates.straight[i] ?? Number.NaN)));
  return [
    {
      what: `event to accepted, ${count} orders of 20 shops, concurrency 50`,
      ours: `${Math.round(median(rates.ours))}/s`,
      other: `straight worker ${Math.round(median(rates.straight))}/s`,
      result: `${ratio.toFixed(2)} ×`,
      bar: '≥ 0.5 ×, goal 1 ×',
      pass: ratio >= 0.5,
    },
  ];
}
