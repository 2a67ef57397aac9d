import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readState } from '../../../server/features/operations/read-state.ts';
import type { OverviewAnswer } from '../../../server/features/overview/api.ts';
import { endChore, takeChore } from '../../../server/store/shops/chore-leases.ts';
import { HOUR } from '../../durations.ts';
import { type Connector, SHOP, startConnector, until } from '../../fakes/connector.ts';
import { emailOf, type FakeShop } from '../../fakes/shopify-shop.ts';
import { customer } from '../../pipeline/bodies.ts';

const ago = (ms: number) => new Date(Math.floor((Date.now() - ms) / 1000) * 1000).toISOString();

let connector: Connector;
let shop: FakeShop;
beforeEach(async () => {
  connector = await startConnector();
  shop = connector.admin.shop(SHOP);
  shop.bulk.polls = 0;
  await connector.connect();
  // Nothing that a test is about to change is still being read: a chore's first look is over.
  await until('the shop was looked at', async () => {
    const rows = await connector.db.query(
      `SELECT 1 FROM reconciliations r JOIN silences s ON s.shop_id = r.shop_id WHERE r.due_at > now() AND s.due_at > now()`,
    );
    return rows[0];
  });
});
afterEach(async () => await connector.stop());

/** The last webhook was this many hours ago, and the shop has had the app for long. */
async function lastWebhook(hours: number): Promise<void> {
  await connector.deliver('customers/update', customer(1));
  await connector.settled();
  await connector.db.query(`UPDATE events SET received_at = now() - $1::float8 * interval '1 hour'`, [hours]);
  await connector.db.query(
    `UPDATE shops SET first_call_at = now() - interval '60 days', first_webhook_at = now() - interval '60 days'`,
  );
  await connector.db.query(
    `UPDATE reconciliations SET orders_until = now() - interval '2 days', customers_until = now() - interval '2 days'`,
  );
}
/** Between two looks of the chore: one in progress would write when to look next from what it read before. */
async function betweenLooks(change: string): Promise<void> {
  const [found] = await connector.db.query<{ id: number }>('SELECT id FROM shops');
  if (!found) throw new Error('no shop');
  const lease = { shopId: found.id, chore: 'silence', owner: randomUUID(), leaseMs: HOUR };
  await until('no look is in progress', async () => (await takeChore(connector.db, lease, false)) || undefined);
  await connector.db.query(change);
  await endChore(connector.db, lease.owner);
}
const look = async () => await betweenLooks(`UPDATE silences SET due_at = now() - interval '1 second'`);
/** Waits until the current silence was checked. */
const looked = async () =>
  await until('the silence was checked', async () => {
    const [row] = await connector.db.query(
      `SELECT 1 FROM silences WHERE looked_at IS NOT NULL AND since > now() - interval '40 hours' AND due_at > now()`,
    );
    return row;
  });
/** Webhooks every ten minutes for two weeks, up to the last one: two hours without any are far too long. */
const EVERY_TEN_MINUTES = `
  INSERT INTO events (id, shop_id, webhook_id, topic, triggered_at, received_at, state, reason, settled_at)
  SELECT gen_random_uuid(), e.shop_id, 'past-' || n, 'customers/update', e.received_at - n * interval '10 minutes',
    e.received_at - n * interval '10 minutes', 'skipped', 'nothing_new', now()
  FROM (SELECT * FROM events WHERE source = 'webhook' ORDER BY received_at DESC LIMIT 1) e, generate_series(1, 2016) n`;
const overview = async () => (await connector.api('GET', '/overview')).body as OverviewAnswer;
const silent = async () => (await overview()).problems.filter(({ kind }) => kind === 'silent');
const gauge = async () => (await readState(connector.db)).silent;

/** A customer who was changed without a webhook. */
const change = (id: number, at: string) =>
  shop.setCustomer({
    id,
    createdAt: ago(50 * HOUR),
    updatedAt: at,
    firstName: 'Ana',
    defaultEmailAddress: emailOf(`ana${id}@example.com`, {}),
  });

describe('a shop whose webhooks stop', () => {
  it('is found by Shopify’s counts, compared at once, shown until webhooks arrive again, and counted for the operator', async () => {
    await lastWebhook(25);
    change(501, ago(3 * HOUR));
    change(502, ago(2 * HOUR));
    await look();
    await until('an entry', async () => (await silent())[0]);
    expect(await silent()).toMatchObject([{ count: 2, message: expect.stringContaining('2 changes happened') }]);
    // Until webhooks come again, which the merchant learns within a minute.
    const soon = `SELECT 1 FROM silences WHERE due_at < now() + interval '2 minutes'`;
    expect(await connector.db.query(soon)).toHaveLength(1);
    // Shopify isn't asked each time.
    const lookedAt = async () => await connector.db.query('SELECT looked_at FROM silences');
    const first = await lookedAt();
    await look();
    await until('it was postponed', async () => (await connector.db.query(`${soon} AND due_at > now()`))[0]);
    expect(await lookedAt()).toEqual(first);
    expect((await overview()).silence).toMatchObject({ state: 'silent' });
    await until('both were compared', async () => {
      const rows = await connector.db.query(
        `SELECT 1 FROM events WHERE source = 'reconciliation' AND state = 'accepted'`,
      );
      return rows.length === 2 ? true : undefined;
    });
    expect(await gauge()).toBe(1);
    // What was found counts once, however often it is checked.
    await connector.settled();
    await betweenLooks(
      `UPDATE silences SET looked_at = now() - interval '1 day', due_at = now() - interval '1 second'`,
    );
    await until('it was checked again', async () => {
      const [row] = await connector.db.query(`SELECT 1 FROM silences WHERE looked_at > now() - interval '1 hour'`);
      return row;
    });
    expect(await silent()).toMatchObject([{ count: 2 }]);
    // Shopify sends a privacy request whatever becomes of the subscriptions.
    await connector.deliver('customers/data_request', { customer: { id: 77 }, data_request: { id: 7 } });
    await look();
    await until('it was checked once more', async () => {
      const [row] = await connector.db.query('SELECT 1 FROM silences WHERE due_at > now()');
      return row;
    });
    expect(await silent()).toMatchObject([{ count: 2 }]);
    expect((await overview()).silence).toMatchObject({ state: 'silent' });
    await connector.deliver('customers/update', customer(1, { first_name: 'Other', updated_at: ago(0) }));
    await look();
    await until('the entry is closed', async () => ((await silent()).length === 0 ? true : undefined));
    expect((await overview()).silence).toBeNull();
    expect(await gauge()).toBe(0);
  });

  it('is found although the usual comparison had already told the app of everything', async () => {
    await lastWebhook(25);
    change(501, ago(3 * HOUR));
    await connector.db.query(`UPDATE reconciliations SET due_at = now() - interval '1 second'`);
    await until('it was compared', async () => {
      const rows = await connector.db.query(
        `SELECT 1 FROM events WHERE source = 'reconciliation' AND state = 'accepted'`,
      );
      return rows[0];
    });
    await look();
    await looked();
    expect(await silent()).toMatchObject([{ count: 1 }]);
    expect((await overview()).silence).toMatchObject({ state: 'silent' });
  });

  it('is no longer called quiet once a comparison finds what no webhook told, long before the next look was due', async () => {
    await lastWebhook(25);
    await look();
    await looked();
    expect((await overview()).silence).toMatchObject({ state: 'quiet' });
    change(501, ago(3 * HOUR));
    await connector.db.query(`UPDATE reconciliations SET due_at = now() - interval '1 second'`);
    await until('an entry', async () => (await silent())[0]);
    expect(await silent()).toMatchObject([{ count: 1 }]);
    expect((await overview()).silence).toMatchObject({ state: 'silent' });
  });

  it('is not called quiet where a comparison finds what no webhook told while Shopify is being asked', async () => {
    await lastWebhook(25);
    const at = ago(3 * HOUR);
    shop.setOrder({ id: 701, email: 'guest@example.com', createdAt: at, processedAt: at, updatedAt: at });
    let isAsked = false;
    shop.behave((operation) => {
      if (operation !== 'OrdersChanged' || isAsked) return null;
      isAsked = true;
      const compared = async () => {
        await connector.db.query(`UPDATE reconciliations SET due_at = now() - interval '1 second'`);
        await until('it was compared', async () => {
          const rows = await connector.db.query(
            `SELECT 1 FROM events WHERE source = 'reconciliation' AND state = 'accepted'`,
          );
          return rows[0];
        });
      };
      return { meanwhile: compared };
    });
    await look();
    await looked();
    expect(await silent()).toMatchObject([{ count: 1 }]);
    expect((await overview()).silence).toMatchObject({ state: 'silent' });
  });

  it('counts a change once, however often Shopify is asked before the comparison gets to it', async () => {
    await lastWebhook(25);
    change(501, ago(3 * HOUR));
    const [found] = await connector.db.query<{ id: number }>('SELECT id FROM shops');
    const lease = { shopId: found?.id ?? 0, chore: 'reconciliation', owner: randomUUID(), leaseMs: HOUR };
    await until('none is in progress', async () => (await takeChore(connector.db, lease, false)) || undefined);
    await look();
    await looked();
    await betweenLooks(
      `UPDATE silences SET looked_at = now() - interval '1 day', due_at = now() - interval '1 second'`,
    );
    await until('it was checked again', async () => {
      const [row] = await connector.db.query(`SELECT 1 FROM silences WHERE looked_at > now() - interval '1 hour'`);
      return row;
    });
    expect(await silent()).toMatchObject([{ count: 1 }]);
  });

  it('is no longer listed when webhooks came again while Shopify was asked about it', async () => {
    await lastWebhook(25);
    change(501, ago(3 * HOUR));
    let isBack = false;
    shop.behave((operation) => {
      if (operation !== 'OrdersChanged' || isBack) return null;
      isBack = true;
      return { meanwhile: async () => void (await connector.send('customers/update', customer(1))) };
    });
    await look();
    // Perhaps it is closed already: a look that was due during another follows at once.
    await until('an entry', async () => (await connector.db.query(`SELECT 1 FROM problems WHERE kind = 'silent'`))[0]);
    await look();
    await until('the entry is closed', async () => ((await silent()).length === 0 ? true : undefined));
  });

  it('is found whatever changed before: customers who were deleted prove nothing, and count as nothing', async () => {
    const deleted = [501, 502, 503, 504, 505, 506];
    for (const id of deleted) await connector.deliver('customers/delete', { id });
    await lastWebhook(25);
    for (const id of deleted) change(id, ago(3 * HOUR));
    change(507, ago(2 * HOUR));
    await look();
    await looked();
    expect(await silent()).toMatchObject([{ count: 1 }]);
  });

  it('is found however much Shopify lists from before it: what is newest is asked for first', async () => {
    await lastWebhook(25);
    // More than is ever looked through, on the day before the silence.
    for (let id = 1000; id < 6200; id++) change(id, ago(26 * HOUR));
    change(501, ago(3 * HOUR));
    await look();
    await looked();
    expect(await silent()).toMatchObject([{ count: 1 }]);
  });

  it('is compared, and not called quiet, where more changed than is looked through and what was proves nothing', async () => {
    const deleted = Array.from({ length: 51 }, (_, i) => 501 + i);
    for (const id of deleted) await connector.deliver('customers/delete', { id });
    await lastWebhook(25);
    for (const id of deleted) change(id, ago(3 * HOUR));
    change(601, ago(2 * HOUR));
    await look();
    await until('it was compared', async () => {
      const rows = await connector.db.query(
        `SELECT 1 FROM events WHERE source = 'reconciliation' AND state = 'accepted'`,
      );
      return rows[0];
    });
    expect([await silent(), (await overview()).silence]).toEqual([[], null]);
    await look();
    await looked();
    expect(await silent()).toMatchObject([{ count: 1 }]);
  });

  it('is listed without access as perhaps silent, perhaps broken, and proves nothing to the operator', async () => {
    await lastWebhook(25);
    await connector.db.query('DELETE FROM admin_tokens');
    await look();
    // Not through a call: it would bring a token.
    await until('an entry', async () => (await connector.db.query(`SELECT 1 FROM problems WHERE kind = 'silent'`))[0]);
    expect(await silent()).toMatchObject([{ message: expect.stringContaining('can’t tell whether nothing happened') }]);
    expect((await overview()).silence).toMatchObject({ state: 'unknown' });
    expect(await gauge()).toBe(0);
  });

  it('is found by the customers alone where Shopify refuses to say anything of orders', async () => {
    shop.denied.add('QueryRoot.orders');
    await lastWebhook(25);
    change(501, ago(3 * HOUR));
    await look();
    await until('an entry', async () => (await silent())[0]);
    // What Shopify said stays true when it can't be asked any more.
    await betweenLooks('DELETE FROM admin_tokens');
    await betweenLooks(
      `UPDATE silences SET looked_at = now() - interval '2 days', due_at = now() - interval '1 second'`,
    );
    await until('it was checked again', async () => {
      const [row] = await connector.db.query('SELECT 1 FROM silences WHERE missed IS NULL');
      return row;
    });
    expect(await silent()).toMatchObject([{ count: 1, message: expect.stringContaining('1 change happened') }]);
  });

  it('is neither listed nor called quiet while Shopify refuses to say part of it: it is asked again soon', async () => {
    shop.denied.add('QueryRoot.orders');
    await lastWebhook(25);
    await look();
    await until('the next look is soon', async () => {
      const [row] = await connector.db.query(
        `SELECT 1 FROM silences WHERE due_at > now() AND due_at < now() + interval '6 minutes'`,
      );
      return row;
    });
    expect([await silent(), (await overview()).silence]).toEqual([[], null]);
  });

  it('that could not be asked about is no longer listed once Shopify confirms that nothing happened', async () => {
    await lastWebhook(25);
    await connector.db.query('DELETE FROM admin_tokens');
    await look();
    await until('an entry', async () => (await connector.db.query(`SELECT 1 FROM problems WHERE kind = 'silent'`))[0]);
    // The call brings a token.
    await until('the call brought a token', async () => {
      await overview();
      const [row] = await connector.db.query('SELECT 1 FROM admin_tokens WHERE pair IS NOT NULL');
      return row;
    });
    await betweenLooks(
      `UPDATE silences SET looked_at = now() - interval '2 minutes', due_at = now() - interval '1 second'`,
    );
    await until('the entry is closed', async () => ((await silent()).length === 0 ? true : undefined));
    expect((await overview()).silence).toMatchObject({ state: 'quiet' });
  });

  it('is found as soon as its own pattern makes the silence unlikely, long before a day is over', async () => {
    await lastWebhook(3);
    await connector.db.query(EVERY_TEN_MINUTES);
    change(501, ago(HOUR));
    await look();
    await until('an entry', async () => (await silent())[0]);
    expect(await silent()).toMatchObject([{ count: 1 }]);
  });

  it('is found as soon as that also if they had come again after a long silence in which nothing happened', async () => {
    await lastWebhook(25);
    await look();
    await looked();
    await connector.deliver('customers/update', customer(1, { first_name: 'Other', updated_at: ago(0) }));
    change(501, ago(HOUR));
    await connector.db.query(EVERY_TEN_MINUTES);
    // Two hours go by.
    await betweenLooks(
      `WITH e AS (UPDATE events SET received_at = received_at - interval '2 hours')
       UPDATE silences SET looked_at = looked_at - interval '2 hours', due_at = due_at - interval '2 hours'`,
    );
    await until('an entry', async () => (await silent())[0]);
    expect(await silent()).toMatchObject([{ count: 1 }]);
  });
});

describe('a shop in which nothing happens', () => {
  it('is no problem: the overview says that Shopify confirms it, and it is asked again only later', async () => {
    await lastWebhook(25);
    await look();
    await looked();
    expect(await silent()).toEqual([]);
    expect((await overview()).silence).toMatchObject({
      state: 'quiet',
      message: expect.stringMatching(/^No webhooks since .+; Shopify confirms that nothing happened\.$/),
    });
    const lookedAt = async () => await connector.db.query('SELECT looked_at FROM silences');
    const first = await lookedAt();
    await look();
    await looked();
    expect(await lookedAt()).toEqual(first);
  });

  it('is not checked within its usual gaps, nor for a change whose webhook may be on its way', async () => {
    await lastWebhook(5);
    change(501, ago(HOUR));
    await look();
    await until('it was postponed', async () => {
      const [row] = await connector.db.query('SELECT 1 FROM silences WHERE looked_at IS NULL AND due_at > now()');
      return row;
    });
    expect([await silent(), (await overview()).silence]).toEqual([[], null]);
    await connector.db.query(`UPDATE events SET received_at = now() - interval '25 hours'`);
    change(501, ago(30_000));
    await look();
    await looked();
    expect(await silent()).toEqual([]);
  });
});
