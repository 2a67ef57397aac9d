import type { RequestHandler } from 'express';
import type { Db } from './db.ts';

/** Whether the process can do its work, part by part. 503 while one part fails, with its name. */
export function readiness(deps: { db: Db }): RequestHandler {
  return async (_req, res) => {
    const parts: Record<string, 'ok' | 'failing'> = { database: 'failing', migrations: 'failing', queue: 'ok' };
    try {
      await deps.db.query('SELECT 1');
      parts['database'] = 'ok';
      if ((await deps.db.pending()).length === 0) parts['migrations'] = 'ok';
    } catch {
      // The parts that were not reached stay "failing".
    }
    const ready = Object.values(parts).every((state) => state === 'ok');
    res.status(ready ? 200 : 503).json({ ready, parts });
  };
}
