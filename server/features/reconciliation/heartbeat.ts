import { setTimeout as wait } from 'node:timers/promises';
import type { Sql } from '../../platform/database/db.ts';
import type { Log } from '../../platform/log.ts';

const EVERY_MS = 60_000;

/**
 * Notes that webhooks can be received. After a gap of more than 10 minutes, every shop is compared with Shopify in 3 minutes:
 * what Shopify then tells again by itself has come by then.
 */
export async function beat(sql: Sql): Promise<void> {
  await sql.query(
    `WITH before AS (SELECT at FROM heartbeats WHERE part = 'web'),
     beat AS (
       INSERT INTO heartbeats (part, at) VALUES ('web', now()) ON CONFLICT (part) DO UPDATE SET at = excluded.at)
     UPDATE reconciliations SET due_at = least(due_at, now() + interval '3 minutes')
     WHERE (SELECT at FROM before) < now() - interval '10 minutes'`,
  );
}

export function startHeartbeat(sql: Sql, log: Log): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const beating = (async () => {
    while (!stopping.signal.aborted) {
      // A database that is away is a downtime: the next beat finds the gap.
      await beat(sql).catch((error: unknown) => log.debug({ stage: 'heartbeat', err: error }));
      await wait(EVERY_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await beating;
    },
  };
}
