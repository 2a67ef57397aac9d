import type { RequestHandler } from 'express';
import type { Db } from '../../platform/database/db.ts';
import type { Queue } from '../../platform/queue/queue.ts';
import { withinOr } from '../../platform/within.ts';

/** How long a part may take to answer, in milliseconds: all are asked at once, and the whole answer has to come within 2 s. */
const WITHIN_MS = 1500;

/**
 * Asks a part, one question at a time: while an earlier one is still hanging it is waited for instead, so that being asked
 * again and again does not use up the connections.
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
 * `GET /readyz`: whether the process can do its work, part by part. 200, or 503 while a part fails; within 2 s even when
 * the database hangs, or takes no writes: it is asked the way events are written. `queue` failing stops no webhook from being stored and no delivery: it only costs time.
 * @returns `{ready, parts: {database, migrations, queue}}`, each part `ok` or `failing`
 */
export function readiness({
  db,
  queue,
  canWrite,
}: {
  db: Pick<Db, 'pending'>;
  queue: Pick<Queue, 'check'>;
  /** Fails while events could not be written. */
  canWrite(): Promise<void>;
}): RequestHandler {
  let migrated = false;
  const database = part(async () => {
    await canWrite();
    return true;
  });
  const migrations = part(async () => {
    // Applied migrations stay applied: they are looked up until they are there, then never again.
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
