import { expect, it } from 'vitest';
import { AdminError } from '../../../server/admin/admin.ts';
import { reconciliationChore } from '../../../server/features/reconciliation/chore.ts';
import { createLog } from '../../../server/platform/log.ts';
import { loadReconciliation, saveConsentRead, setPoint } from '../../../server/store/shops/reconciliations.ts';
import { readScene } from '../../pipeline/read/scene.ts';

const HOUR = 3_600_000;
const scene = readScene();

it.each([
  ['is read on later, however long Shopify took to write it', HOUR, 'https://files.example/everybody.jsonl'],
  ['is given up for a new one if it has failed for long', 7 * HOUR, null],
])('a file of all customers that can’t be read just now %s', async (_, writtenBefore, kept) => {
  const { base } = scene;
  const { db, shop, shops, store: settings, now } = base;
  await setPoint(db, shop, now, true);
  const begin = await loadReconciliation(db, shop);
  if (!begin) throw new Error('No point was set');
  const url = 'https://files.example/everybody.jsonl';
  const written = { operationId: 'gid://shopify/BulkOperation/1', readAt: now - writtenBefore, url };
  await saveConsentRead(db, shop, begin, { begunAt: now - 8 * HOUR, ...written, waitMs: 0 });
  const admin = {
    hasAccess: async () => true,
    run: () => Promise.reject(new Error('Nothing is asked')),
    noteLeftOut: async () => {},
    download: () => {
      throw new AdminError('later', 'cut');
    },
  };
  const log = createLog('silent');
  const chore = reconciliationChore({
    db,
    shops,
    settings,
    admin,
    now: () => now,
    wake: () => {},
    log,
    lookAgainMs: 1,
  });
  expect(await chore.work(shop, new AbortController().signal)).toBe(false);
  expect(await loadReconciliation(db, shop)).toMatchObject({ url: kept, consentDue: false });
});
