/**
 * Unknown is not a yes: nobody joins a list until we know that their data may be sold or shared.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { emailOf } from '../../fakes/shopify-shop.ts';
import { EMAIL, emailConsent } from '../bodies.ts';
import { type Histories, openHistories } from './scene.ts';

let histories: Histories;
let asking: Histories;
beforeAll(async () => {
  histories = await openHistories({ access: false });
  asking = await openHistories({ access: true });
});
afterAll(async () => {
  await histories.stop();
  await asking.stop();
});

const settings = { providerType: 3, listIds: ['a'], listsFor: 'subscribed' };

it('without a token nobody joins a list, and the permission is sent all the same', async () => {
  const { tell, sent, at } = await histories.begin(settings);
  await tell(EMAIL, emailConsent(1, 'subscribed', at(1)), 1);
  expect(sent()).toEqual([expect.objectContaining({ EmailPermission: true })]);
  expect(sent()[0]).not.toHaveProperty('ListIds');
  expect(sent()[0]).not.toHaveProperty('ProviderType');
});

it('a customer whom the app may not see joins no list', async () => {
  const { tell, sent, shopify, at } = await asking.begin(settings);
  shopify.denied.add('Customer.dataSaleOptOut');
  shopify.setCustomer({ id: 1, defaultEmailAddress: emailOf('person1@example.com') });
  await tell(EMAIL, emailConsent(1, 'subscribed', at(1)), 1);
  expect(sent()).toEqual([expect.objectContaining({ EmailPermission: true })]);
  expect(sent()[0]).not.toHaveProperty('ListIds');
});
