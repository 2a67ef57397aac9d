import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenAdmin, openAdmin } from '../../../server/admin/open-admin.ts';
import { flowChore } from '../../../server/features/flow/announce.ts';
import { readConfig } from '../../../server/platform/config.ts';
import { loadKeys } from '../../../server/platform/keys.ts';
import { createLog } from '../../../server/platform/log.ts';
import { createShops, type Shops } from '../../../server/store/shops/shops.ts';
import { API_KEY, type Connector, SECRET, SHOP, startConnector, until } from '../../fakes/connector.ts';
import { flowRun, postRun } from '../../fakes/flow-sender.ts';
import type { FakeShop } from '../../fakes/shopify-shop.ts';
import { customer, DAY, EMAIL, emailConsent } from '../../pipeline/bodies.ts';

const ENCRYPTION_KEYS = `k1:${Buffer.alloc(32, 7).toString('base64')}`;
const never = new AbortController().signal;

let connector: Connector;
let opened: OpenAdmin;
let shops: Shops;
beforeAll(async () => {
  // The app's own chores look once at the start and not again: each test looks when it is ready.
  connector = await startConnector({ SWEEP_INTERVAL: '1h' });
  const config = readConfig({
    SHOPIFY_API_KEY: API_KEY,
    SHOPIFY_API_SECRET: SECRET,
    SHOPIFY_ADMIN_ORIGIN: connector.admin.url,
    ENCRYPTION_KEYS,
  });
  const { db } = connector;
  opened = openAdmin({ config, db, log: createLog('silent'), now: Date.now, random: Math.random });
  shops = createShops(db, await loadKeys(config));
});
afterAll(async () => {
  opened.close();
  await connector.stop();
});

/** A connected shop of its own, and what Flow was told about it. */
async function freshShop() {
  const domain = `told-${randomUUID()}.myshopify.com`;
  await connector.connect({}, domain);
  const shop = await shops.ensure(domain);
  const there = connector.admin.shop(domain);
  await until('the app may read the shop', async () => ((await opened.admin.hasAccess(shop)) ? true : undefined));
  const { db } = connector;
  const chore = flowChore({ db, admin: opened.admin, log: createLog('silent'), apiKey: API_KEY, everyMs: 0 });
  const look = async () => {
    for (;;) {
      if (!(await chore.due(db)).includes(shop.id)) return;
      while (await chore.work(shop, never));
    }
  };
  return {
    domain,
    there,
    /** The trigger's texts, oldest first. */
    problems: async () => {
      await look();
      return there.flowTriggers.map(({ payload }) => Object(payload).Problem);
    },
    isDue: async () => (await chore.due(connector.db)).includes(shop.id),
    forgetToken: async () => {
      await db.query('DELETE FROM admin_tokens WHERE shop_id = $1', [shop.id]);
    },
    open: async () => {
      await connector.api('GET', '/overview', undefined, domain);
      await until('the app may read the shop', async () => ((await opened.admin.hasAccess(shop)) ? true : undefined));
    },
    /** As if this much time had passed. */
    pass: async () => {
      await connector.db.query(
        `UPDATE flow_openings SET next_try_at = next_try_at - interval '15 minutes' WHERE shop_id = $1`,
        [shop.id],
      );
    },
    send: async (topic: string, body: object) => {
      const webhookId = randomUUID();
      await connector.send(topic, body, { shop: domain, webhookId });
      return webhookId;
    },
    deliver: async (topic: string, body: object) => await connector.deliver(topic, body, { shop: domain }),
    run: async (customerId: number) => {
      await postRun(connector.url, flowRun(domain, customerId), { secret: SECRET });
    },
    settled: async () => await connector.settled(domain),
    dismiss: async () => {
      for (const row of await connector.events(domain)) {
        if (row.state === 'attention') await connector.api('POST', `/activity/${row.id}/dismiss`, {}, domain);
      }
    },
  };
}

const answer = (status: number | null) => connector.ascent360.behave(status === null ? 'accept' : () => ({ status }));

const waitForProblem = async (domain: string) =>
  await until('the connection is refused', async () => {
    const [row] = await connector.db.query(
      'SELECT 1 FROM settings s JOIN shops p ON p.id = s.shop_id WHERE p.domain = $1 AND problem_since IS NOT NULL',
      [domain],
    );
    return row;
  });

describe('Shopify Flow is told', () => {
  it('about a rejected record once, and again if another is rejected after the first was dealt with', async () => {
    const shop = await freshShop();
    answer(400);
    await shop.deliver('customers/create', customer(1));
    expect(await shop.problems()).toEqual(['Ascent360 rejected a record']);
    await shop.deliver('customers/create', customer(2));
    expect(await shop.problems()).toHaveLength(1);
    await shop.dismiss();
    expect(await shop.problems()).toHaveLength(1);
    await shop.deliver('customers/create', customer(3));
    answer(null);
    expect(await shop.problems()).toEqual(['Ascent360 rejected a record', 'Ascent360 rejected a record']);
  });

  it('with the trigger’s handle, the app’s page, and nothing about a person', async () => {
    const shop = await freshShop();
    answer(400);
    await shop.deliver('customers/create', customer(1));
    answer(null);
    await shop.problems();
    expect(shop.there.flowTriggers).toEqual([
      {
        handle: 'ascent360-needs-attention',
        payload: {
          Problem: 'Ascent360 rejected a record',
          Details: 'Ascent360 rejected at least one record. Fix the cause, then resend it.',
          'App page': `https://${shop.domain}/admin/apps/${API_KEY}/activity?state=attention`,
        },
      },
    ]);
  });

  it('about a refused connection, and again if it is refused anew, even if nobody looked in between', async () => {
    const shop = await freshShop();
    answer(401);
    await shop.send('customers/create', customer(1));
    await waitForProblem(shop.domain);
    expect(await shop.problems()).toEqual(['Ascent360 doesn’t accept the connection']);
    // Any status may be behind it: only some may mean a wrong GUID.
    expect(shop.there.flowTriggers[0]).toMatchObject({
      payload: { Details: expect.stringMatching(/^Nothing is sent until it works again/) },
    });
    answer(null);
    await connector.connect({}, shop.domain);
    await shop.settled();
    answer(401);
    await shop.send('customers/create', customer(2));
    await waitForProblem(shop.domain);
    answer(null);
    expect(await shop.problems()).toHaveLength(2);
  });

  it('about an opt-out that has not arrived for 3 days, and not earlier', async () => {
    const shop = await freshShop();
    answer(503);
    await shop.deliver('customers/create', customer(1)).catch(() => undefined);
    await shop.send(EMAIL, emailConsent(1, 'unsubscribed', new Date().toISOString()));
    const came = async (days: number) =>
      await connector.db.query(
        `UPDATE events e SET received_at = now() - $2 * interval '1 millisecond'
         FROM deliveries d WHERE d.event_id = e.id AND d.open AND d.carries_opt_out AND d.first_attempt_at IS NOT NULL
           AND d.shop_id = (SELECT id FROM shops WHERE domain = $1) RETURNING e.id`,
        [shop.domain, days * DAY],
      );
    await until('the opt-out was tried', async () => ((await came(2.9)).length > 0 ? true : undefined));
    expect(await shop.problems()).toEqual([]);
    await came(3.1);
    expect(await shop.problems()).toEqual(['Ascent360 hasn’t accepted an opt-out']);
    answer(null);
  });

  it('about an opt-out waiting for 3 days because sending is paused, even though nothing was tried', async () => {
    const shop = await freshShop();
    await connector.connect({ paused: true }, shop.domain);
    await shop.send(EMAIL, emailConsent(1, 'unsubscribed', new Date().toISOString()));
    const ofShop = 'shop_id = (SELECT id FROM shops WHERE domain = $1)';
    await until('the opt-out is waiting', async () => {
      const sql = `SELECT 1 FROM deliveries WHERE open AND carries_opt_out AND attempts = 0 AND ${ofShop}`;
      return (await connector.db.query(sql, [shop.domain]))[0];
    });
    const came = async (days: number) =>
      await connector.db.query(
        `UPDATE events SET received_at = now() - $2 * interval '1 millisecond' WHERE ${ofShop}`,
        [shop.domain, days * DAY],
      );
    await came(2.9);
    expect(await shop.problems()).toEqual([]);
    await came(3.1);
    expect(await shop.problems()).toEqual(['Ascent360 hasn’t accepted an opt-out']);
  });

  it('about each privacy request', async () => {
    const shop = await freshShop();
    const asked = (id: number) => ({ customer: { id, email: `p${id}@example.com` }, data_request: { id: 90 + id } });
    await shop.deliver('customers/data_request', asked(1));
    await shop.deliver('customers/data_request', asked(2));
    expect(await shop.problems()).toEqual(Array(2).fill('A privacy request needs your answer'));
    expect(JSON.stringify(shop.there.flowTriggers)).not.toContain('@example.com');
  });

  it('nothing about a data request whose customer was erased before Flow could be told: nobody can answer it', async () => {
    const shop = await freshShop();
    const person = { customer: { id: 1, email: 'p1@example.com' } };
    await shop.deliver('customers/data_request', { ...person, data_request: { id: 91 } });
    await shop.deliver('customers/redact', person);
    // About the erasure.
    expect(await shop.problems()).toEqual(['A privacy request needs your answer']);
  });

  it('nothing about problems of a delivery that Flow itself started', async () => {
    const shop = await freshShop();
    await shop.deliver('customers/create', customer(1));
    answer(400);
    await shop.run(1);
    await shop.settled();
    expect(await shop.isDue()).toBe(false);
    answer(401);
    await shop.run(1);
    await waitForProblem(shop.domain);
    expect(await shop.problems()).toEqual([]);
    await shop.send('customers/update', customer(1, { first_name: 'Kim' }));
    expect(await shop.problems()).toEqual(['Ascent360 doesn’t accept the connection']);
    answer(null);
  });

  it('once somebody opens the app, if there was no access earlier', async () => {
    const shop = await freshShop();
    answer(400);
    await shop.deliver('customers/create', customer(1));
    answer(null);
    await shop.forgetToken();
    expect(await shop.problems()).toEqual([]);
    expect(await shop.isDue()).toBe(false);
    await shop.open();
    await shop.pass();
    expect(await shop.problems()).toEqual(['Ascent360 rejected a record']);
  });

  it.each<[string, (there: FakeShop) => void]>([
    ['fails', (there) => there.behave([{ status: 502 }])],
    ['cuts the call', (there) => there.behave([{ cut: true }])],
    ['does not know the trigger yet', (there) => (there.flowHandles = new Set())],
  ])('later, if Shopify %s', async (_, misbehave) => {
    const shop = await freshShop();
    answer(400);
    await shop.deliver('customers/create', customer(1));
    answer(null);
    misbehave(shop.there);
    expect(await shop.problems()).toEqual([]);
    expect(await shop.isDue()).toBe(false);
    shop.there.flowHandles = null;
    await shop.pass();
    expect(await shop.problems()).toEqual(['Ascent360 rejected a record']);
  });

  it('nothing about a problem that was over before Flow could be told', async () => {
    const shop = await freshShop();
    answer(400);
    await shop.deliver('customers/create', customer(1));
    answer(null);
    shop.there.behave([{ status: 502 }]);
    await shop.problems();
    await shop.dismiss();
    await shop.pass();
    expect(await shop.problems()).toEqual([]);
  });

  it('nothing about a shop that has uninstalled the app', async () => {
    const shop = await freshShop();
    answer(400);
    await shop.deliver('customers/create', customer(1));
    answer(null);
    await shop.deliver('app/uninstalled', { id: 1 });
    expect(await shop.isDue()).toBe(false);
  });

  it('by the running app itself', async () => {
    const running = await startConnector();
    const guid = await running.connect();
    running.ascent360.behave(() => ({ status: 400 }));
    await running.deliver('customers/create', customer(1));
    const { flowTriggers } = running.admin.shop(SHOP);
    await until('Flow is told', async () => flowTriggers[0]);
    expect(flowTriggers).toMatchObject([{ payload: { Problem: 'Ascent360 rejected a record' } }]);
    expect(JSON.stringify(flowTriggers)).not.toContain(guid);
    await running.stop();
  });
});
