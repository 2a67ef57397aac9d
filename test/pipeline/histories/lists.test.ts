/**
 * Unknown is not a yes: nobody joins a list until we know that their data may be sold or shared.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { emailOf } from '../../fakes/shopify-shop.ts';
import { customer, EMAIL, emailConsent } from '../bodies.ts';
import { type Histories, openHistories } from './scene.ts';

let histories: Histories;
let asking: Histories;
beforeAll(async () => {
  histories = await openHistories({ access: false });
  asking = await openHistories({ access: true });
});
afterAll(async () => {
  await histories.stop();
  await asking.stop();
});

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

it('nobody joins a list with a customer who opted out of data sale and was merged away meanwhile, whatever Shopify says of the kept one', async () => {
  const { shop, send, tell, save, settled, until, shopify, sent } = await asking.begin({ ...everyone, paused: true });
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
  await save(everyone);
  await settled();
  expect(sent().map(({ Email }) => Email)).toContain('person1@example.com');
  expect(sent().flatMap(({ ListIds }) => ListIds ?? [])).toEqual([]);
});
