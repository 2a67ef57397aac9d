/** What a customer chose before they changed their address, where Shopify can't be asked. */
import { expect, it } from 'vitest';
import { customer, EMAIL, emailConsent, order, SMS, smsConsent } from '../bodies.ts';
import { type History, sharedHistories } from './scene.ts';

const histories = sharedHistories({ access: false });

const OLD = 'person1@example.com';
const NEW = 'new@example.com';
const is = ({ tell, at }: History, email: string, seconds: number) =>
  tell('customers/update', customer(1, { email, updated_at: at(seconds) }), seconds);
const chooses = ({ tell, at }: History, state: string, email: string, seconds: number) =>
  tell(EMAIL, emailConsent(1, state, at(seconds), { email_address: email }), seconds);

const back: [string, (history: History) => Promise<unknown>][] = [
  [
    'and comes back',
    async (history) => {
      await chooses(history, 'unsubscribed', NEW, 15);
      await is(history, OLD, 20);
    },
  ],
  [
    'and comes back, of which we hear first',
    async (history) => {
      await is(history, OLD, 20);
      await chooses(history, 'unsubscribed', NEW, 15);
    },
  ],
];
it.each(back)(
  'who opted in, opted out at another address %s, has opted out at the first, too, once',
  async (_, happens) => {
    const history = await histories.begin();
    await is(history, OLD, 1);
    await chooses(history, 'subscribed', OLD, 5);
    await is(history, NEW, 10);
    await happens(history);
    await is(history, OLD, 25);
    await history.settled();
    expect(history.flags('EmailPermission', OLD)).toEqual([true, false]);
    expect(history.flags('EmailPermission', NEW)).toEqual([false]);
  },
);

it('the same holds for what they had ticked as a guest', async () => {
  const history = await histories.begin();
  const ticked = { customer: null, email: OLD, buyer_accepts_marketing: true, processed_at: history.at(1) };
  await history.tell('orders/create', order(7, ticked), 1);
  await is(history, OLD, 5);
  await is(history, NEW, 10);
  await chooses(history, 'unsubscribed', NEW, 15);
  await is(history, OLD, 20);
  await history.settled();
  expect(history.flags('EmailPermission', OLD)).toEqual([true, false]);
});

it('the same holds for a number', async () => {
  const history = await histories.begin();
  const [first, second] = ['+14155550101', '+14155550102'];
  const has = async (phone: string, seconds: number) =>
    await history.tell('customers/update', customer(1, { phone, updated_at: history.at(seconds) }), seconds);
  await has(first, 1);
  await history.tell(SMS, smsConsent(1, 'subscribed', history.at(5), first), 5);
  await has(second, 10);
  await history.tell(SMS, smsConsent(1, 'unsubscribed', history.at(15), second), 15);
  await has(first, 20);
  await history.settled();
  expect(history.flags('SMSPermission', first.slice(1))).toEqual([true, false]);
});

const nothing: [string, (history: History) => Promise<unknown>][] = [
  [
    'opted in again before they came back',
    async (history) => {
      await chooses(history, 'unsubscribed', NEW, 14);
      await chooses(history, 'subscribed', NEW, 15);
      await is(history, OLD, 20);
    },
  ],
  [
    'only buys under the first address again',
    async (history) => {
      await chooses(history, 'unsubscribed', NEW, 15);
      const bought = { customer: { id: 1 }, email: OLD, updated_at: history.at(20) };
      await history.tell('orders/create', order(7, bought), 20);
    },
  ],
  [
    'was back before they opted out, naming the other',
    async (history) => {
      await is(history, OLD, 20);
      await chooses(history, 'unsubscribed', NEW, 25);
    },
  ],
];
it.each(nothing)('who %s is told no opt-out at the address where they opted in', async (_, happens) => {
  const history = await histories.begin();
  await is(history, OLD, 1);
  await chooses(history, 'subscribed', OLD, 5);
  await is(history, NEW, 10);
  await happens(history);
  await history.settled();
  expect(history.flags('EmailPermission', OLD)).toEqual([true]);
});

it('an opt-out is no choice about a new address that Shopify says nothing about', async () => {
  const history = await histories.begin();
  await is(history, OLD, 1);
  await chooses(history, 'unsubscribed', OLD, 5);
  await is(history, NEW, 10);
  await history.settled();
  expect(history.flags('EmailPermission', NEW)).toEqual([]);
});
