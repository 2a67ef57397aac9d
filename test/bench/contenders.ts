import pg from 'pg';
import type { Shop } from '../../server/store/shops/shops.ts';
import { cutOrderBody } from './order-body.ts';
import { hold, NO_SWEEP, release } from './pipeline.ts';
import { type AppDatabase, ask, connectShops, type Server, shopNames, type World } from './world.ts';

/** One of the ways to deliver orders that are compared. */
export type Contender = {
  name: string;
  servers: readonly Server[];
  /** Puts orders where it reads them from; not measured. */
  prepare(count: number, first: number): Promise<void>;
  /** @returns seconds until all of them have ended */
  go(count: number): Promise<number>;
  app: AppDatabase | null;
};

/**
 * The app: a separate worker on its own database. @param how.from another checkout to run; `shops`:
 * how many share the events; `workers`: how many processes
 */
export async function appContender(
  world: World,
  receiver: Server,
  how: { name: string; from?: string; redisDb: number; shops: number; workers?: number },
): Promise<Contender> {
  const { name, from, redisDb, workers = 1 } = how;
  const app = await world.appDatabase(`app_${name.replaceAll(/\W/g, '_')}`, { ...(from && { from }), redisDb });
  const shops: Shop[] = await connectShops(app, shopNames(how.shops));
  const env = {
    ROLE: 'worker',
    DATABASE_URL: app.url,
    REDIS_URL: app.config.redisUrl ?? '',
    ASCENT360_BASE_URL: receiver.url,
    ...NO_SWEEP,
  };
  const servers = await Promise.all(
    Array.from({ length: workers }, async () => await world.app(from ? `worker of ${name}` : 'worker', env, from)),
  );
  return {
    name,
    app,
    servers,
    prepare: async (count, first) => await hold(app, shops, count, first),
    go: async (count) => await release(app, shops, { count, receiver }),
  };
}

const JOBS = `CREATE TABLE jobs (id bigserial PRIMARY KEY, shop text NOT NULL, guid uuid NOT NULL, body text NOT NULL,
    state text NOT NULL DEFAULT 'waiting', claimed_at timestamptz, settled_at timestamptz);
  CREATE INDEX jobs_waiting ON jobs (id) WHERE state = 'waiting';
  CREATE TABLE job_attempts (id bigserial PRIMARY KEY, job_id bigint NOT NULL, at timestamptz NOT NULL, status int, ms int);
  CREATE INDEX job_attempts_job ON job_attempts (job_id)`;

async function addJobs(url: string, count: number, first: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (let done = 0; done < count; done += 500) {
    const bodies = Array.from({ length: Math.min(500, count - done) }, (_, i) =>
      cutOrderBody(first + done + i, new Date()).toString('utf8'),
    );
    await client.query(
      `INSERT INTO jobs (shop, guid, body) SELECT 'shop-' || (n % 20 + 1), gen_random_uuid(), body
       FROM unnest($1::text[]) WITH ORDINALITY AS u(body, n)`,
      [bodies],
    );
  }
  await client.query('VACUUM ANALYZE jobs');
  await client.end();
}

export async function straightContender(world: World, receiver: Server, how: 'plain' | 'honest'): Promise<Contender> {
  const url = await world.database(`jobs_${how}`, JOBS);
  const server = await world.helper('straight-worker.ts', url, receiver.url, how);
  return {
    name: how === 'plain' ? 'straight worker' : 'honest worker',
    app: null,
    servers: [server],
    prepare: async (count, first) => await addJobs(url, count, first),
    go: async () => await ask<number>(server, 'go'),
  };
}

export async function posterContender(world: World, receiver: Server): Promise<Contender> {
  const server = await world.helper('poster.ts', receiver.url);
  return {
    name: 'posting alone, from memory',
    app: null,
    servers: [server],
    prepare: async (count) => void (await ask(server, { prepare: count })),
    go: async () => await ask<number>(server, 'go'),
  };
}
