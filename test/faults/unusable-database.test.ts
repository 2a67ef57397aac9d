import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../fakes/connector.ts';
import { type Standing, sharedPostgres } from '../fakes/connector-process.ts';
import {
  ENDS_WITHIN_MS,
  goesOn,
  loadDatabase,
  OUTAGE_SECONDS,
  saysSo,
  survives,
  TIMEOUT_MS,
} from '../fakes/loaded-database.ts';
import type { PostgresServer } from '../fakes/postgres-server.ts';
import { startTcpProxy } from '../fakes/tcp-proxy.ts';

const ENDED = new Set(['accepted', 'merged', 'skipped', 'attention']);

/** An operator's statements, which can write even while the default is read-only. */
async function asAdmin({ url }: PostgresServer, ...texts: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url, options: '-c default_transaction_read_only=off' });
  await client.connect();
  for (const text of texts) await client.query(text);
  await client.end();
}

async function eventsIn(databaseUrl: string): Promise<Map<string, Standing>> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<Standing & { webhook_id: string }>(
    'SELECT webhook_id, state, reason FROM events',
  );
  await client.end();
  return new Map(rows.map(({ webhook_id, ...standing }) => [webhook_id, standing]));
}

describe.skipIf(!sharedPostgres())(
  'PostgreSQL that answers but can’t be used under load',
  { timeout: TIMEOUT_MS },
  () => {
    it('row 38: read-only: 503 for webhooks and /api, /readyz fails, and work resumes by itself afterwards', async () => {
      const scene = await loadDatabase();
      await asAdmin(scene.postgres, 'ALTER SYSTEM SET default_transaction_read_only = on', 'SELECT pg_reload_conf()');
      await saysSo(scene);
      await until('webhooks get 503', async () => (scene.traffic.statuses.at(-1) === 503 ? true : undefined));
      for (const route of ['/settings', '/overview', '/activity']) {
        expect(await scene.connector.api('GET', route)).toMatchObject({ status: 503 });
      }
      expect(await scene.connector.api('PUT', '/settings', { paused: true })).toMatchObject({ status: 503 });
      await wait(OUTAGE_SECONDS * 1000);
      await asAdmin(scene.postgres, 'ALTER SYSTEM RESET default_transaction_read_only', 'SELECT pg_reload_conf()');
      await goesOn(scene);
      await survives(scene);
    });

    it('row 39: out of connections: 503 for webhooks and /api, /readyz fails, and both resume within 15 s of some being free', async () => {
      const scene = await loadDatabase(['max_connections=60']);
      const hogs: pg.Client[] = [];
      const hog = async () => {
        const client = new pg.Client({ connectionString: scene.postgres.url });
        client.on('error', () => {});
        await client.connect();
        hogs.push(client);
      };
      /** @returns how many connections the connector had */
      const endItsOwn = async (): Promise<number | undefined> => {
        const ended = await hogs[0]?.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND datname LIKE 'connector_fault_%'`,
        );
        return ended?.rows.length;
      };
      // The connector's own are ended, and taken by others before it gets them back. A place may also
      // become free late, when a process of PostgreSQL that was ended is gone.
      let holds = true;
      let isFull = false;
      const holding = (async () => {
        while (holds) {
          try {
            await hog();
          } catch {
            isFull = (await endItsOwn()) === 0;
            if (isFull) await wait(20);
          }
        }
      })();
      await until('the connector has none, and none is free', async () => isFull || undefined);
      await saysSo(scene);
      await until('webhooks get 503', async () => (scene.traffic.statuses.at(-1) === 503 ? true : undefined));
      await until('the API answers 503', async () => {
        const { status } = await scene.connector.api('GET', '/settings');
        return status === 503 ? true : undefined;
      });
      await wait(OUTAGE_SECONDS * 1000);
      holds = false;
      await holding;
      for (const client of hogs) await client.end();
      await goesOn(scene);
      await survives(scene);
    });

    it('row 40: failed over to a server that lacks the last second: what was acknowledged in it is stored again', async () => {
      const scene = await loadDatabase();
      const primary = Number(new URL(scene.postgres.url).port);
      const replication = await startTcpProxy(primary);
      onTestFinished(replication.close);
      const standby = await scene.postgres.standby(replication.port);
      onTestFinished(standby.stop);
      const { databaseUrl } = scene.world;
      const port = new URL(standby.url).port;
      const follower = Object.assign(new URL(databaseUrl ?? ''), { port }).href;
      const behind = async () => (await eventsIn(databaseUrl ?? '')).size - (await eventsIn(follower)).size;
      await until('the standby follows', async () => ((await behind()) < 100 ? true : undefined));
      replication.goDark();
      await wait(1000);
      await until('the standby lacks some', async () => ((await behind()) > 0 ? true : undefined));
      await scene.postgres.end('crash');
      await standby.promote();
      scene.wire.lead(Number(port));
      await goesOn(scene);
      await survives(
        scene,
        async () =>
          await until(
            'every event ends',
            async () => {
              const found = await eventsIn(follower);
              return [...found.values()].every(({ state }) => ENDED.has(state)) ? found : undefined;
            },
            ENDS_WITHIN_MS,
          ),
      );
    });
  },
);
