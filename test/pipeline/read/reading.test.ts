/**
 * The whole app with the stand-ins for Shopify and Ascent360: what is read about people, and when
 * it is sent.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Connector, startConnector, until } from '../../fakes/connector.ts';
import { emailOf } from '../../fakes/shopify-shop.ts';
import { ago, buyer, EMAIL, emailConsent, MINUTE, order } from '../bodies.ts';

let connector: Connector;
let shop: string;
let guid: string;
/** Long enough for the slowest machine, and over at once. */
let patient: Connector;
let impatient: Connector;
beforeAll(async () => {
  patient = await startConnector({ READ_WAIT: '1h' });
  impatient = await startConnector({ READ_WAIT: '1ms' });
});
afterAll(async () => {
  await patient.stop();
  await impatient.stop();
});
afterEach(() => connector.admin.shop(shop).behave([]));

/** A connected shop of its own that the app may read. */
async function freshShop(one: Connector = patient) {
  connector = one;
  shop = `reading-${randomUUID()}.myshopify.com`;
  guid = await connector.connect({}, shop);
  await until('the app may read the shop', async () => {
    const rows = await connector.db.query(
      'SELECT 1 FROM admin_tokens t JOIN shops s ON s.id = t.shop_id WHERE s.domain = $1 AND t.pair IS NOT NULL',
      [shop],
    );
    return rows.length > 0 ? true : undefined;
  });
}
const sent = () => connector.ascent360.receivedFor(guid).map((record) => record.body);
const deliver = async (topic: string, body: object) => await connector.deliver(topic, body, { shop });
const optedIn = (id: number) =>
  emailOf(`person${id}@example.com`, {
    marketingState: 'SUBSCRIBED',
    marketingOptInLevel: 'CONFIRMED_OPT_IN',
    marketingUpdatedAt: ago(MINUTE),
  });

describe('the first order of a new customer', () => {
  it('goes out with the flag that Shopify has', async () => {
    await freshShop();
    connector.admin.shop(shop).setCustomer({ id: 1, defaultEmailAddress: optedIn(1) });
    expect(await deliver('orders/create', order(1, buyer(1)))).toMatchObject({ state: 'accepted' });
    expect(sent()).toMatchObject([{ Email: 'person1@example.com', EmailPermission: true, Order: { Id: '1' } }]);
  });

  it('goes out without flags if Shopify does not answer in time, and the flag follows once it does', async () => {
    await freshShop(impatient);
    const shopify = connector.admin.shop(shop);
    shopify.setCustomer({ id: 1, defaultEmailAddress: optedIn(1) });
    let answers = false;
    shopify.behave((operation) => (operation === 'CustomersByIds' && !answers ? { status: 502 } : null));
    await deliver('orders/create', order(1, buyer(1)));
    expect(sent()).toHaveLength(1);
    expect(sent()[0]).not.toHaveProperty('EmailPermission');
    answers = true;
    const flag = await until('the flag follows', async () => sent()[1], 50_000);
    expect(flag).toMatchObject({ Email: 'person1@example.com', EmailPermission: true });
    expect(flag).not.toHaveProperty('Order');
  });

  it('and its consent event send the choice once, whichever comes first', async () => {
    await freshShop();
    for (const id of [1, 2, 3, 4]) {
      connector.admin.shop(shop).setCustomer({ id, defaultEmailAddress: optedIn(id) });
      const events = [
        () => connector.send('orders/create', order(id, buyer(id)), { shop }),
        () => connector.send(EMAIL, emailConsent(id, 'subscribed', ago(MINUTE)), { shop }),
      ];
      await Promise.all((id % 2 === 0 ? events : events.toReversed()).map(async (send) => await send()));
    }
    await connector.settled(shop);
    const flags = sent().filter((body) => typeof body === 'object' && body !== null && 'EmailPermission' in body);
    expect(flags).toHaveLength(4);
    expect(flags.every((body) => JSON.stringify(body).includes('"EmailPermission":true'))).toBe(true);
  });
});

it('an order that arrives as only its id is sent complete', async () => {
  await freshShop();
  connector.admin.shop(shop).setOrder({ id: 5, name: '#5', email: 'guest@example.com' });
  expect(await deliver('orders/create', { id: 5 })).toMatchObject({ state: 'accepted' });
  expect(sent()).toMatchObject([{ Email: 'guest@example.com', Order: { Id: '5', Name: '#5', Event: 'created' } }]);
});
