/** What arrives while Shopify's answer is on its way may be newer than the answer. */
import { describe, expect, it } from 'vitest';
import { emailOf } from '../../fakes/shopify-shop.ts';
import { ago, EMAIL, emailConsent, MINUTE, SECOND } from '../bodies.ts';
import { type ReadScene, readScene } from './scene.ts';

const mapping = { phonePermission: { optIn: 'call-ok', optOut: 'call-stop' } };
const scene: ReadScene = readScene(async () => await scene.begin({ mapping }));

const optOut = (ms: number) => emailConsent(1, 'unsubscribed', ago(ms), { email_address: null });
const tagged = { customerId: 'gid://shopify/Customer/1', tags: ['call-stop'], occurredAt: ago(SECOND) };
const run = { shop_id: 1, action_run_id: 'run-1', properties: { customer_id: 1 } };

describe.each([
  ['is only stored', async () => {}],
  ['is already waiting for an answer', async () => await scene.translate()],
])('an event that %s when the answer comes', (_, translate) => {
  it.each([
    ['a choice without an address', EMAIL, optOut(SECOND)],
    ['a tag', 'customer.tags_added', tagged],
    ['a Flow run', 'flow/send', run],
  ])('%s ends, though Shopify has no such customer', async (_what, topic, body) => {
    await scene.receive(EMAIL, optOut(MINUTE));
    let late = '';
    scene.meanwhile = async () => {
      scene.meanwhile = null;
      late = await scene.base.receive(topic, { ...body }, { webhookId: 'late' });
      await translate();
    };
    await scene.read();
    await scene.translate();
    await scene.read();
    expect(await scene.standing(late)).toMatchObject({ state: 'skipped' });
  });

  it('is about the address that the customer has got meanwhile', async () => {
    await scene.receive(EMAIL, optOut(MINUTE));
    scene.meanwhile = async () => {
      scene.meanwhile = null;
      scene.shopify.setCustomer({
        id: 1,
        updatedAt: ago(SECOND),
        defaultEmailAddress: emailOf('person1@example.com'),
      });
      await scene.base.receive(EMAIL, optOut(SECOND), { webhookId: 'late' });
      await translate();
    };
    await scene.read();
    await scene.translate();
    await scene.read();
    expect(await scene.send()).toMatchObject([{ Email: 'person1@example.com', EmailPermission: false }]);
  });
});

it('an event that comes while Shopify fails to say who its customer is does not wait until they are asked about again', async () => {
  scene.unsaid.set('1', 'accident');
  await scene.receive(EMAIL, optOut(MINUTE));
  let late = '';
  scene.meanwhile = async () => {
    scene.meanwhile = null;
    scene.unsaid.clear();
    late = await scene.receive('flow/send', run);
  };
  await scene.read();
  expect(await scene.standing(late)).toMatchObject({ state: 'skipped' });
});
