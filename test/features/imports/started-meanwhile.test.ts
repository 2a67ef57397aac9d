import { expect, it, onTestFinished } from 'vitest';
import type { Db, Sql } from '../../../server/platform/database/db.ts';
import { until } from '../../fakes/connector.ts';
import { testDatabase } from '../../fakes/database.ts';
import { customer, type ImportBody, type Scene, startScene } from './scene.ts';

it('an import started at the very moment it is being put off, because it waits to be started, begins at once', async () => {
  const db = await testDatabase();
  let started: ImportBody | undefined;
  const meanwhile: Db = {
    ...db,
    query: async (text, params) => {
      if (text.startsWith('UPDATE imports SET due_at') && started === undefined) {
        const [one] = await db.query<{ id: string }>(`SELECT id FROM imports WHERE state = 'counted'`);
        if (one) started = (await scene.post(`/imports/${one.id}/start`)).body;
      }
      return await db.query(text, params);
    },
  };
  const scene: Scene = await startScene({}, {}, meanwhile);
  onTestFinished(scene.stop);
  scene.shop.setCustomer(customer(1));
  const { body } = await scene.post('/imports', { kind: 'customers' });
  expect(await scene.reaches(body.id, 'done')).toMatchObject({ done: 1, counts: { accepted: 1 } });
  expect(started).toMatchObject({ id: body.id, state: 'running' });
});

it('an import asked for at the very moment another of its kind starts is refused, and the other starts', async () => {
  const db = await testDatabase();
  let asked: ReturnType<Scene['post']> | undefined;
  const isHeldUp = async () =>
    await until('the new import waits for the other', async () => {
      const rows = await db.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rows.length > 0 ? true : undefined;
    });
  const over = (sql: Sql): Sql => ({
    query: async (text, params) => {
      const rows = await sql.query<never>(text, params);
      if (!text.includes('JOIN imports i')) return rows;
      asked ??= scene.post('/imports', { kind: 'customers' });
      await Promise.race([asked, isHeldUp()]);
      return rows;
    },
  });
  const meanwhile: Db = {
    ...db,
    transaction: async (work) => await db.transaction(async (sql) => await work(over(sql))),
  };
  const scene: Scene = await startScene({}, {}, meanwhile);
  onTestFinished(scene.stop);
  const { id } = await scene.counted({ kind: 'customers' });
  expect(await scene.post(`/imports/${id}/start`)).toMatchObject({
    status: 200,
    body: { startedAt: expect.any(String) },
  });
  expect(await asked).toMatchObject({ status: 409 });
});
