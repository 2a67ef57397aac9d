/** A choice belongs to its address and to the person who made it there. */
import { expect, it } from 'vitest';
import { emailOf, phoneOf } from '../../fakes/shopify-shop.ts';
import { customer, EMAIL, emailConsent, order, SMS, smsConsent } from '../bodies.ts';
import { sharedHistories } from './scene.ts';

const histories = sharedHistories({ access: true });

const NUMBER = '+14155550101';

it('an opt-in not yet accepted is held back if its number now belongs to another customer who, Shopify says, has not chosen', async () => {
  const { tell, sent, shopify, answer, at } = await histories.begin();
  shopify.setCustomer({
    id: 1,
    defaultPhoneNumber: phoneOf(NUMBER, { state: 'SUBSCRIBED', optInLevel: 'SINGLE_OPT_IN', updatedAt: at(1) }),
  });
  answer(400);
  expect(await tell(SMS, smsConsent(1, 'subscribed', at(1), NUMBER), 1)).toMatchObject({ reason: 'rejected' });
  expect(sent().at(-1)).toMatchObject({ SMSPermission: true });
  answer(200);
  shopify.setCustomer({ id: 1 });
  // Nobody asked customer 2, so there is no state and no date.
  shopify.setCustomer({
    id: 2,
    defaultEmailAddress: emailOf('person2@example.com'),
    defaultPhoneNumber: phoneOf(NUMBER),
  });
  const bought = { customer: { id: 2, email: 'person2@example.com', phone: NUMBER }, updated_at: at(20) };
  expect(await tell('orders/create', order(7, bought), 20)).toMatchObject({ state: 'accepted' });
  expect(sent().at(-1)).toMatchObject({ Mobile: NUMBER.slice(1), Order: { Id: '7' } });
  expect(sent().at(-1)).not.toHaveProperty('SMSPermission');
});

it('a choice made at one address does not opt in another address that the person returns to', async () => {
  // With a mapped metafield, a customer is read after each change.
  const mapping = { gender: { from: 'metafield', key: 'facts.gender' } };
  const history = await histories.begin({ mapping });
  const { tell, flags, shopify, at } = history;
  const [first, second] = ['first@example.com', 'second@example.com'] as const;
  const has = (emailAddress: string, marketingState: 'SUBSCRIBED' | 'UNSUBSCRIBED', chosen: number) =>
    shopify.setCustomer({
      id: 1,
      updatedAt: at(history.now()),
      defaultEmailAddress: emailOf(emailAddress, {
        marketingState,
        marketingOptInLevel: 'SINGLE_OPT_IN',
        marketingUpdatedAt: at(chosen),
      }),
    });
  const changedTo = async (email: string) => {
    const now = history.now();
    await tell('customers/update', customer(1, { email, updated_at: at(now) }), now);
  };
  const optedOut = history.now();
  has(first, 'UNSUBSCRIBED', optedOut);
  await changedTo(first);
  await tell(EMAIL, emailConsent(1, 'unsubscribed', at(optedOut), { email_address: first }), history.now());
  has(second, 'UNSUBSCRIBED', optedOut);
  await changedTo(second);
  const optedIn = history.now();
  has(second, 'SUBSCRIBED', optedIn);
  await tell(EMAIL, emailConsent(1, 'subscribed', at(optedIn), { email_address: second }), history.now());
  has(first, 'SUBSCRIBED', optedIn);
  await changedTo(first);
  await history.settled();
  expect(flags('EmailPermission', second).at(-1)).toBe(true);
  expect(flags('EmailPermission', first)).toEqual([false]);
});

it('a consent event that names an address is about that address, whether the choice came before we first saw it or after', async () => {
  const { tell, flags, shopify, at } = await histories.begin();
  shopify.setCustomer({ id: 1, updatedAt: at(1), defaultEmailAddress: emailOf('old@example.com') });
  await tell('customers/create', customer(1, { email: 'old@example.com', updated_at: at(1) }), 1);
  const body = emailConsent(1, 'subscribed', at(19), { email_address: 'new@example.com' });
  expect(await tell(EMAIL, body, 20)).toMatchObject({ state: 'accepted' });
  expect(flags('EmailPermission', 'new@example.com')).toEqual([true]);
});

it('a guest’s ticked box that arrives after their order has become a customer’s is held back if that customer has not chosen', async () => {
  const { tell, flags, settled, shopify, at } = await histories.begin();
  shopify.setCustomer({ id: 7, defaultEmailAddress: emailOf('person7@example.com') });
  const of = (updated: number, over: object) =>
    order(7, { created_at: at(1), processed_at: at(1), updated_at: at(updated), ...over });
  await tell('orders/updated', of(20, { customer: { id: 7, email: 'person7@example.com' } }), 20);
  const ticked = await tell('orders/create', of(1, { buyer_accepts_marketing: true }), 1);
  expect(ticked).toMatchObject({ state: 'skipped', reason: 'stale' });
  await settled();
  expect(flags('EmailPermission')).toEqual([]);
});
