import { expect, it } from 'vitest';
import { ledgerChore } from '../../../server/pipeline/ledger/check.ts';
import type { Db } from '../../../server/platform/database/db.ts';
import { createLog } from '../../../server/platform/log.ts';
import { emailOf } from '../../fakes/shopify-shop.ts';
import { ago, customer, MINUTE } from '../bodies.ts';
import { readScene } from '../read/scene.ts';

const scene = readScene();

const optedOut = emailOf('person1@example.com', { marketingState: 'UNSUBSCRIBED', marketingUpdatedAt: ago(MINUTE) });
const told = { Email: 'person1@example.com', EmailPermission: false };

it.each([1, 2, 3, 4, 5])(
  'a new account that is named after statement %i of a check is sent what the old one has',
  async (after) => {
    const { db, shop } = scene.base;
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedOut });
    await scene.receive('customers/create', customer(1));
    await scene.read();
    expect(await scene.send()).toMatchObject([told]);
    let statements = 0;
    const query = async <Row extends object>(...asked: Parameters<Db['query']>): Promise<Row[]> => {
      const rows = await db.query<Row>(...asked);
      statements += 1;
      if (statements === after) {
        await scene.base.save({ guid: '9d41be07-52aa-4c1f-8e36-71f0a5cd1e02', newAccount: true });
      }
      return rows;
    };
    // The first page takes so long that the rest comes in another piece.
    let looks = 0;
    const check = ledgerChore({
      db: { ...db, query },
      log: createLog('silent'),
      now: () => Date.now() + Math.min(looks++, 2) * 3000,
      wake: () => {},
    });
    while (await check.work(shop, new AbortController().signal));
    expect(statements).toBeGreaterThan(after);
    expect(await scene.send()).toMatchObject([told]);
  },
);
