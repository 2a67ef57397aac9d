import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connector, startConnector, until } from '../fakes/connector.ts';
import { takeSignUp } from '../fakes/take-sign-up.ts';

let connector: Connector;
beforeAll(async () => {
  connector = await startConnector();
});
afterAll(async () => await connector.stop());

const settings = {
  mapping: {
    interests: [{ from: 'tag', prefix: 'interest:' }],
    newsletters: [{ from: 'text', values: ['Daily Snow Report'] }],
  },
};
const post = {
  'contact[email]': 'mia@example.com',
  'contact[first_name]': 'Mia',
  'contact[tags]': 'newsletter,interest:Ski',
};
const told = {
  FirstName: 'Mia',
  Email: 'mia@example.com',
  EmailPermission: true,
  Interests: ['Ski'],
  NewsLetters: ['Daily Snow Report'],
};

const anyOrder = [
  ['create', 'tags', 'consent'],
  ['create', 'consent', 'tags'],
  ['tags', 'create', 'consent'],
  ['tags', 'consent', 'create'],
  ['consent', 'create', 'tags'],
  ['consent', 'tags', 'create'],
] as const;
type Order = readonly (typeof anyOrder)[number][number][];

/** A shop that has the app. `mayRead`: whether its Admin API can be used. */
async function freshShop(mayRead: boolean) {
  const shop = `form-${randomUUID()}.myshopify.com`;
  const guid = await connector.connect(settings, shop);
  const { db } = connector;
  const tokens = 'FROM admin_tokens WHERE shop_id = (SELECT id FROM shops WHERE domain = $1)';
  await until('the token is there', async () => (await db.query(`SELECT 1 ${tokens} AND pair IS NOT NULL`, [shop]))[0]);
  if (!mayRead) await db.query(`DELETE ${tokens}`, [shop]);
  return {
    signUp: async (order: Order, between: () => Promise<unknown>) => {
      const events = takeSignUp(connector.admin.shop(shop), 700, post);
      for (const name of order) {
        const event = events.find((one) => one.name === name);
        if (event) await connector.send(event.topic, event.body, { shop });
        await between();
      }
      return await connector.settled(shop);
    },
    settled: async () => await connector.settled(shop),
    sent: () => connector.ascent360.receivedFor(guid).map((record) => record.body),
  };
}

const nothing = async () => {};

// Each has a shop of its own and mostly waits, so they run concurrently.
describe('a sign-up on the storefront is one delivery with the permission, the newsletters and the interests', () => {
  it.concurrent.each(anyOrder)('when Shopify sends %s, %s and %s at once', async (...order) => {
    const shop = await freshShop(true);
    await shop.signUp(order, nothing);
    expect(shop.sent()).toEqual([expect.objectContaining(told)]);
  });

  it.concurrent.each(anyOrder)('when Shopify sends %s, later %s and later %s', async (...order) => {
    const shop = await freshShop(true);
    await shop.signUp(order, shop.settled);
    expect(shop.sent()).toEqual([expect.objectContaining(told)]);
  });

  it.concurrent.each(anyOrder)('when Shopify cannot be read, and sends %s, %s and %s at once', async (...order) => {
    const shop = await freshShop(false);
    await shop.signUp(order, nothing);
    expect(shop.sent()).toEqual([expect.objectContaining(told)]);
  });
});

it.concurrent.each(anyOrder)(
  'when Shopify cannot be read, and sends %s, then much later %s and %s, a sign-up is sent in full, the permission once',
  async (...order) => {
    const shop = await freshShop(false);
    const events = await shop.signUp(order, shop.settled);
    expect(events.every(({ state }) => state === 'accepted' || state === 'skipped')).toBe(true);
    const merged = Object.assign({}, ...shop.sent());
    expect(merged).toMatchObject(told);
    expect(shop.sent().filter((body) => 'EmailPermission' in Object(body))).toHaveLength(1);
    expect(shop.sent().at(-1)).toMatchObject({ Interests: ['Ski'], NewsLetters: ['Daily Snow Report'] });
  },
);
