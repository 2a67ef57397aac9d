import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Db } from '../../../server/platform/database/db.ts';
import { isOutage } from '../../../server/platform/database/outage.ts';
import { testDatabase } from '../../fakes/database.ts';

let db: Db;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => await db.close());

it('an idle transaction is told that it timed out, and the next one works', async () => {
  const failed = db.transaction(async (sql) => {
    await sql.query('SET LOCAL idle_in_transaction_session_timeout = 50');
    await wait(2000);
    await sql.query('SELECT 1');
  });
  expect(isOutage(await failed.catch((error: unknown) => error))).toBe(true);
  const busy = db.transaction(async (sql) => {
    await sql.query('SET LOCAL idle_in_transaction_session_timeout = 50');
    // As in a frozen process: it reads what PostgreSQL said meanwhile only after issuing its next
    // statement.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
    await sql.query('SELECT 1');
  });
  expect(isOutage(await busy.catch((error: unknown) => error))).toBe(true);
  expect(await db.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
});
