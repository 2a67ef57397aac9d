/**
 * Phone and postal permissions are about a person: what was sent is kept per person, however the
 * address is spelled.
 */
import { expect, it } from 'vitest';
import { until } from '../../fakes/connector.ts';
import { customer, order } from '../bodies.ts';
import { type History, sharedHistories } from './scene.ts';

const histories = sharedHistories({ access: false });

const tags = { optIn: 'mail-ok', optOut: 'mail-stop' };
const settings = { mapping: { phonePermission: tags, addressPermission: tags } };
const home = { address1: '1 Main St', city: 'Vail', province_code: 'CO', zip: '81657', country_code: 'US' };
const resident = (id: number, { at }: History, seconds: number, over: object = {}) =>
  customer(id, { default_address: { ...home, phone: '+19705550101' }, updated_at: at(seconds), ...over });
const tagged = ({ at }: History, customerId: number, tag: string, seconds: number) => ({
  customerId,
  tags: [tag],
  occurredAt: at(seconds),
});
const both = ({ flags }: History, id: number) => [
  flags('PhonePermission', `person${id}@example.com`),
  flags('AddressPermission', `person${id}@example.com`),
];

it('two customers with one landline and one address, both with the opt-out tag, each get their opt-out sent once', async () => {
  const history = await histories.begin(settings);
  for (const id of [1, 2]) await history.tell('customers/create', resident(id, history, id), id);
  for (const id of [1, 2])
    await history.tell('customer.tags_added', tagged(history, id, 'mail-stop', 10 + id), 10 + id);
  for (const id of [1, 2]) expect(both(history, id)).toEqual([[false], [false]]);
});

it('of two in a household, one with the opt-in tag and one with the opt-out tag, each gets their flag sent once, whatever follows', async () => {
  const history = await histories.begin(settings);
  for (const id of [1, 2]) await history.tell('customers/create', resident(id, history, id), id);
  await history.tell('customer.tags_added', tagged(history, 1, 'mail-ok', 11), 11);
  await history.tell('customer.tags_added', tagged(history, 2, 'mail-stop', 12), 12);
  for (const round of [1, 2])
    for (const id of [1, 2]) {
      const changed = resident(id, history, 20 + round * 2 + id, { first_name: `Round ${round}` });
      await history.tell('customers/update', changed, 20 + round * 2 + id);
    }
  expect(both(history, 1)).toEqual([[true], [true]]);
  expect(both(history, 2)).toEqual([[false], [false]]);
});

it('another spelling of the address sends the flag no second time', async () => {
  const history = await histories.begin(settings);
  await history.tell('customers/create', resident(1, history, 1), 1);
  await history.tell('customer.tags_added', tagged(history, 1, 'mail-ok', 5), 5);
  for (const [i, address1] of ['1 Main St.', '1 Main Street', 'Main St 1'].entries()) {
    const seconds = 10 + i;
    const bought = {
      customer: { id: 1, email: 'person1@example.com' },
      billing_address: { ...home, address1 },
      updated_at: history.at(seconds),
    };
    await history.tell('orders/create', order(10 + i, bought), seconds);
  }
  expect(history.accepted().filter(({ Order }) => Order)).toHaveLength(3);
  expect(history.flags('AddressPermission')).toEqual([true]);
});

const bought = (history: History, id: number, seconds: number, over: object = {}) =>
  order(id, {
    customer: { id: 1, email: 'person1@example.com', first_name: 'Robin' },
    updated_at: history.at(seconds),
    ...over,
  });
const billed = { billing_address: { ...home, phone: '+19705550101' } };
const lost: [string, (history: History) => Promise<unknown>, (history: History) => Promise<unknown>][] = [
  [
    'a customer removes',
    (h) => h.tell('customers/create', resident(1, h, 1), 1),
    (h) => h.tell('customers/update', resident(1, h, 10, { default_address: null }), 10),
  ],
  [
    'were on an order alone',
    async (h) => {
      await h.tell('customers/create', customer(1, { updated_at: h.at(1) }), 1);
      await h.tell('orders/create', bought(h, 1, 2, billed), 2);
    },
    (h) => h.tell('customers/update', customer(1, { updated_at: h.at(10), first_name: 'Kim' }), 10),
  ],
  [
    'a later order leaves out',
    (h) => h.tell('orders/create', bought(h, 1, 2, billed), 2),
    (h) => h.tell('orders/create', bought(h, 2, 10), 10),
  ],
];
it.each(lost)(
  'a phone and address that %s are sent once more to opt out by tag, if Ascent360 was told an opt-in',
  async (_, learn, lose) => {
    const history = await histories.begin(settings);
    await learn(history);
    await history.tell('customer.tags_added', tagged(history, 1, 'mail-ok', 5), 5);
    await lose(history);
    await history.tell('customer.tags_added', tagged(history, 1, 'mail-stop', 20), 20);
    expect(both(history, 1)).toEqual([
      [true, false],
      [true, false],
    ]);
    expect(history.accepted().at(-1)).toMatchObject({
      Phone: '19705550101',
      Address: { Addressline1: '1 Main St', City: 'Vail' },
    });
  },
);

it('a phone and address that Shopify no longer has opt nobody in by tag, and out only of what was told', async () => {
  const history = await histories.begin(settings);
  await history.tell('customers/create', resident(1, history, 1), 1);
  await history.tell('customers/update', resident(1, history, 5, { default_address: null }), 5);
  await history.tell('customer.tags_added', tagged(history, 1, 'mail-ok', 10), 10);
  await history.tell('customer.tags_added', tagged(history, 1, 'mail-stop', 15), 15);
  await history.tell('customers/update', resident(1, history, 20, { default_address: null, first_name: 'Kim' }), 20);
  expect(both(history, 1)).toEqual([[], []]);
  expect(
    history
      .accepted()
      .slice(1)
      .filter(({ Phone, Address }) => Phone || Address),
  ).toEqual([]);
});

it('whoever has another phone and address by then opts out by tag with those', async () => {
  const history = await histories.begin(settings);
  await history.tell('customers/create', resident(1, history, 1), 1);
  await history.tell('customer.tags_added', tagged(history, 1, 'mail-ok', 5), 5);
  await history.tell('customers/update', resident(1, history, 10, { default_address: null }), 10);
  const moved = { default_address: { ...home, address1: '2 Side St', phone: '+19705550202' } };
  await history.tell('customers/update', resident(1, history, 15, moved), 15);
  await history.tell('customer.tags_added', tagged(history, 1, 'mail-stop', 20), 20);
  expect(history.accepted().at(-1)).toMatchObject({
    Phone: '19705550202',
    PhonePermission: false,
    Address: { Addressline1: '2 Side St' },
    AddressPermission: false,
  });
});

/** A new customer with a tag of whom a shop hears before it saves these settings: how its events end, and what is sent. */
async function beforeSettings(shop: string, saved: object) {
  const { app } = histories;
  await app.send('customers/create', customer(1, { default_address: { ...home, phone: '+19705550101' } }), { shop });
  const tag = { customerId: 1, tags: ['mail-ok'], occurredAt: new Date().toISOString() };
  await app.send('customer.tags_added', tag, { shop });
  const ends = async () =>
    Object.fromEntries((await app.events(shop)).map(({ topic, state, reason }) => [topic, reason ?? state]));
  await until('both are translated', async () => (Object.values(await ends()).includes('received') ? undefined : true));
  expect(await ends()).toEqual({ 'customers/create': 'superseded', 'customer.tags_added': 'open' });
  const guid = await app.connect(saved, shop);
  await app.settled(shop);
  const sent = app.ascent360.receivedFor(guid).map(({ body }) => body);
  return { ends: await ends(), sent };
}

it('a tag that arrives before any settings are saved waits for them, and is sent with what they make of it', async () => {
  expect(await beforeSettings('unset.myshopify.com', settings)).toEqual({
    ends: { 'customers/create': 'superseded', 'customer.tags_added': 'accepted' },
    sent: [expect.objectContaining({ Phone: '19705550101', PhonePermission: true, AddressPermission: true })],
  });
});

it('a tag that arrives before any settings are saved sends nobody if those name no tags and leave customers out', async () => {
  expect(await beforeSettings('no-tags.myshopify.com', { send: { customers: false } })).toEqual({
    ends: { 'customers/create': 'superseded', 'customer.tags_added': 'topic_off' },
    sent: [],
  });
});
