import { expect, it } from 'vitest';
import { AdminError } from '../../../server/admin/admin.ts';
import { loadReconciliation, saveConsentRead, setPoint } from '../../../server/store/shops/reconciliations.ts';
import { readScene } from '../../pipeline/read/scene.ts';
import { slicesOf } from './slices.ts';

const HOUR = 3_600_000;
const scene = readScene();

it.each([
  ['is read on later, however long Shopify took to write it', HOUR, 'https://files.example/everybody.jsonl'],
  ['is given up for a new one if it has failed for long', 7 * HOUR, null],
])('a file of all customers that can’t be read just now %s', async (_, writtenBefore, kept) => {
  const { db, shop, now } = scene.base;
  await setPoint(db, shop, now, true);
  const begin = await loadReconciliation(db, shop);
  if (!begin) throw new Error('No point was set');
  const url = 'https://files.example/everybody.jsonl';
  const written = { operationId: 'gid://shopify/BulkOperation/1', readAt: now - writtenBefore, url };
  await saveConsentRead(db, shop, begin, { begunAt: now - 8 * HOUR, ...written, waitMs: 0 });
  const download = () => {
    throw new AdminError('later', 'cut');
  };
  expect(await slicesOf(scene, { download })()).toBe(false);
  expect(await loadReconciliation(db, shop)).toMatchObject({ url: kept, consentDue: false });
});

it('a process that stood still with the beginning of a file skips nothing of the one that was written meanwhile', async () => {
  const { db, shop, now } = scene.base;
  await setPoint(db, shop, now, true);
  const begin = await loadReconciliation(db, shop);
  if (!begin) throw new Error('No point was set');
  const written = { operationId: 'gid://shopify/BulkOperation/1', begunAt: now - HOUR, readAt: now - HOUR };
  await saveConsentRead(db, shop, begin, { ...written, url: 'https://files.example/1.jsonl', waitMs: 0 });
  const next = { operationId: 'gid://shopify/BulkOperation/2', begunAt: now, readAt: now };
  const slice = slicesOf(scene, {
    async *download() {
      await saveConsentRead(db, shop, begin, { ...next, url: 'https://files.example/2.jsonl', waitMs: 0 });
      yield Buffer.from('{"id":"gid://shopify/Customer/1"}\n');
    },
  });
  await slice();
  expect(await loadReconciliation(db, shop)).toMatchObject({ ...next, line: 0, offset: 0, consentDue: true });
});
