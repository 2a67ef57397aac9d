import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FileRecord, inGroups, readFileRecords } from '../../server/admin/bulk-file.ts';
import type { Position } from '../../server/domain/imports.ts';

const START: Position = { line: 0, offset: 0 };

async function read(
  kind: 'customers' | 'orders',
  text: string | Buffer,
  chunk = 7,
  from = START,
  keys: string[] = [],
  { denied = [], size = null }: { denied?: string[]; size?: number | null } = {},
): Promise<FileRecord[]> {
  const bytes = Buffer.from(text).subarray(from.offset);
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  }
  const records: FileRecord[] = [];
  for await (const record of readFileRecords(chunks(), from, { kind, metafieldKeys: keys, denied, size }))
    records.push(record);
  return records;
}

const customer = (id: number) => JSON.stringify({ id: `gid://shopify/Customer/${id}`, firstName: 'Zoë "{}" 🏔' });
const child = (id: number, value: string) =>
  JSON.stringify({ namespace: 'a', key: 'b', type: 'x', value, __parentId: `gid://shopify/Customer/${id}` });

describe('the file of a bulk operation', () => {
  it('names in each record the fields that were left out of the read', async () => {
    const records = await read('orders', '{"id":"gid://shopify/Order/1"}\n', 7, START, [], {
      denied: ['customer.firstName'],
    });
    expect(JSON.parse(records[0]?.body ?? '')).toMatchObject({ __typename: 'Order', denied: ['customer.firstName'] });
  });

  it('gives one record per node, with its children, the requested keys, and the position after it', async () => {
    const text = `${customer(1)}\n${customer(2)}\n${child(2, 'first')}\n${child(2, 'second')}\n${customer(3)}\n`;
    const records = await read('customers', text, 5, START, ['a.b']);
    expect(records.map(({ body }) => JSON.parse(body))).toMatchObject([
      { __typename: 'Customer', id: 'gid://shopify/Customer/1', metafields: [], metafieldKeys: ['a.b'] },
      { id: 'gid://shopify/Customer/2', metafields: [{ value: 'first' }, { value: 'second' }] },
      { id: 'gid://shopify/Customer/3', metafields: [] },
    ]);
    expect(records.map(({ line, next }) => [line, next.line])).toEqual([
      [0, 1],
      [1, 4],
      [4, 5],
    ]);
    expect(records.at(-1)?.next.offset).toBe(Buffer.byteLength(text));
  });

  it('gives an order its lines', async () => {
    const text = '{"id":"gid://shopify/Order/1"}\n{"title":"Pass","__parentId":"gid://shopify/Order/1"}\n';
    const [order] = await read('orders', text);
    expect(JSON.parse(order?.body ?? '')).toMatchObject({ __typename: 'Order', lineItems: [{ title: 'Pass' }] });
  });

  it('takes no text inside a node for a child', async () => {
    const text = `${JSON.stringify({ id: 'gid://shopify/Customer/1' })}\n${JSON.stringify({ id: 'gid://shopify/Customer/2', note: '"__parentId":"x"' })}\n`;
    expect(await read('customers', text)).toHaveLength(2);
  });

  it.each([
    ['name', { lastName: '__parentId' }],
    ['tag', { tags: ['__parentId'] }],
  ])('takes nobody for a child whose %s is what a child names its parent with', async (_, over) => {
    const odd = JSON.stringify({ id: 'gid://shopify/Customer/2', ...over });
    const records = await read('customers', `${customer(1)}\n${odd}\n${child(2, 'mine')}\n${customer(3)}\n`);
    expect(records.map(({ body }) => JSON.parse(body))).toMatchObject([
      { id: 'gid://shopify/Customer/1', metafields: [] },
      { id: 'gid://shopify/Customer/2', metafields: [{ value: 'mine' }], ...over },
      { id: 'gid://shopify/Customer/3' },
    ]);
  });

  it('gives no node the children of another: they are seen, as records without an id', async () => {
    const text = `${child(1, 'early')}\n${customer(1)}\n${child(1, 'mine')}\n${customer(2)}\n${child(1, 'late')}\n${child(2, 'mine')}\n`;
    const records = await read('customers', text);
    expect(records.map(({ body }) => JSON.parse(body))).toMatchObject([
      { value: 'early' },
      { id: 'gid://shopify/Customer/1', metafields: [{ value: 'mine' }] },
      { id: 'gid://shopify/Customer/2', metafields: [] },
      { value: 'late' },
      { value: 'mine' },
    ]);
  });

  it('gives the last record even without a final line break, and skips empty lines', async () => {
    const lines = ['', customer(1), child(1, 'first'), child(1, 'second'), customer(2)];
    const records = await read('customers', lines.join('\n\n'));
    expect(records.map(({ body }) => JSON.parse(body))).toMatchObject([
      { id: 'gid://shopify/Customer/1', metafields: [{ value: 'first' }, { value: 'second' }] },
      { id: 'gid://shopify/Customer/2', metafields: [] },
    ]);
  });

  it.each([
    ['that is', JSON.stringify({ id: 'gid://shopify/Customer/2', note: 'x'.repeat(10 * 1024 * 1024) }), 1],
    ['whose children together are', customer(2), 11],
  ])('gives a record %s longer than 10 MB as one that can’t be read, and the others whole', async (_, large, count) => {
    const children = Array.from({ length: count }, () => child(2, 'x'.repeat(1024 * 1024)));
    const text = [customer(1), large, ...children, customer(3), child(3, 'mine'), ''].join('\n');
    const records = await read('customers', text, 1024 * 1024);
    expect(records.map(({ body }) => body.slice(0, 40))).toEqual([
      expect.stringContaining('Customer'),
      'longer than 10 MB',
      expect.stringContaining('Customer'),
    ]);
    expect(JSON.parse(records[2]?.body ?? '')).toMatchObject({ id: 'gid://shopify/Customer/3', metafields: [{}] });
    expect(records.map(({ line, next }) => [line, next.line])).toEqual([
      [0, 1],
      [1, 2 + count],
      [2 + count, 4 + count],
    ]);
  });

  it.each([
    ['at a line’s end, though Shopify said that there is more', `${customer(1)}\n${customer(2)}\n`, 1],
    ['within a line that can be read, though Shopify said that there is more', `${customer(1)}\n${customer(2)}`, 1],
    ['within a line that can’t be read', `${customer(1)}\n${customer(2).slice(0, -1)}`, null],
    ['within a number', `${customer(1)}\n2`, null],
  ])('is known to be cut off %s', async (_, text, missing) => {
    const size = missing === null ? null : Buffer.byteLength(text) + missing;
    await expect(read('customers', text, 7, START, [], { size })).rejects.toMatchObject({
      failure: 'later',
      why: 'cut_off',
    });
  });

  it('is whole when it has the size that Shopify said, with or without a final line break', async () => {
    for (const text of [`${customer(1)}\n`, customer(1), `${customer(1)}\nnonsense`])
      expect((await read('customers', text, 7, START, [], { size: Buffer.byteLength(text) }))[0]?.line).toBe(0);
  });

  it('returns what isn’t JSON unchanged, so that it is seen', async () => {
    for (const odd of ['nonsense', '{"id":', '"id"}'])
      expect((await read('customers', `${customer(1)}\n${odd}\n${customer(2)}\n`))[1]?.body).toBe(odd);
  });

  it('gives exactly the rest if read on after any record, however the bytes are split', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ children: fc.nat(3), text: fc.string({ unit: 'grapheme' }) }), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.integer({ min: 1, max: 80 }),
        fc.nat(),
        async (nodes, chunk, pick) => {
          const lines = nodes.flatMap(({ children, text }, id) => [
            JSON.stringify({ id: `gid://shopify/Customer/${id}`, firstName: text }),
            ...Array.from({ length: children }, () => child(id, text)),
          ]);
          const text = Buffer.from(lines.map((line) => `${line}\n`).join(''));
          const all = await read('customers', text, chunk);
          expect(all).toHaveLength(nodes.length);
          const at = pick % all.length;
          const rest = await read('customers', text, chunk, all[at]?.next);
          expect(rest).toEqual(all.slice(at + 1));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('records', () => {
  it.each([
    ['so many', 3, [10, 10, 10, 10], [3, 1]],
    ['a megabyte', 100, [300_000, 300_000, 500_000, 1, 2_000_000, 1], [3, 2, 1]],
  ])('come in groups of up to %s', async (_, size, lengths, groups) => {
    async function* records() {
      for (const length of lengths) yield { body: 'x'.repeat(length) };
    }
    const found: number[] = [];
    for await (const group of inGroups(records(), size)) found.push(group.length);
    expect(found).toEqual(groups);
  });
});
