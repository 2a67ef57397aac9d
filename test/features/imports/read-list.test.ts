import { expect, it, onTestFinished } from 'vitest';
import { type Admin, AdminError } from '../../../server/admin/admin.ts';
import type { Text } from '../../../server/domain/wording/text.ts';
import { listMembers, readList } from '../../../server/features/imports/read-list.ts';
import { createKeys } from '../../../server/platform/keys.ts';
import { loadPage } from '../../../server/store/imports/import-pages.ts';
import { createImport, findImport } from '../../../server/store/imports/imports.ts';
import { createShops } from '../../../server/store/shops/shops.ts';
import { testDatabase } from '../../fakes/database.ts';

const IDS = Array.from({ length: 9 }, (_, n) => String(100 + n));
const LATER: Text = { code: 'import.later' };

/** Shopify, which answers nothing whenever it is asked for one of these customers. */
const silentAbout = (customers: readonly string[]): Admin => ({
  hasAccess: async () => true,
  noteLeftOut: async () => {},
  download: () => {
    throw new Error('There is no file');
  },
  run: async (_shop, _document, variables) => {
    const { ids } = variables as { ids: string[] };
    if (ids.some((id) => customers.includes(id.split('/').at(-1) ?? ''))) throw new AdminError('later', 'status_502');
    return { data: { nodes: ids.map((id) => ({ __typename: 'Customer', id })) } as never, denied: [] };
  },
});

/** What a list says of each of its customers: null, that they no longer exist. */
async function read(customerIds: string[], admin: Admin, text: Text | null): Promise<(string | null)[]> {
  const db = await testDatabase();
  onTestFinished(async () => await db.close());
  const shop = await createShops(db, createKeys([{ id: 'k1', bytes: Buffer.alloc(32, 7) }])).ensure(
    'test-shop.myshopify.com',
  );
  const asked = { kind: 'customers', from: null, customerIds, segmentId: null } as const;
  const job = await findImport(db, shop, (await createImport(db, shop, asked, Date.now())) ?? '');
  if (!job) throw new Error('The import is gone');
  const work = { shop, job: { ...job, text }, signal: new AbortController().signal };
  const bodies: (string | null)[] = [];
  for await (const { body } of readList({ db, admin, now: Date.now }, work, { line: 0, offset: 0 }, []))
    bodies.push(body);
  return bodies;
}

/** Shopify with a segment of these customers, two on a page. */
const withMembers = (ids: readonly string[]): Admin => ({
  ...silentAbout([]),
  run: async (_shop, _document, variables) => {
    const { after } = variables as { after: string | null };
    const end = Number(after ?? 0) + 2;
    const edges = ids.slice(end - 2, end).map((id) => ({ node: { id: `gid://shopify/CustomerSegmentMember/${id}` } }));
    const pageInfo = { hasNextPage: end < ids.length, endCursor: String(end) };
    return { data: { customerSegmentMembers: { edges, pageInfo } } as never, denied: [] };
  },
});

it('a page of a segment that arrives late, once another process has gone on, is listed once', async () => {
  const db = await testDatabase();
  onTestFinished(async () => await db.close());
  const shop = await createShops(db, createKeys([{ id: 'k1', bytes: Buffer.alloc(32, 7) }])).ensure(
    'test-shop.myshopify.com',
  );
  const asked = { kind: 'customers', from: null, customerIds: null, segmentId: '5' } as const;
  const id = (await createImport(db, shop, asked, Date.now())) ?? '';
  const admin = withMembers(IDS.slice(0, 6));
  const goOn = async () => {
    const job = await findImport(db, shop, id);
    if (!job) throw new Error('The import is gone');
    const work = { shop, job, until: Infinity, signal: new AbortController().signal };
    return async () => await listMembers({ db, admin, cursors: new Map() }, work, '5');
  };
  const late = await goOn();
  await (await goOn())();
  await (await goOn())();
  await late();
  await (await goOn())();
  expect(await loadPage(db, shop, id, 0)).toEqual(IDS.slice(0, 6));
});

it('a list waits at first if Shopify answers nothing, and then goes on without the customer who is why', async () => {
  const admin = silentAbout(['104']);
  await expect(read(IDS, admin, null)).rejects.toThrow('status_502');
  const bodies = await read(IDS, admin, LATER);
  // Asked for again, by itself, as for a webhook that holds only an id.
  expect(bodies.map((body) => body === '{"id":104}')).toEqual(IDS.map((id) => id === '104'));
  expect(bodies.every((body) => body !== null)).toBe(true);
});

it.each([
  ['one customer', IDS.slice(0, 1)],
  ['two customers', IDS.slice(0, 2)],
  ['many customers', IDS],
])('nothing is concluded about a list of %s while Shopify answers nothing at all', async (_, ids) => {
  await expect(read(ids, silentAbout(IDS), LATER)).rejects.toThrow('status_502');
});
