/**
 * Unknown is not a yes: nobody joins a list until we know that their data may be sold or shared.
 */
import { expect, it } from 'vitest';
import { emailOf } from '../../fakes/shopify-shop.ts';
import { customer, EMAIL, emailConsent, order } from '../bodies.ts';
import { type History, sharedHistories } from './scene.ts';

const histories = sharedHistories({ access: false });
const asking = sharedHistories({ access: true });

const settings = { providerType: 3, listIds: ['a'], listsFor: 'subscribed' };

it('without a token nobody joins a list, and the permission is sent all the same', async () => {
  const { tell, sent, at } = await histories.begin(settings);
  await tell(EMAIL, emailConsent(1, 'subscribed', at(1)), 1);
  expect(sent()).toEqual([expect.objectContaining({ EmailPermission: true })]);
  expect(sent()[0]).not.toHaveProperty('ListIds');
  expect(sent()[0]).not.toHaveProperty('ProviderType');
});

it('a customer whom the app may not see joins no list', async () => {
  const { tell, sent, shopify, at } = await asking.begin(settings);
  shopify.denied.add('Customer.dataSaleOptOut');
  shopify.setCustomer({ id: 1, defaultEmailAddress: emailOf('person1@example.com') });
  await tell(EMAIL, emailConsent(1, 'subscribed', at(1)), 1);
  expect(sent()).toEqual([expect.objectContaining({ EmailPermission: true })]);
  expect(sent()[0]).not.toHaveProperty('ListIds');
});

const everyone = { ...settings, listsFor: 'everyone' };

/** Customer 1, who opted out of the sale of their data, was merged into customer 2, and both were read. */
async function mergedSaleOptOut(settings: object): Promise<History> {
  const history = await asking.begin(settings);
  const { shop, send, tell, until, shopify } = history;
  const bothAreRead = async () => {
    const people = await asking.app.db.query<{ read_due_at: Date | null }>(
      'SELECT p.read_due_at FROM people p JOIN shops s ON s.id = p.shop_id WHERE s.domain = $1',
      [shop],
    );
    return people.length === 2 && people.every(({ read_due_at }) => read_due_at === null);
  };
  for (const id of [1, 2]) {
    const dataSaleOptOut = id === 1;
    shopify.setCustomer({ id, dataSaleOptOut, defaultEmailAddress: emailOf(`person${id}@example.com`) });
    await send('customers/update', customer(id));
  }
  await until('both are read', bothAreRead);
  shopify.customers.delete('1');
  await tell(
    'customers/merge',
    {
      admin_graphql_api_customer_kept_id: 'gid://shopify/Customer/2',
      admin_graphql_api_customer_deleted_id: 'gid://shopify/Customer/1',
      status: 'completed',
    },
    40,
  );
  await until('the kept one is read again', bothAreRead);
  return history;
}

it('nobody joins a list with a customer who opted out of data sale and was merged away meanwhile, whatever Shopify says of the kept one', async () => {
  const { save, settled, sent } = await mergedSaleOptOut({ ...everyone, paused: true });
  await save(everyone);
  await settled();
  expect(sent().map(({ Email }) => Email)).toContain('person1@example.com');
  expect(sent().flatMap(({ ListIds }) => ListIds ?? [])).toEqual([]);
});

it('once the weekly comparison has heard of the kept customer what Shopify had said of the merged one, it alone decides about lists', async () => {
  const { shop, shopify, tell, save, until, settled, sent } = await mergedSaleOptOut({ ...everyone, paused: true });
  await save(everyone);
  await settled();
  const mine = 'shop_id = (SELECT id FROM shops WHERE domain = $1)';
  /** The weekly comparison hears this of the kept customer. */
  const hear = async (dataSaleOptOut: boolean) => {
    shopify.setCustomer({ id: 2, dataSaleOptOut, defaultEmailAddress: emailOf('person2@example.com') });
    await until('a comparison is planned, and due', async () => {
      const due = `UPDATE reconciliations SET consent_due_at = now() - interval '1 second' WHERE ${mine} RETURNING 1`;
      return (await asking.app.db.query(due, [shop])).length > 0;
    });
    await until('consent is compared', async () => {
      const over = `SELECT 1 FROM reconciliations WHERE consent_due_at > now() + interval '1 hour' AND ${mine}`;
      return (await asking.app.db.query(over, [shop])).length > 0;
    });
  };
  await hear(true);
  await tell('orders/create', order(801, { email: 'person2@example.com', customer: customer(2) }), 50);
  await settled();
  expect(sent().flatMap(({ ListIds }) => ListIds ?? [])).toEqual([]);
  await hear(false);
  await tell('orders/create', order(802, { email: 'person2@example.com', customer: customer(2) }), 60);
  await settled();
  expect(sent().at(-1)).toMatchObject({ Email: 'person2@example.com', ListIds: ['a'] });
});
