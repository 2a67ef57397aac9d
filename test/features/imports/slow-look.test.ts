import { setTimeout as wait } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import type { Db } from '../../../server/platform/database/db.ts';
import { testDatabase } from '../../fakes/database.ts';
import { customer, startScene } from './scene.ts';

const SLOW_MS = 4000;

it('an import is done once its last record is, however long it took to count what was sent before', async () => {
  const db = await testDatabase();
  const { promise: slowLook, resolve: looked } = Promise.withResolvers<void>();
  let looks = 0;
  const slow: Db = {
    ...db,
    query: async (text, params) => {
      if (text.includes('min(id::text)') && looks++ === 0) await wait(SLOW_MS);
      const rows = await db.query<never>(text, params);
      if (looks > 0 && text.includes('UPDATE imports SET told')) looked();
      return rows;
    },
  };
  const scene = await startScene({}, { DELIVERY_TIMEOUT: '60s' }, slow);
  onTestFinished(scene.stop);
  for (let n = 0; n < 3; n++) scene.shop.setCustomer(customer(n));
  scene.connector.ascent360.behave({ after: slowLook });
  expect(await scene.done({ kind: 'customers' })).toMatchObject({ done: 3, counts: { accepted: 3 } });
});
