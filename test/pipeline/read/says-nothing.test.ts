/** After a reinstall, an answer that doesn't say that somebody's opt-in holds confirms none of theirs. */
import { expect, it } from 'vitest';
import { emailOf, phoneOf } from '../../fakes/shopify-shop.ts';
import { ago, customer, EMAIL, emailConsent, MINUTE, order, SMS, smsConsent } from '../bodies.ts';
import { readScene } from './scene.ts';

const scene = readScene(begin);

const everything = { email: { history: 'all' }, sms: { history: 'all' } };

/** The customer opts in, and the app is uninstalled and installed again before that is sent. */
async function begin(): Promise<void> {
  await scene.begin({ consent: everything });
  scene.access = false;
  await scene.receive(EMAIL, emailConsent(1, 'subscribed', ago(2 * MINUTE)), Date.now() - 2 * MINUTE);
  await scene.base.db.query('UPDATE shops SET last_uninstalled_at = $2 WHERE id = $1', [
    scene.base.shop.id,
    new Date(Date.now() - MINUTE),
  ]);
  scene.access = true;
}

const subscribed = emailOf('person1@example.com', {
  marketingState: 'SUBSCRIBED',
  marketingOptInLevel: 'SINGLE_OPT_IN',
  marketingUpdatedAt: ago(2 * MINUTE),
});

async function flagsAfterRead(phone: string | null = null): Promise<unknown[]> {
  await scene.receive('customers/update', customer(1, { phone }));
  await scene.read();
  const sent: { EmailPermission?: boolean }[] = await scene.send();
  expect(sent.length).toBeGreaterThan(0);
  return sent.flatMap(({ EmailPermission }) => EmailPermission ?? []);
}

it('an opt-in from before is sent once Shopify has said that it holds', async () => {
  scene.shopify.setCustomer({ id: 1, defaultEmailAddress: subscribed });
  expect(await flagsAfterRead()).toEqual([true]);
});

it.each(['NOT_SUBSCRIBED', 'UNSUBSCRIBED', 'PENDING', 'INVALID'] as const)(
  'an opt-in from before is not sent if Shopify says %s now, however undated',
  async (marketingState) => {
    const defaultEmailAddress = emailOf('person1@example.com', { marketingState });
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress });
    expect(await flagsAfterRead()).toEqual([]);
  },
);

it('an opt-in by SMS from before is not sent if Shopify says that there never was one', async () => {
  const phone = '+14155550101';
  scene.access = false;
  await scene.receive(SMS, smsConsent(1, 'subscribed', ago(2 * MINUTE), phone), Date.now() - 2 * MINUTE);
  scene.access = true;
  scene.shopify.setCustomer({ id: 1, defaultEmailAddress: subscribed, defaultPhoneNumber: phoneOf(phone) });
  await scene.receive('customers/update', customer(1, { phone }));
  await scene.read();
  const sent: { EmailPermission?: boolean; SMSPermission?: boolean }[] = await scene.send();
  expect(sent.flatMap(({ EmailPermission }) => EmailPermission ?? [])).toEqual([true]);
  expect(sent.flatMap(({ SMSPermission }) => SMSPermission ?? [])).toEqual([]);
});

it('an opt-in from before is not sent if Shopify has no such customer any more', async () => {
  expect(await flagsAfterRead()).toEqual([]);
});

it('an opt-in from before is not sent if the app may not see what Shopify has', async () => {
  scene.shopify.setCustomer({ id: 1, defaultEmailAddress: subscribed });
  scene.shopify.denied = new Set(['Customer.defaultEmailAddress']);
  expect(await flagsAfterRead()).toEqual([]);
});

it('an opt-in by email from before is not sent if Shopify says something about the phone number alone', async () => {
  const phone = '+14155550101';
  scene.shopify.setCustomer({ id: 1, defaultEmailAddress: subscribed, defaultPhoneNumber: phoneOf(phone) });
  scene.shopify.denied = new Set(['Customer.defaultEmailAddress']);
  expect(await flagsAfterRead(phone)).toEqual([]);
});

it('an opt-in from before is not sent to an address that the customer no longer has', async () => {
  const other = emailOf('other@example.com', { marketingState: 'NOT_SUBSCRIBED' });
  scene.shopify.setCustomer({ id: 1, defaultEmailAddress: other });
  await scene.receive('orders/updated', order(7, { customer: { id: 1, email: 'person1@example.com' } }));
  await scene.read();
  const sent: { Email?: string; EmailPermission?: boolean }[] = await scene.send();
  expect(sent.map(({ Email }) => Email)).toContain('person1@example.com');
  expect(sent.flatMap(({ EmailPermission }) => EmailPermission ?? [])).toEqual([]);
});
