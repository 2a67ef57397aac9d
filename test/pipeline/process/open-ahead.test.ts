import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openAhead } from '../../../server/pipeline/process/open-ahead.ts';
import { processEvents } from '../../../server/pipeline/process/process.ts';
import { createLog } from '../../../server/platform/log.ts';
import { openScene, type Scene } from '../../features/activity/scene.ts';
import { customer } from '../bodies.ts';

let base: Scene;
beforeAll(async () => {
  base = await openScene();
});
afterAll(async () => await base.close());
beforeEach(async () => await base.begin({}));

const receiveCustomers = async (...numbers: number[]) => {
  const received: string[] = [];
  for (const id of numbers) received.push(await base.receive('customers/create', customer(id)));
  return received;
};

const idsOf = (opened: { events: readonly { row: { id: string } }[] } | null) =>
  opened?.events.map(({ row }) => row.id) ?? null;

describe('what is opened ahead', () => {
  it('is what comes next, once', async () => {
    const ids = await receiveCustomers(1, 2, 3, 4, 5);
    const ahead = openAhead(base, base.shop, () => true);
    ahead.begin(ids[1] ?? '', 2);
    expect(idsOf(await ahead.take(2))).toEqual(ids.slice(2, 4));
    expect(await ahead.take(2)).toBe(null);
  });

  const usual = { may: true, limit: 2, forgets: false, note: '' };

  it.each([
    ['nothing, while other shops are worked on', { ...usual, may: false }],
    ['nothing, when fewer are asked for', { ...usual, limit: 1 }],
    ['nothing, when the batch before was not handled as a whole', { ...usual, forgets: true }],
    [
      'nothing, when one is so large that it would hold up the batch before',
      { ...usual, note: randomBytes(64 * 1024).toString('hex') },
    ],
  ])('is %s', async (_, { may, limit, forgets, note }) => {
    const [first = ''] = await receiveCustomers(1, 2);
    await base.receive('customers/create', { ...customer(3), note });
    const ahead = openAhead(base, base.shop, () => may);
    ahead.begin(first, 2);
    if (forgets) ahead.forget();
    expect(await ahead.take(limit)).toBe(null);
  });
});

describe('a shop whose batches are opened ahead', () => {
  const begin = ({
    limit = 2,
    meanwhile = async () => {},
  }: {
    limit?: number;
    meanwhile?(): Promise<unknown>;
  } = {}) => {
    const { db, shop, shops } = base;
    const opening = openAhead(base, shop, () => true);
    const given: (string[] | null)[] = [];
    const take = async (most: number) => {
      const opened = await opening.take(most);
      if (opened) await meanwhile();
      given.push(idsOf(opened));
      return opened;
    };
    const deps = { db, shops, log: createLog('silent'), now: () => base.now, ahead: { ...opening, take } };
    return { given, process: async () => await processEvents(deps, shop, limit) };
  };

  it('has each event translated once, in order', async () => {
    const ids = await receiveCustomers(1, 2, 3, 4, 5);
    const { given, process } = begin();
    const handled = [await process(), await process(), await process(), await process()];
    expect(handled).toEqual([2, 2, 1, 0]);
    expect(given).toEqual([null, ids.slice(2, 4), ids.slice(4), null]);
    const rows = await base.db.query('SELECT id FROM events WHERE shop_id = $1 AND state = $2 ORDER BY id', [
      base.shop.id,
      'open',
    ]);
    expect(rows).toEqual(ids.map((id) => ({ id })));
  });

  it('goes on with what comes after when another process has handled that batch meanwhile', async () => {
    const ids = await receiveCustomers(1, 2, 3, 4, 5);
    const { given, process } = begin({
      meanwhile: async () =>
        await base.db.query(`UPDATE events SET state = 'skipped' WHERE id = ANY($1::uuid[])`, [ids.slice(2, 4)]),
    });
    await process();
    expect(await process()).toBe(1);
    expect(given).toEqual([null, ids.slice(2, 4), null]);
  });

  it.each([
    ['in the batch before', 1, 2],
    ['in a batch of its own', 0, 1],
    ['in the batch that was opened ahead', 2, 2],
  ])('has its orders read with the country that the shop moved to %s', async (_, before, limit) => {
    for (let id = 1; id <= before; id++) await receiveCustomers(id);
    await base.receive('shop/update', { id: 1, myshopify_domain: base.shop.domain, country_code: 'FR' });
    await base.receive('customers/create', customer(9, { phone: null, default_address: { phone: '06 12 34 56 78' } }));
    const { process } = begin({ limit });
    while ((await process()) > 0);
    const sent = await base.work();
    expect(sent.at(-1)).toMatchObject({ Phone: '33612345678' });
  });
});
