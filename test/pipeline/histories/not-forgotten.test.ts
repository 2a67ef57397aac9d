/**
 * The ledger is compared with what was sent: an opt-out that Ascent360 should have gets a delivery,
 * whatever lost its first one.
 */
import { expect, it } from 'vitest';
import { buyer, customer, EMAIL, emailConsent, order, SMS, smsConsent } from '../bodies.ts';
import { type History, sharedHistories } from './scene.ts';

const histories = sharedHistories({ access: false });

const DAY = 24 * 3600;
const holding = (history: string) => ({ consent: { email: { history }, sms: { history } } });

/** The day's check is over, and the next one begins: asked for, as one under way doesn't count. */
async function checkAgain(history: History): Promise<void> {
  await history.until('the check is over', async () => {
    const rows = await histories.app.db.query(
      `UPDATE ledger_checks SET due_at = now() - interval '1 second', asked = asked + 1 WHERE due_at > now()
         AND shop_id = (SELECT id FROM shops WHERE domain = $1) RETURNING shop_id`,
      [history.shop],
    );
    return rows.length > 0;
  });
}

it('opt-outs that a setting held back are sent once the setting releases them', async () => {
  const history = await histories.begin(holding('none'));
  const { tell, flags, at } = history;
  const old = at(-DAY);
  await tell(EMAIL, emailConsent(1, 'unsubscribed', old), 1);
  await tell(SMS, smsConsent(2, 'unsubscribed', old, '+14155550102'), 1);
  await tell(EMAIL, emailConsent(3, 'subscribed', old), 1);
  expect(history.sent()).toEqual([]);
  await history.save(holding('optOuts'));
  await history.until(
    'both opt-outs are accepted',
    () => flags('EmailPermission').length + flags('SMSPermission').length > 1,
  );
  await history.settled();
  expect(flags('EmailPermission', 'person1@example.com')).toEqual([false]);
  expect(flags('SMSPermission', '14155550102')).toEqual([false]);
  expect(flags('EmailPermission')).toEqual([false]);
});

it('each counts as an undelivered opt-out until it is accepted', async () => {
  const history = await histories.begin(holding('none'));
  await history.tell(EMAIL, emailConsent(1, 'unsubscribed', history.at(-DAY)), 1);
  expect(await history.overview()).toMatchObject({ undeliveredOptOuts: 0 });
  history.answer(503);
  await history.save(holding('optOuts'));
  await history.until('it counts', async () => (await history.overview()).undeliveredOptOuts === 1);
  history.answer(200);
  await history.until('it is accepted', async () => (await history.overview()).undeliveredOptOuts === 0);
  expect(history.flags('EmailPermission')).toEqual([false]);
});

it('an opt-out that Ascent360 rejects is retried by every check, and listed once in the activity', async () => {
  const history = await histories.begin(holding('none'));
  await history.tell(EMAIL, emailConsent(1, 'unsubscribed', history.at(-DAY)), 1);
  history.answer(400);
  await history.save(holding('optOuts'));
  const tried = async (times: number) => {
    await history.until(`it was tried ${times} times`, () => history.sent().length === times);
    await history.settled();
  };
  await tried(1);
  await checkAgain(history);
  await tried(2);
  history.answer(200);
  await checkAgain(history);
  await tried(3);
  const made = (await histories.app.events(history.shop)).filter(({ topic }) => topic === 'person/opt_out');
  expect(made).toMatchObject([{ state: 'accepted' }]);
  expect(history.flags('EmailPermission')).toEqual([false]);
});

const source = { SourceName: 'Shopify', SourceType: 'Ecommerce' };
const isNamed = (body: unknown) => typeof body === 'object' && body !== null && 'FirstName' in body;

it('an opt-out that is rejected with what is known of its customer goes out with their addresses alone, from email with that one', async () => {
  const history = await histories.begin();
  const { tell, at } = history;
  histories.app.ascent360.behave(history.guid, ({ body }) => ({ status: isNamed(body) ? 400 : 200 }));
  const phone = '+14155550101';
  const known = { first_name: '<script>', phone, default_address: home, updated_at: at(1) };
  await tell('customers/create', customer(1, known), 1);
  await tell(EMAIL, emailConsent(1, 'unsubscribed', at(5)), 5);
  await tell(SMS, smsConsent(1, 'unsubscribed', at(6), phone), 6);
  // A delivery of the one may take the other along, which has its own then only the next day.
  await history.until('both are accepted', async () => {
    await checkAgain(history);
    await history.settled();
    return history.accepted().length > 1;
  });
  expect(history.accepted()).toEqual([
    { ...source, Email: 'person1@example.com', EmailPermission: false },
    // Ascent360 loads no contact that has only a number.
    { ...source, Email: 'person1@example.com', Mobile: '14155550101', SMSPermission: false },
  ]);
});

it('so does an opt-out by tag, with the postal address that it is about', async () => {
  const history = await histories.begin(byTag);
  const { tell, at } = history;
  histories.app.ascent360.behave(history.guid, ({ body }) => ({ status: isNamed(body) ? 400 : 200 }));
  await tell('customers/create', customer(1, { default_address: home, updated_at: at(1) }), 1);
  await tell('customer.tags_added', { customerId: 1, tags: ['mail-stop', '<script>'], occurredAt: at(5) }, 5);
  await checkAgain(history);
  await history.settled();
  await checkAgain(history);
  await history.until('it is accepted', () => history.accepted().length > 0);
  expect(history.accepted()).toEqual([
    { ...source, Email: 'person1@example.com', Address: expect.anything(), AddressPermission: false },
  ]);
});

it.each<[string, (history: History) => Promise<unknown>]>([
  ['by text message', async ({ tell, at }) => await tell(SMS, smsConsent(1, 'unsubscribed', at(5), '+14155550101'), 5)],
  [
    'by tag',
    async ({ tell, at }) =>
      await tell('customer.tags_added', { customerId: 1, tags: ['mail-stop'], occurredAt: at(5) }, 5),
  ],
])('so does one whose customer had opted out %s before, which is rejected every day', async (_, optOut) => {
  const history = await histories.begin(byTag);
  const { tell, sent, at } = history;
  const hasNumber = (body: unknown) => typeof body === 'object' && body !== null && 'Mobile' in body;
  histories.app.ascent360.behave(history.guid, ({ body }) => ({ status: hasNumber(body) ? 400 : 200 }));
  const phone = '+14155550101';
  await tell('customers/create', customer(1, { phone, default_address: home, updated_at: at(1) }), 1);
  await optOut(history);
  const check = async (least: number) => {
    const before = sent().length;
    await checkAgain(history);
    await history.until('what was rejected is tried again', () => sent().length >= before + least);
    await history.settled();
  };
  await check(1);
  await tell(EMAIL, emailConsent(1, 'unsubscribed', at(6)), 6);
  await check(1);
  await check(1);
  expect(history.accepted()).toEqual([{ ...source, Email: 'person1@example.com', EmailPermission: false }]);
});

it('an opt-out that is tried again after Ascent360 rejected it is counted and listed once, and late since it was made', async () => {
  const history = await histories.begin();
  const { shop } = history;
  const total = async (optOuts: string) =>
    (await histories.app.api('GET', `/activity?optOuts=${optOuts}`, undefined, shop)).body as { total: number };
  const received = async (topic: string, days: number) =>
    await histories.app.db.query(
      `UPDATE events SET received_at = now() - $3::int * interval '1 day'
       WHERE topic = $2 AND shop_id = (SELECT id FROM shops WHERE domain = $1)`,
      [shop, topic, days],
    );
  history.answer(400);
  await history.tell(EMAIL, emailConsent(1, 'unsubscribed', history.at(1)), 1);
  await received(EMAIL, 5);
  for (const times of [2, 3]) {
    await checkAgain(history);
    await history.until('it was tried again', () => history.sent().length === times);
    await history.settled();
    await received('person/opt_out', 1);
    expect(await history.overview()).toMatchObject({
      undeliveredOptOuts: 1,
      problems: expect.arrayContaining([expect.objectContaining({ kind: 'opt_outs_undelivered', count: 1 })]),
    });
    expect([await total('waiting'), await total('late')]).toMatchObject([{ total: 1 }, { total: 1 }]);
  }
  await history.tell(SMS, smsConsent(1, 'unsubscribed', history.at(2), '+14155550101'), 2);
  expect(await history.overview()).toMatchObject({ undeliveredOptOuts: 2 });
  history.answer(200);
  await checkAgain(history);
  await history.until('it is accepted', () => history.flags('EmailPermission').length > 0);
  await history.settled();
  expect(await history.overview()).toMatchObject({ undeliveredOptOuts: 0 });
});

it('an opt-out that Ascent360 rejected before its customer was deleted goes out with the next check, with the address alone', async () => {
  const history = await histories.begin();
  const { tell, sent, at } = history;
  await tell('customers/create', customer(1, { phone: '+14155550101', updated_at: at(1) }), 1);
  history.answer(400);
  await tell(EMAIL, emailConsent(1, 'unsubscribed', at(5)), 5);
  await tell('customers/delete', { id: 1 }, 10);
  await history.settled();
  expect(history.flags('EmailPermission')).toEqual([]);
  history.answer(200);
  await checkAgain(history);
  await history.until('the opt-out is accepted', () => history.flags('EmailPermission').length > 0);
  expect(sent().at(-1)).toEqual({
    SourceName: 'Shopify',
    SourceType: 'Ecommerce',
    Email: 'person1@example.com',
    EmailPermission: false,
  });
});

const home = { address1: '1 Main St', city: 'Vail', province_code: 'CO', zip: '81657', country_code: 'US' };
const tags = { optIn: 'mail-ok', optOut: 'mail-stop' };
const byTag = { mapping: { phonePermission: tags, addressPermission: tags } };

it('opt-outs from calls and post by tag are sent once a setting maps the tag; someone with another tag gets nothing', async () => {
  const history = await histories.begin();
  for (const [id, tag] of [
    [1, 'mail-stop'],
    [2, 'mail-ok'],
    [3, 'other'],
  ] as const) {
    await history.tell('customers/create', customer(id, { default_address: { ...home, phone: '+19705550101' } }), id);
    await history.tell('customer.tags_added', { customerId: id, tags: [tag], occurredAt: history.at(10) }, 10 + id);
  }
  expect(history.flags('AddressPermission')).toEqual([]);
  await history.save(byTag);
  await history.until('the opt-outs are accepted', () => history.flags('AddressPermission').length > 0);
  await history.settled();
  expect(history.flags('AddressPermission', 'person1@example.com')).toEqual([false]);
  expect(history.flags('PhonePermission', 'person1@example.com')).toEqual([false]);
  expect(history.flags('AddressPermission')).toHaveLength(1);
  expect(history.flags('PhonePermission')).toHaveLength(1);
});

it('an opt-out by tag that Ascent360 rejects is retried by every check, and listed once in the activity', async () => {
  const history = await histories.begin(byTag);
  await history.tell('customers/create', customer(1, { default_address: home }), 1);
  history.answer(400);
  await history.tell('customer.tags_added', { customerId: 1, tags: ['mail-stop'], occurredAt: history.at(2) }, 2);
  const before = history.sent().length;
  await checkAgain(history);
  await history.until('it was tried again', () => history.sent().length === before + 1);
  await history.settled();
  history.answer(200);
  await checkAgain(history);
  await history.until('it is accepted', () => history.flags('AddressPermission').length > 0);
  await history.settled();
  await checkAgain(history);
  const made = (await histories.app.events(history.shop)).filter(({ topic }) => topic === 'person/opt_out');
  expect(made).toMatchObject([{ state: 'accepted' }]);
  expect(history.flags('AddressPermission')).toEqual([false]);
});

it('an opt-out by tag that nothing waiting for its customer will carry is sent by the check at once, and by one delivery', async () => {
  const history = await histories.begin();
  const made = async () => (await histories.app.events(history.shop)).filter(({ topic }) => topic === 'person/opt_out');
  await history.tell('customers/create', customer(1, { default_address: home }), 1);
  await history.tell('customer.tags_added', { customerId: 1, tags: ['mail-stop'], occurredAt: history.at(2) }, 2);
  history.answer(503);
  // Its buyer has no postal address here.
  await history.send('orders/create', order(7, buyer(1)), 3);
  await history.until('the order was tried', () => history.sent().length > 1);
  await history.save(byTag);
  await history.until('it has a delivery', async () => (await made()).length > 0);
  await checkAgain(history);
  await checkAgain(history);
  history.answer(200);
  await history.until('the opt-out is accepted', () => history.flags('AddressPermission').length > 0);
  await history.settled();
  expect(history.flags('AddressPermission', 'person1@example.com')).toEqual([false]);
  expect(await made()).toHaveLength(1);
});

it('a new Ascent360 account is sent the opt-outs that the old one has', async () => {
  const history = await histories.begin();
  await history.tell(EMAIL, emailConsent(1, 'unsubscribed', history.at(1)), 1);
  expect(history.flags('EmailPermission')).toEqual([false]);
  const guid = await histories.app.connect({ newAccount: true }, history.shop);
  await history.until('the new account has accepted it', () =>
    histories.app.ascent360.received.some((record) => record.guid === guid && record.accepted),
  );
  expect(histories.app.ascent360.lastAccepted('person1@example.com', 'EmailPermission', guid)).toBe(false);
});
