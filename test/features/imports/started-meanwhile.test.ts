import { expect, it, onTestFinished } from 'vitest';
import type { Db } from '../../../server/platform/database/db.ts';
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
