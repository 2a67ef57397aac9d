/**
 * Customers merged away, deleted or redacted, and a shop that uninstalled, are four cases with a
 * rule each.
 */
import { expect, it } from 'vitest';
import { buyer, customer, EMAIL, emailConsent, order, SMS, smsConsent } from '../bodies.ts';
import { sharedHistories } from './scene.ts';

const histories = sharedHistories({ access: false });

const merge = (kept: number, away: number) => ({
  admin_graphql_api_customer_kept_id: `gid://shopify/Customer/${kept}`,
  admin_graphql_api_customer_deleted_id: `gid://shopify/Customer/${away}`,
  status: 'completed',
});

it('an order of a merged customer that arrives after the merge goes out as the kept customer’s', async () => {
  const { tell, accepted, at, shop } = await histories.begin();
  await tell('customers/create', customer(2, { updated_at: at(1) }), 1);
  await tell('customers/merge', merge(2, 1), 40);
  const placed = { created_at: at(30), processed_at: at(30), updated_at: at(30) };
  const event = await tell('orders/create', order(7, { ...buyer(1), ...placed }), 30);
  expect(event).toMatchObject({ state: 'accepted' });
  expect(accepted().at(-1)).toMatchObject({ Order: { Id: '7' } });
  const { body } = await histories.app.api('GET', '/people?q=2', undefined, shop);
  const [kept] = (body as { items: { id: string }[] }).items;
  const person = await histories.app.api('GET', `/people/${kept?.id}`, undefined, shop);
  expect(person.body).toMatchObject({
    timeline: expect.arrayContaining([expect.objectContaining({ eventId: event.id })]),
  });
});

it('an opt-out of a merged customer that arrives after the merge goes out for the address it names', async () => {
  const { tell, flags, at } = await histories.begin();
  await tell('customers/create', customer(2, { updated_at: at(1) }), 1);
  await tell('customers/merge', merge(2, 1), 40);
  await tell(EMAIL, emailConsent(1, 'unsubscribed', at(30)), 30);
  expect(flags('EmailPermission', 'person1@example.com')).toEqual([false]);
});

it('what arrives between the deletion of a customer and the merge that was its reason goes out once the merge is known, but nothing that was dismissed', async () => {
  const { tell, send, sent, accepted, flags, until, settled, answer, at, shop } = await histories.begin();
  for (const id of [1, 2]) await tell('customers/create', customer(id, { updated_at: at(id) }), id);
  const placed = (seconds: number) => ({ created_at: at(seconds), processed_at: at(seconds), updated_at: at(seconds) });
  answer(400);
  const rejected = await tell('orders/create', order(5, { ...buyer(1), ...placed(10) }), 10);
  await histories.app.api('POST', `/activity/${rejected.id}/dismiss`, {}, shop);
  answer(503);
  await send('orders/create', order(6, { ...buyer(1), ...placed(20) }), 20);
  await until('another order was tried', () => sent().some(({ Order }) => Order?.['Id'] === '6'));
  await tell('customers/delete', { id: 1 }, 40);
  answer(200);
  const deleted = { state: 'skipped', reason: 'deleted_person' };
  expect(await tell('orders/create', order(7, { ...buyer(1), ...placed(30) }), 30)).toMatchObject(deleted);
  expect(await tell(EMAIL, emailConsent(1, 'subscribed', at(31)), 31)).toMatchObject(deleted);
  await tell('customers/merge', merge(2, 1), 40);
  await until('both orders are accepted', () => accepted().filter(({ Order }) => Order).length > 1);
  const events = await settled();
  expect(events.filter(({ state, reason }) => state === 'skipped' && reason === 'deleted_person')).toMatchObject([
    { topic: 'customers/delete' },
  ]);
  expect(accepted().flatMap(({ Order }) => Order ?? [])).toMatchObject([{ Id: '6' }, { Id: '7' }]);
  expect(flags('EmailPermission', 'person1@example.com')).toEqual([true]);
});

it('an order of a deleted customer that arrives again without its customer is not sent', async () => {
  const { tell, sent, at } = await histories.begin();
  const placed = { created_at: at(1), processed_at: at(1) };
  await tell('orders/create', order(7, { ...buyer(1), ...placed, updated_at: at(1) }), 1);
  expect(sent()).toHaveLength(1);
  await tell('customers/delete', { id: 1 }, 10);
  const nobodys = { ...placed, customer: null, email: 'person1@example.com', updated_at: at(20) };
  expect(await tell('orders/updated', order(7, nobodys), 20)).toMatchObject({
    state: 'skipped',
    reason: 'deleted_person',
  });
  expect(sent()).toHaveLength(1);
});

it('an order that was given to another customer stays theirs, though its first customer was deleted since and its first state arrives late', async () => {
  const { tell, send, save, settled, accepted, at } = await histories.begin({ paused: true });
  const of = (id: number | null, seconds: number) =>
    order(7, {
      ...(id === null ? { customer: null, email: 'person2@example.com' } : buyer(id)),
      created_at: at(10),
      updated_at: at(seconds),
    });
  await send('orders/updated', of(2, 20), 20);
  await tell('customers/delete', { id: 1 }, 25);
  expect(await tell('orders/create', of(1, 10), 10)).toMatchObject({ state: 'skipped', reason: 'deleted_person' });
  await save({});
  await settled();
  expect(accepted()).toMatchObject([{ Email: 'person2@example.com', Order: { Id: '7' } }]);
  expect(await tell('orders/updated', of(null, 27), 27)).toMatchObject({ state: 'accepted' });
  await tell('customers/delete', { id: 2 }, 30);
  expect(await tell('orders/updated', of(null, 40), 40)).toMatchObject({ state: 'skipped', reason: 'deleted_person' });
  expect(accepted()).toHaveLength(2);
});

it('a deletion that is told again, dated earlier, revives nobody', async () => {
  const { tell, sent, at } = await histories.begin();
  for (const seconds of [20, 10]) await tell('customers/delete', { id: 1 }, seconds);
  const placed = { created_at: at(15), processed_at: at(15), updated_at: at(15) };
  expect(await tell('orders/create', order(7, { ...buyer(1), ...placed }), 15)).toMatchObject({
    state: 'skipped',
    reason: 'deleted_person',
  });
  expect(sent()).toEqual([]);
});

it('an order created after its customer was deleted goes out, though the deletion is told while it waits', async () => {
  const { shop, tell, send, accepted, until, settled, answer, at } = await histories.begin();
  // Nothing is on its way when the deletion is told.
  answer(503, 600);
  const recorded = async () =>
    await histories.app.db.query(
      'SELECT 1 FROM attempts a JOIN shops s ON s.id = a.shop_id WHERE s.domain = $1 AND a.class IS NOT NULL',
      [shop],
    );
  const placed = (seconds: number) => ({ created_at: at(seconds), processed_at: at(seconds), updated_at: at(seconds) });
  await send('orders/create', order(7, { ...buyer(1), ...placed(5) }), 5);
  await until('the first was tried', async () => (await recorded()).length === 1);
  await send('orders/create', order(8, { ...buyer(1), ...placed(6) }), 12);
  await send('orders/create', order(9, { ...buyer(1), ...placed(15) }), 15);
  // The first waits for ten minutes more, and the others behind it.
  answer(200);
  await tell('customers/delete', { id: 1 }, 10);
  const events = await settled();
  expect(events.filter(({ topic }) => topic === 'orders/create').map(({ state }) => state)).toEqual([
    'skipped',
    'skipped',
    'accepted',
  ]);
  expect(accepted()).toMatchObject([{ Order: { Id: '9' } }]);
});

it('an order that was on its way when its customer was deleted is not tried again, though a newer order has their id since', async () => {
  const { shop, guid, tell, send, sent, accepted, until, settled, answer, at } = await histories.begin();
  const held = Promise.withResolvers<void>();
  histories.app.ascent360.behave(guid, { status: 503, after: held.promise });
  const placed = (seconds: number) => ({ created_at: at(seconds), processed_at: at(seconds), updated_at: at(seconds) });
  await send('orders/create', order(7, { ...buyer(1), ...placed(5) }), 5);
  await until('the first is on its way', () => sent().length === 1);
  await tell('customers/delete', { id: 1 }, 10);
  await send('orders/create', order(9, { ...buyer(1), ...placed(15) }), 15);
  await until('the second waits behind it', async () => {
    const events = await histories.app.events(shop);
    return events.filter(({ state }) => state === 'open').length === 2;
  });
  answer(200);
  held.resolve();
  const events = await settled();
  expect(events.filter(({ topic }) => topic === 'orders/create')).toMatchObject([
    { state: 'skipped', reason: 'deleted_person' },
    { state: 'accepted' },
  ]);
  expect(accepted()).toMatchObject([{ Order: { Id: '9' } }]);
});

it('an opt-out that is waiting when its customer is deleted still goes out, with the address alone', async () => {
  const { tell, send, sent, accepted, until, answer, at } = await histories.begin();
  await tell('customers/create', customer(1, { phone: '+14155550101', updated_at: at(1) }), 1);
  answer(503);
  await send(EMAIL, emailConsent(1, 'unsubscribed', at(5)), 5);
  await until('the opt-out was tried', () => sent().length === 2);
  await tell('customers/delete', { id: 1 }, 10);
  answer(200);
  await until('the opt-out was accepted', () => accepted().length === 2);
  expect(accepted().at(-1)).toEqual({
    SourceName: 'Shopify',
    SourceType: 'Ecommerce',
    Email: 'person1@example.com',
    EmailPermission: false,
  });
});

it('opt-outs by email and SMS that are waiting when their customer is deleted both still go out, each with its address alone', async () => {
  const { tell, send, sent, flags, until, answer, at } = await histories.begin();
  const number = '+14155550101';
  await tell('customers/create', customer(1, { phone: number, updated_at: at(1) }), 1);
  answer(400);
  await tell(EMAIL, emailConsent(1, 'unsubscribed', at(5)), 5);
  answer(503);
  const before = sent().length;
  await send(SMS, smsConsent(1, 'unsubscribed', at(6), number), 6);
  await until('the opt-out by SMS was tried', () => sent().length > before);
  await tell('customers/delete', { id: 1 }, 10);
  answer(200);
  await until('both are accepted', () => flags('EmailPermission').length + flags('SMSPermission').length > 1);
  expect(flags('EmailPermission', 'person1@example.com')).toEqual([false]);
  expect(flags('SMSPermission', number.slice(1))).toEqual([false]);
});

it('an opt-out of a deleted customer that arrives after the deletion goes out; an opt-in does not', async () => {
  const { tell, accepted, at } = await histories.begin();
  await tell('customers/create', customer(1, { updated_at: at(1) }), 1);
  await tell('customers/delete', { id: 1 }, 10);
  const optIn = await tell(EMAIL, emailConsent(1, 'subscribed', at(5)), 5);
  expect(optIn).toMatchObject({ state: 'skipped', reason: 'deleted_person' });
  expect(await tell(EMAIL, emailConsent(1, 'unsubscribed', at(6)), 6)).toMatchObject({ state: 'accepted' });
  expect(accepted().slice(1)).toEqual([
    { SourceName: 'Shopify', SourceType: 'Ecommerce', Email: 'person1@example.com', EmailPermission: false },
  ]);
});
