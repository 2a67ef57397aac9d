/**
 * We don't know what happened while the app wasn't installed: Shopify is asked before anybody is
 * opted in.
 */
import { expect, it } from 'vitest';
import { emailOf } from '../../fakes/shopify-shop.ts';
import { customer, EMAIL, emailConsent, order } from '../bodies.ts';
import { home, homeRead } from '../read/home.ts';
import { type History, sharedHistories } from './scene.ts';

const histories = sharedHistories({ access: true, env: { READ_WAIT: '500ms' } });

const EMAIL_1 = 'person1@example.com';

function says({ shopify }: History, marketingState: 'SUBSCRIBED' | 'UNSUBSCRIBED', marketingUpdatedAt: string): void {
  shopify.setCustomer({
    id: 1,
    updatedAt: marketingUpdatedAt,
    defaultEmailAddress: emailOf(EMAIL_1, { marketingState, marketingOptInLevel: 'SINGLE_OPT_IN', marketingUpdatedAt }),
  });
}

const now = () => new Date().toISOString();
const bought = () => order(7, { customer: { id: 1, email: EMAIL_1 }, updated_at: now() });

it('an opt-in that was waiting at the uninstallation is not sent until Shopify was asked; an opt-out made meanwhile is', async () => {
  const history = await histories.begin();
  const { send, sent, flags, shopify, until, at } = history;
  says(history, 'SUBSCRIBED', at(1));
  history.answer(503);
  await send(EMAIL, emailConsent(1, 'subscribed', at(1)), 1);
  await until('the opt-in was tried', () => sent().length > 0);
  await history.uninstall();
  const before = sent().length;
  says(history, 'UNSUBSCRIBED', now());
  // Shopify is slow: the order goes out first.
  shopify.behave((operation) => (operation === 'CustomersByIds' ? { delayMs: 3000 } : null));
  history.answer(200);
  await history.reinstall();
  await send('orders/create', bought());
  await until('the opt-out is accepted', () => flags('EmailPermission').length > 0);
  await history.settled();
  expect(
    sent()
      .slice(before)
      .flatMap(({ EmailPermission }) => EmailPermission ?? []),
  ).toEqual([false]);
});

it('an opt-out made while the app was not installed is sent by the first comparison, which runs at once', async () => {
  const history = await histories.begin();
  says(history, 'SUBSCRIBED', history.at(1));
  await history.tell(EMAIL, emailConsent(1, 'subscribed', history.at(1)), 1);
  expect(history.flags('EmailPermission')).toEqual([true]);
  await history.uninstall();
  says(history, 'UNSUBSCRIBED', now());
  await history.reinstall();
  await history.until('the opt-out is accepted', () => history.flags('EmailPermission').length > 1);
  expect(history.flags('EmailPermission')).toEqual([true, false]);
});

it('an opt-out from post by tag, made while the app was not installed, is sent by the first comparison', async () => {
  const history = await histories.begin({ mapping: { addressPermission: { optIn: 'mail-ok', optOut: 'mail-stop' } } });
  const hasTag = (tag: string) =>
    history.shopify.setCustomer({
      id: 1,
      tags: [tag],
      defaultEmailAddress: emailOf(EMAIL_1),
      defaultAddress: homeRead,
    });
  hasTag('mail-ok');
  await history.tell('customers/create', customer(1, { default_address: home, updated_at: history.at(1) }), 1);
  const added = { customerId: 1, tags: ['mail-ok'], occurredAt: history.at(2) };
  await history.tell('customer.tags_added', added, 2);
  expect(history.flags('AddressPermission')).toEqual([true]);
  await history.uninstall();
  hasTag('Mail-Stop');
  await history.reinstall();
  await history.until('the opt-out is accepted', () => history.flags('AddressPermission').length > 1);
  expect(history.flags('AddressPermission')).toEqual([true, false]);
});

it('an opt-out made while the app was not installed is sent even if its address is known only from a guest’s order', async () => {
  const history = await histories.begin();
  await history.tell('orders/create', order(7, { email: EMAIL_1 }), 1);
  expect(history.sent()).toMatchObject([{ Email: EMAIL_1 }]);
  await history.uninstall();
  // The reinstallation counts from ten minutes before it.
  says(history, 'UNSUBSCRIBED', history.at(-3600));
  await history.reinstall();
  await history.until('the opt-out is accepted', () => history.flags('EmailPermission').length > 0);
  expect(history.flags('EmailPermission', EMAIL_1)).toEqual([false]);
});

it('an opt-out made while the app was not installed is sent even if Shopify dates it before a state without a choice that we know', async () => {
  const history = await histories.begin();
  const { at, tell, flags } = history;
  // Without a level, an opt-in is no choice.
  const email_marketing_consent = { state: 'subscribed', opt_in_level: null, consent_updated_at: at(60) };
  await tell(EMAIL, emailConsent(1, 'subscribed', at(60), { email_marketing_consent }), 61);
  expect(flags('EmailPermission')).toEqual([]);
  await history.uninstall();
  says(history, 'UNSUBSCRIBED', at(30));
  await history.reinstall();
  await history.until('the opt-out is accepted', () => flags('EmailPermission').length > 0);
  expect(flags('EmailPermission')).toEqual([false]);
});

it('or it is sent earlier, with the customer’s next event', async () => {
  const history = await histories.begin();
  says(history, 'SUBSCRIBED', history.at(1));
  await history.tell(EMAIL, emailConsent(1, 'subscribed', history.at(1)), 1);
  await history.uninstall();
  says(history, 'UNSUBSCRIBED', now());
  // No comparison: Shopify runs no bulk read.
  history.shopify.behave((operation) => (operation.includes('ulk') ? { status: 502 } : null));
  await history.reinstall();
  await history.send('customers/update', customer(1, { updated_at: now() }));
  await history.until('the opt-out is accepted', () => history.flags('EmailPermission').length > 1);
  expect(history.flags('EmailPermission')).toEqual([true, false]);
});

it('an opt-out that was waiting at the uninstallation is sent after the reinstall', async () => {
  const history = await histories.begin();
  says(history, 'UNSUBSCRIBED', history.at(1));
  history.answer(503);
  await history.send(EMAIL, emailConsent(1, 'unsubscribed', history.at(1)), 1);
  await history.until('the opt-out was tried', () => history.sent().length > 0);
  await history.uninstall();
  history.answer(200);
  await history.reinstall();
  await history.until('the opt-out is accepted', () => history.flags('EmailPermission').length > 0);
  expect(history.flags('EmailPermission', EMAIL_1)).toEqual([false]);
});

it.each([
  ['a dated opt-out', {}],
  ['an undated opt-out', { consent_updated_at: null }],
])('%s from before the uninstallation that arrives after it is sent after the reinstall', async (_, over) => {
  const history = await histories.begin();
  await history.uninstall();
  const body = emailConsent(1, 'unsubscribed', history.at(1));
  const consent = { ...body.email_marketing_consent, ...over };
  const event = await history.tell(EMAIL, { ...body, email_marketing_consent: consent }, 1);
  expect(event).toMatchObject({ state: 'skipped', reason: 'uninstalled' });
  expect(history.sent()).toEqual([]);
  await history.reinstall();
  await history.until('the opt-out is accepted', () => history.flags('EmailPermission').length > 0);
  expect(history.flags('EmailPermission', EMAIL_1)).toEqual([false]);
});

it('a known customer who changed their address meanwhile, after opting out, is opted out at the new address by the first comparison', async () => {
  const history = await histories.begin();
  // The reinstallation counts from ten minutes before it.
  const before = history.at(-3600);
  await history.tell(EMAIL, emailConsent(1, 'unsubscribed', before, { email_address: 'old@example.com' }), 1);
  expect(history.flags('EmailPermission', 'old@example.com')).toEqual([false]);
  await history.uninstall();
  says(history, 'UNSUBSCRIBED', before);
  await history.reinstall();
  await history.until('the opt-out is accepted', () => history.flags('EmailPermission', EMAIL_1).length > 0);
  expect(history.flags('EmailPermission', EMAIL_1)).toEqual([false]);
});
