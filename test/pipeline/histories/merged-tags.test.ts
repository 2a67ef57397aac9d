/** An opt-out by tag of a merged customer undoes what Ascent360 was told under either of their ids. */
import { expect, it } from 'vitest';
import { customer, order } from '../bodies.ts';
import { type History, sharedHistories } from './scene.ts';

const histories = sharedHistories({ access: false });

const tags = { optIn: 'mail-ok', optOut: 'mail-stop' };
const settings = { mapping: { phonePermission: tags, addressPermission: tags } };
const home = { address1: '1 Main St', city: 'Vail', province_code: 'CO', zip: '81657', country_code: 'US' };
const reached = { ...home, phone: '+19705550101' };

const create = ({ tell, at }: History, id: number, over: object = {}) =>
  tell('customers/create', customer(id, { updated_at: at(id), ...over }), id);
const merge = ({ tell }: History, away: number, kept: number, seconds: number) =>
  tell(
    'customers/merge',
    {
      admin_graphql_api_customer_kept_id: `gid://shopify/Customer/${kept}`,
      admin_graphql_api_customer_deleted_id: `gid://shopify/Customer/${away}`,
      status: 'completed',
    },
    seconds,
  );
const tagged = ({ at }: History, customerId: number, tag: string, seconds: number) => ({
  customerId,
  tags: [tag],
  occurredAt: at(seconds),
});
const tag = (history: History, id: number, name: string, seconds: number) =>
  history.tell('customer.tags_added', tagged(history, id, name, seconds), seconds);

/** Ascent360 was told that customer 1 has opted in to calls and post. */
async function optedIn(): Promise<History> {
  const history = await histories.begin(settings);
  await create(history, 1, { default_address: reached });
  await tag(history, 1, 'mail-ok', 5);
  return history;
}

/** Whoever has no phone or address is opted out by tag after the merge, or was before it. */
const optsOut: [string, (history: History) => Promise<unknown>][] = [
  [
    'after the merge',
    async (history) => {
      await create(history, 2);
      await merge(history, 1, 2, 10);
      await tag(history, 2, 'mail-stop', 15);
    },
  ],
  [
    'while merged once more',
    async (history) => {
      for (const id of [2, 3]) await create(history, id);
      await merge(history, 1, 2, 10);
      await merge(history, 2, 3, 11);
      await tag(history, 1, 'mail-stop', 9);
    },
  ],
  [
    'before either was known to be merged',
    async (history) => {
      await merge(history, 1, 2, 10);
      await create(history, 2);
      await tag(history, 2, 'mail-stop', 15);
    },
  ],
  [
    'in a message that waits at the merge',
    async (history) => {
      await create(history, 2);
      history.answer(503);
      const before = history.sent().length;
      await history.send('customer.tags_added', tagged(history, 1, 'mail-stop', 8), 8);
      await history.until('the opt-out was tried', () => history.sent().length > before);
      await merge(history, 1, 2, 10);
      history.answer(200);
    },
  ],
];
it.each(optsOut)(
  'a customer without a phone or address opts out by tag, %s, of what Ascent360 was told of whoever was merged into them, once',
  async (_, happens) => {
    const history = await optedIn();
    await happens(history);
    await history.until('both are told', () => history.flags('AddressPermission').length > 1);
    // A repeated merge changes nothing.
    await merge(history, 1, 2, 40);
    await history.settled();
    expect(history.flags('PhonePermission')).toEqual([true, false]);
    expect(history.flags('AddressPermission')).toEqual([true, false]);
    expect(history.accepted().at(-1)).toMatchObject({
      Phone: '19705550101',
      Address: { Addressline1: '1 Main St', City: 'Vail' },
    });
  },
);

it('a merge alone tells no flag of calls and post', async () => {
  const history = await optedIn();
  await create(history, 2, { default_address: { ...home, address1: '2 Side St', phone: '+19705550202' } });
  await merge(history, 1, 2, 10);
  await history.tell('customers/update', customer(2, { first_name: 'Kim', updated_at: history.at(20) }), 20);
  await history.settled();
  expect(history.flags('PhonePermission')).toEqual([true]);
  expect(history.flags('AddressPermission')).toEqual([true]);
});

it('the phone and address of a merged customer who is erased are kept for nobody', async () => {
  const history = await optedIn();
  await create(history, 2);
  await merge(history, 1, 2, 10);
  const before = history.sent().length;
  const { shop } = history;
  await history.tell('customers/redact', { shop_domain: shop, customer: { id: 1 }, orders_to_redact: [] }, 12);
  await tag(history, 2, 'mail-stop', 15);
  await history.settled();
  expect(history.sent().slice(before)).not.toContainEqual(expect.objectContaining({ Phone: expect.anything() }));
  expect(history.sent().slice(before)).not.toContainEqual(expect.objectContaining({ Address: expect.anything() }));
});

it('an order of a merged customer that arrives late, and tells an opt-in by tag, is what the tag opts out of later', async () => {
  const history = await histories.begin(settings);
  await create(history, 2);
  await merge(history, 1, 2, 10);
  await tag(history, 2, 'mail-ok', 12);
  const bought = { customer: { id: 1, email: 'person1@example.com' }, billing_address: reached };
  await history.tell('orders/create', order(7, { ...bought, updated_at: history.at(9) }), 9);
  await tag(history, 2, 'mail-stop', 15);
  expect(history.flags('PhonePermission')).toEqual([true, false]);
  expect(history.flags('AddressPermission')).toEqual([true, false]);
});
