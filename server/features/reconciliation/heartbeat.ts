import { setTimeout as wait } from 'node:timers/promises';
import type { Sql } from '../../platform/database/db.ts';
import type { Log } from '../../platform/log.ts';
import { beat } from '../../store/shops/heartbeat.ts';

const EVERY_MS = 60_000;

export function startHeartbeat(sql: Sql, log: Log): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const beating = (async () => {
    while (!stopping.signal.aborted) {
      // If the database is down, that counts as downtime: the next beat finds the gap.
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
