import { expect, it } from 'vitest';
import { consentBody } from '../../../server/shopify/records/consent-body.ts';
import type { CustomerNode } from '../../../server/shopify/records/nodes.ts';

const id = 'gid://shopify/Customer/7';
const at = '2026-11-20T12:00:00Z';
const node: CustomerNode = {
  id,
  defaultEmailAddress: {
    emailAddress: 'ada@example.com',
    marketingState: 'SUBSCRIBED',
    marketingOptInLevel: 'CONFIRMED_OPT_IN',
    marketingUpdatedAt: at,
  },
  defaultPhoneNumber: {
    phoneNumber: '+12125550142',
    smsMarketingConsent: { state: 'UNSUBSCRIBED', optInLevel: 'SINGLE_OPT_IN', updatedAt: at },
    whatsAppMarketingConsent: { state: 'PENDING', optInLevel: 'UNKNOWN', updatedAt: at },
  },
};
const texts = { state: 'UNSUBSCRIBED', opt_in_level: 'SINGLE_OPT_IN', consent_updated_at: at };
const readAt = Date.parse('2026-11-20T13:00:00Z');
const read = { __typename: 'Consent', read_at: '2026-11-20T13:00:00.000Z' };
const nothing = { state: null, opt_in_level: null };

it('a choice that was read has the form of its topic', () => {
  expect(consentBody(node, 'email', [], readAt)).toEqual({
    ...read,
    customer_id: id,
    email_address: 'ada@example.com',
    email_marketing_consent: { state: 'SUBSCRIBED', opt_in_level: 'CONFIRMED_OPT_IN', consent_updated_at: at },
  });
  expect(consentBody(node, 'sms', [], readAt)).toEqual({
    ...read,
    id,
    phone: '+12125550142',
    sms_marketing_consent: texts,
  });
  expect(consentBody(node, 'whatsapp', [], readAt)).toEqual({
    ...read,
    customer_id: id,
    phone_number: '+12125550142',
    whats_app_marketing_consent: { state: 'PENDING', opt_in_level: 'UNKNOWN', updated_at: at },
  });
});

it.each([
  { id },
  { id, defaultEmailAddress: null, defaultPhoneNumber: null },
  { id, defaultEmailAddress: {}, defaultPhoneNumber: {} },
])('what Shopify does not say is null, not left out: %j', (empty) => {
  const undated = { ...nothing, consent_updated_at: null };
  expect(consentBody(empty, 'email', [], readAt)).toEqual({
    ...read,
    customer_id: id,
    email_address: null,
    email_marketing_consent: undated,
  });
  expect(consentBody(empty, 'sms', [], readAt)).toEqual({ ...read, id, phone: null, sms_marketing_consent: undated });
  expect(consentBody(empty, 'whatsapp', [], readAt)).toEqual({
    ...read,
    customer_id: id,
    phone_number: null,
    whats_app_marketing_consent: { ...nothing, updated_at: null },
  });
});

it.each([
  ['defaultEmailAddress', ['email']],
  ['defaultEmailAddress.marketingState', ['email']],
  ['defaultPhoneNumber', ['sms', 'whatsapp']],
  ['defaultPhoneNumber.smsMarketingConsent.state', ['sms', 'whatsapp']],
  ['defaultPhoneNumbers', []],
  ['firstName', []],
])('a choice is none where the app may not see all of it: %s', (denied, hidden) => {
  const unseen = (['email', 'sms', 'whatsapp'] as const).filter(
    (channel) => consentBody(node, channel, ['lastName', denied], readAt) === null,
  );
  expect(unseen).toEqual(hidden);
});
