/** A date that can't be read is no date, and an opt-in without one never overrides an opt-out. */
import { expect, it } from 'vitest';
import { emailOf } from '../../fakes/shopify-shop.ts';
import { EMAIL, emailConsent, SMS, smsConsent } from '../bodies.ts';
import { sharedHistories } from './scene.ts';

const histories = sharedHistories({ access: false });
const asking = sharedHistories({ access: true });

it.each(['2021-03-01 10:00:00 UTC', '03/01/2021', 'yesterday', 1_614_592_800])(
  'an opt-in with the date %j is undated: it is held as history, and not dated today',
  async (date) => {
    const { tell, sent, at } = await histories.begin();
    const body = emailConsent(1, 'subscribed', at(0));
    const consent = { ...body.email_marketing_consent, consent_updated_at: date };
    expect(await tell(EMAIL, { ...body, email_marketing_consent: consent }, 5)).toMatchObject({
      state: 'skipped',
      reason: 'history_held',
    });
    expect(sent()).toEqual([]);
  },
);

it('an opt-out with an unreadable date does not undo a dated opt-in', async () => {
  const { tell, flags, at } = await histories.begin();
  await tell(EMAIL, emailConsent(1, 'subscribed', at(1)), 1);
  const body = emailConsent(1, 'unsubscribed', 'some day');
  await tell(EMAIL, body, 5);
  expect(flags('EmailPermission')).toEqual([true]);
});

it('an opt-in without a date counts while no opt-out is known, and after one never again, however often it is repeated', async () => {
  const { tell, flags, at } = await histories.begin();
  const undated = emailConsent(1, 'subscribed', null);
  await tell(EMAIL, undated, 1);
  await tell(EMAIL, emailConsent(1, 'unsubscribed', at(2)), 2);
  for (const seconds of [3, 4, 60]) await tell(EMAIL, undated, seconds);
  expect(flags('EmailPermission')).toEqual([true, false]);
});

it('an SMS opt-in without a date never overrides an opt-out either', async () => {
  const { tell, flags, at } = await histories.begin();
  await tell(SMS, smsConsent(1, 'unsubscribed', at(1), '+14155550101'), 1);
  await tell(SMS, smsConsent(1, 'subscribed', null, '+14155550101'), 5);
  expect(flags('SMSPermission')).toEqual([false]);
});

it('where Shopify can be asked, an opt-in without a date counts once Shopify confirms it, even after an opt-out', async () => {
  const { tell, flags, shopify, at } = await asking.begin();
  const now = (marketingState: 'SUBSCRIBED' | 'UNSUBSCRIBED', marketingUpdatedAt: string | null) =>
    shopify.setCustomer({
      id: 1,
      defaultEmailAddress: emailOf('person1@example.com', {
        marketingState,
        marketingOptInLevel: 'SINGLE_OPT_IN',
        marketingUpdatedAt,
      }),
    });
  now('UNSUBSCRIBED', at(2));
  await tell(EMAIL, emailConsent(1, 'unsubscribed', at(2)), 2);
  await tell(EMAIL, emailConsent(1, 'subscribed', null), 10);
  expect(flags('EmailPermission')).toEqual([false]);
  now('SUBSCRIBED', null);
  await tell(EMAIL, emailConsent(1, 'subscribed', null), 20);
  expect(flags('EmailPermission')).toEqual([false, true]);
});

it('the same if the opt-in names no address, and Shopify says whose it is with the same answer', async () => {
  const { tell, flags, shopify } = await asking.begin();
  shopify.setCustomer({
    id: 1,
    defaultEmailAddress: emailOf('person1@example.com', {
      marketingState: 'SUBSCRIBED',
      marketingOptInLevel: 'SINGLE_OPT_IN',
      marketingUpdatedAt: null,
    }),
  });
  await tell(EMAIL, emailConsent(1, 'subscribed', null, { email_address: null }), 10);
  expect(flags('EmailPermission', 'person1@example.com')).toEqual([true]);
});
