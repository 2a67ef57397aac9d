import { expect, it } from 'vitest';
import { AdminError } from '../../../server/admin/admin.ts';
import { closeFailing } from '../../../server/store/shops/problems.ts';
import { loadReconciliation, saveConsentRead, setPoint } from '../../../server/store/shops/reconciliations.ts';
import { HOUR } from '../../durations.ts';
import { readScene } from '../../pipeline/read/scene.ts';
import { slicesOf } from './slices.ts';

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

const operation = (fields: object) => ({
  status: 'COMPLETED',
  errorCode: null,
  url: null,
  fileSize: null,
  objectCount: '0',
  createdAt: '2026-11-20T12:00:00Z',
  completedAt: '2026-11-20T12:01:00Z',
  ...fields,
});

it.each([
  ['ended as failed', operation({ status: 'FAILED', errorCode: 'INTERNAL_SERVER_ERROR' })],
  ['was canceled by somebody', operation({ status: 'CANCELED' })],
  ['is refused before it begins', null],
])(
  'the overview says that Shopify isn’t answering properly while its read of all customers %s, although it answers all else, until one was compared',
  async (_, failed) => {
    const { db, shop, now } = scene.base;
    await setPoint(db, shop, now, true);
    let bulkOperation = failed;
    const slice = slicesOf(scene, {
      run: async (_shop, { name }) => {
        if (bulkOperation === null && name === 'RunBulkQuery')
          throw new AdminError('refused', 'No', { why: 'not_begun' });
        const data = { bulkOperation, customers: { nodes: [] }, bulkOperationRunQuery: null };
        return { data: JSON.parse(JSON.stringify(data)), denied: [] };
      },
    });
    const again = async () => {
      await db.query(
        `UPDATE reconciliations SET consent_due_at = now() - interval '1 second', due_at = now() + interval '1 hour', operation_id = CASE WHEN $2 THEN '1' END WHERE shop_id = $1`,
        [shop.id, bulkOperation !== null],
      );
      await slice();
    };
    const said = async () => {
      const { body } = await scene.base.call('get', '/overview');
      return body.problems.map(({ kind }: { kind: string }) => kind);
    };
    await again();
    expect(await said()).toEqual(['shopify_failing']);
    await closeFailing(db, shop, 'ShopFacts', { now: now + 12 * HOUR, before: now + 5 * HOUR });
    await again();
    expect(await said()).toEqual(['shopify_failing']);
    bulkOperation = operation({});
    await again();
    expect(await said()).toEqual([]);
  },
);

it('a file of all customers whose address is refused is read at the one that Shopify names then', async () => {
  const { db, shop, now } = scene.base;
  await setPoint(db, shop, now, true);
  const begin = await loadReconciliation(db, shop);
  if (!begin) throw new Error('No point was set');
  const [url, other] = ['https://files.example/1.jsonl', 'https://files.example/2.jsonl'];
  await saveConsentRead(db, shop, begin, { operationId: 'gid://shopify/BulkOperation/1', readAt: now, url, waitMs: 0 });
  const asked: [string, number][] = [];
  const slice = slicesOf(scene, {
    run: async () => {
      const data = { bulkOperation: operation({ url: other, objectCount: '1' }) };
      return { data: JSON.parse(JSON.stringify(data)), denied: [] };
    },
    async *download(from, offset) {
      asked.push([from, offset]);
      if (from === url) throw new AdminError('refused', 'It is gone');
      yield Buffer.from('{"id":"gid://shopify/Customer/1"}\n');
    },
  });
  expect(await slice()).toBe(false);
  expect(asked).toEqual([
    [url, 0],
    [other, 0],
  ]);
  const { body } = await scene.base.call('get', '/overview');
  expect(body.problems).toEqual([]);
});

it.each([
  ['can’t begin, because others are running', null],
  ['doesn’t end', 'gid://shopify/BulkOperation/1'],
])('the overview says so once a read of all customers %s for hours, not before', async (_, operationId) => {
  const { db, shop, now } = scene.base;
  await setPoint(db, shop, now, true);
  const begin = await loadReconciliation(db, shop);
  if (!begin) throw new Error('No point was set');
  if (operationId !== null) await saveConsentRead(db, shop, begin, { operationId, begunAt: now, waitMs: 0 });
  const slice = slicesOf(scene, {
    run: async () => {
      const bulkOperationRunQuery = { bulkOperation: null, userErrors: [{ code: 'LIMIT_REACHED', message: 'No' }] };
      const bulkOperation = operation({ status: 'RUNNING' });
      const data = { bulkOperation, customers: { nodes: [] }, bulkOperationRunQuery };
      return { data: JSON.parse(JSON.stringify(data)), denied: [] };
    },
  });
  const problemsAfter = async (hours: number) => {
    await db.query(
      `UPDATE reconciliations SET consent_due_at = now() - interval '1 second', due_at = now() + interval '1 hour',
         begun_at = begun_at - $2 * interval '1 hour' WHERE shop_id = $1`,
      [shop.id, hours],
    );
    await slice();
    const { body } = await scene.base.call('get', '/overview');
    return body.problems.map(({ kind }: { kind: string }) => kind);
  };
  expect(await problemsAfter(0)).toEqual([]);
  expect(await problemsAfter(5)).toEqual([]);
  expect(await problemsAfter(2)).toEqual(['shopify_failing']);
});
