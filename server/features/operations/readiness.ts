import type { RequestHandler } from 'express';
import type { Db } from '../../platform/database/db.ts';
import type { Queue } from '../../platform/queue/queue.ts';
import { withinOr } from '../../platform/within.ts';

/**
 * How long each part may take to answer, in milliseconds. All run in parallel, and the whole answer
 * must arrive within 2 s.
 */
const WITHIN_MS = 1500;

/**
 * Checks a part, one check at a time: while an earlier check hangs, callers wait for that one, so
 * that repeated calls don't use up the connections.
 */
function part(look: () => Promise<boolean>): () => Promise<'ok' | 'failing'> {
  let asking: Promise<boolean> | null = null;
  return async () => {
    asking ??= look()
      .catch(() => false)
      .finally(() => {
        asking = null;
      });
    const good = await withinOr(asking, WITHIN_MS, () => false);
    return good ? 'ok' : 'failing';
  };
}

/**
 * `GET /readyz`: whether the process can do its work, part by part. 200, or 503 while a part fails;
 * within 2 s even if the database hangs or accepts no writes: the check writes the way events are
 * written. A failing `queue` stops no webhook from being stored and no delivery: it only causes
 * delays.
 * @returns `{ready, parts: {database, migrations, queue}}`, each part `ok` or `failing`
 */
export function readiness({
  db,
  queue,
  canWrite,
}: {
  db: Pick<Db, 'pending'>;
  queue: Pick<Queue, 'check'>;
  /** Fails while events can't be written. */
  canWrite(): Promise<void>;
}): RequestHandler {
  let migrated = false;
  const database = part(async () => {
    await canWrite();
    return true;
  });
  const migrations = part(async () => {
    // Applied migrations stay applied: check until they are there, then never again.
    migrated ||= (await db.pending()).length === 0;
    return migrated;
  });
  const usable = part(async () => {
    await queue.check();
    return true;
  });
  return async (_req, res) => {
    const [first, second, third] = await Promise.all([database(), migrations(), usable()]);
    const parts = { database: first, migrations: second, queue: third };
    const ready = Object.values(parts).every((state) => state === 'ok');
    res.status(ready ? 200 : 503).json({ ready, parts });
  };
}
