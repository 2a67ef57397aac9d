/**
 * Shopify's `updated_at` decides what is newer and, where it is equal, when the webhooks were
 * triggered.
 */
import { expect, it } from 'vitest';
import { emailOf } from '../../fakes/shopify-shop.ts';
import { customer, EMAIL, emailConsent, order } from '../bodies.ts';
import { home, homeRead } from '../read/home.ts';
import { sharedHistories } from './scene.ts';

const BUYER = 'buyer@example.com';
const histories = sharedHistories({ access: false });
const asking = sharedHistories({ access: true });

/** Waits until a shop's row is there. */
const thereIs = async (shop: string, what: string) =>
  (await asking.app.db.query(`SELECT 1 FROM shops s JOIN ${what} WHERE s.domain = $1`, [shop])).length > 0;

it.each([-300, 0, 3, 300])(
  'with our clock %i seconds behind Shopify’s, of two states of an order with the same updated_at, the one triggered later wins, whichever arrives first',
  async (behind) => {
    const { tell, accepted, at, now } = await histories.begin();
    const shopifys = now() + behind;
    const state = (financial_status: string) =>
      order(7, { created_at: at(1), updated_at: at(shopifys - 9), customer: null, financial_status });
    await tell('orders/updated', state('paid'), shopifys - 2);
    expect(await tell('orders/updated', state('pending'), shopifys - 9)).toMatchObject({ reason: 'stale' });
    expect(await tell('orders/updated', state('refunded'), shopifys - 1)).toMatchObject({ state: 'accepted' });
    expect(accepted().map(({ Order }) => Order?.['FinancialStatus'])).toEqual(['paid', 'refunded']);
  },
);

it.each([0, 3, 300].flatMap((behind) => [true, false].map((dated) => ({ behind, dated }))))(
  'with our clock $behind seconds behind Shopify’s, an older opt-in undoes no newer opt-out (dated: $dated)',
  async ({ behind, dated }) => {
    const { tell, flags, at, now } = await histories.begin();
    const shopifys = now() + behind;
    await tell(EMAIL, emailConsent(1, 'unsubscribed', dated ? at(shopifys - 1) : null), shopifys - 0.9);
    expect(await tell(EMAIL, emailConsent(1, 'subscribed', at(shopifys - 2)), shopifys - 1.9)).toMatchObject({
      state: 'merged',
      reason: 'superseded',
    });
    expect(flags('EmailPermission')).toEqual([false]);
  },
);

it.each([0, 3, 300])(
  'with our clock %i seconds behind Shopify’s, an older opt-in isn’t sent after a choice that was shortened to an id and can’t be read',
  async (behind) => {
    const { tell, flags, at, now } = await histories.begin();
    const shopifys = now() + behind;
    await tell('customers/create', customer(1, { updated_at: at(1) }), 1);
    await tell(EMAIL, { customer_id: 1 }, shopifys - 0.9);
    await tell(EMAIL, emailConsent(1, 'subscribed', at(shopifys - 2)), shopifys - 1.9);
    expect(flags('EmailPermission')).toEqual([]);
  },
);

it.each(
  [0, 3, 300].flatMap((behind) => [
    { behind, told: 'the new address', topic: 'customers/update', body: { email: 'new@example.com' }, sends: 1 },
    { behind, told: 'the opt-in, shortened to an id', topic: EMAIL, body: null, sends: 0 },
  ]),
)(
  'with our clock $behind seconds behind Shopify’s, an opt-in from before a move is none for the new address: told of $told',
  async ({ behind, topic, body, sends }) => {
    const { tell, sent, shopify, at, now } = await asking.begin();
    shopify.setCustomer({ id: 1, updatedAt: at(1), defaultEmailAddress: emailOf('old@example.com') });
    await tell('customers/create', customer(1, { email: 'old@example.com', updated_at: at(1) }), 1);
    const moved = now() + behind;
    shopify.setCustomer({
      id: 1,
      updatedAt: at(moved),
      defaultEmailAddress: emailOf('new@example.com', {
        marketingState: 'SUBSCRIBED',
        marketingOptInLevel: 'SINGLE_OPT_IN',
        marketingUpdatedAt: at(moved - 1),
      }),
    });
    const message = body ? customer(1, { ...body, updated_at: at(moved) }) : { customer_id: 1 };
    await tell(topic, message, body ? moved : moved - 1);
    expect(sent().map(({ Email, EmailPermission }) => [Email, EmailPermission])).toEqual([
      ['old@example.com', undefined],
      ...Array(sends).fill(['new@example.com', undefined]),
    ]);
  },
);

it.each([0, 3, 300])(
  'with our clock %i seconds behind Shopify’s, an opt-out by tag stays if older changes of tags come after it',
  async (behind) => {
    const tags = { optIn: 'mail-ok', optOut: 'mail-stop' };
    const { tell, flags, at, now } = await histories.begin({ mapping: { phonePermission: tags } });
    const tag = async (topic: string, name: string, seconds: number) =>
      await tell(`customer.tags_${topic}`, { customerId: 1, tags: [name], occurredAt: at(seconds) }, seconds);
    await tell('customers/create', customer(1, { updated_at: at(1), default_address: { phone: '+19705550101' } }), 1);
    await tag('added', 'mail-ok', 5);
    const shopifys = now() + behind;
    await tag('added', 'mail-stop', shopifys - 1);
    await tag('removed', 'mail-stop', shopifys - 3);
    await tag('added', 'mail-ok', shopifys - 2);
    expect(flags('PhonePermission')).toEqual([true, false]);
  },
);

const over = [
  { ends: 'an uninstallation', topic: 'app/uninstalled', body: { id: 1 }, reason: 'uninstalled' },
  { ends: 'a deletion', topic: 'customers/delete', body: { id: 1 }, reason: 'deleted_person' },
  { ends: 'an erasure', topic: 'customers/redact', body: { customer: { id: 1 } }, reason: 'redacted' },
  {
    ends: 'an erasure that names nobody we know',
    topic: 'customers/redact',
    body: { customer: { id: 1, phone: 'unreadable' } },
    reason: 'redacted',
  },
];
it.each(over.flatMap((one) => [0, 3, 300].map((behind) => ({ ...one, behind }))))(
  'with our clock $behind seconds behind Shopify’s, what was triggered before $ends and comes after it isn’t sent',
  async ({ topic, body, reason, behind }) => {
    const { tell, sent, at, now } = await histories.begin();
    const ended = now() + behind;
    await tell(topic, body, ended);
    const before = { created_at: at(ended - 1), updated_at: at(ended - 1) };
    expect(await tell('customers/create', customer(1, before), ended - 1)).toMatchObject({ state: 'skipped', reason });
    expect(sent()).toEqual([]);
  },
);

it.each(over.flatMap((one) => [0, 3, 300].map((behind) => ({ ...one, behind }))))(
  'with our clock $behind seconds behind Shopify’s, what was triggered after $ends is sent',
  async ({ topic, body, behind }) => {
    const { tell, at, now } = await histories.begin();
    const ended = now() + behind - 2;
    await tell(topic, body, ended);
    const after = { created_at: at(ended + 1), updated_at: at(ended + 1) };
    expect(await tell('customers/create', customer(1, after), ended + 1)).toMatchObject({ state: 'accepted' });
  },
);

it.each([0, 3, 300].flatMap((behind) => [0, 1].map((apart) => ({ behind, apart }))))(
  'with our clock $behind seconds behind Shopify’s, a customer’s older state isn’t sent later: updated $apart seconds apart',
  async ({ behind, apart }) => {
    const { tell, accepted, at, now } = await histories.begin();
    const shopifys = now() + behind;
    const named = (first_name: string, updated: number) => customer(1, { first_name, updated_at: at(updated) });
    await tell('customers/update', named('New', shopifys - 9), shopifys - 2);
    await tell('customers/update', named('Old', shopifys - 9 - apart), shopifys - 8);
    await tell(EMAIL, emailConsent(1, 'subscribed', at(shopifys - 1)), shopifys - 1);
    expect(accepted().at(-1)).toMatchObject({ FirstName: 'New', EmailPermission: true });
  },
);

it.each([0, 3, 300])(
  'with our clock %i seconds ahead of Shopify’s, an opt-in that was read before an uninstallation isn’t sent after the reinstallation before Shopify was asked',
  async (ahead) => {
    const { shop, tell, send, flags, shopify, until, settled, save, reinstall, at, now } = await asking.begin();
    const says = (marketingState: 'SUBSCRIBED' | 'UNSUBSCRIBED', updated: number) =>
      shopify.setCustomer({
        id: 1,
        updatedAt: at(updated),
        defaultEmailAddress: emailOf(BUYER, {
          marketingState,
          marketingOptInLevel: 'SINGLE_OPT_IN',
          marketingUpdatedAt: at(updated),
        }),
      });
    const first = now() - ahead;
    says('SUBSCRIBED', first - 20);
    await save({ paused: true });
    await send('customers/create', customer(1, { email: BUYER, updated_at: at(first - 20) }), first - 20);
    await until(
      'they were read',
      async () => await thereIs(shop, 'people p ON p.shop_id = s.id AND p.read_due_at IS NULL'),
    );
    const left = now() - ahead;
    await tell('app/uninstalled', { id: 1 }, left);
    says('UNSUBSCRIBED', left + 0.1);
    await reinstall();
    await save({ paused: false });
    const back = now() - ahead;
    await tell('orders/create', order(7, { customer: { id: 1, email: BUYER }, updated_at: at(back) }), back);
    await settled();
    expect(flags('EmailPermission')).toEqual([false]);
  },
);

it.each([-300, 0, 3, 300])(
  'with our clock %i seconds ahead of Shopify’s, a mapped metafield that changes after a customer was read is read again',
  async (ahead) => {
    const gender = { from: 'metafield', key: 'facts.gender' };
    const { tell, accepted, shopify, at, now } = await asking.begin({ mapping: { gender } });
    const change = async (topic: string, value: string, seconds: number) => {
      const metafields = [{ namespace: 'facts', key: 'gender', type: 'single_line_text_field', value }];
      shopify.setCustomer({ id: 1, updatedAt: at(seconds), defaultEmailAddress: emailOf(BUYER), metafields });
      await tell(topic, customer(1, { email: BUYER, updated_at: at(seconds) }), seconds);
    };
    await change('customers/create', 'male', now() - ahead - 1);
    await change('customers/update', 'female', now() - ahead);
    expect(accepted().map(({ Gender }) => Gender)).toEqual(['male', 'female']);
  },
);

it.each([-300, 0, 3, 300])(
  'with our clock %i seconds ahead of Shopify’s, who opts out of the sale of their data after they were read joins no list',
  async (ahead) => {
    const lists = { providerType: 3, listIds: ['7'], listsFor: 'everyone' };
    const { shop, send, accepted, shopify, until, settled, save, at, now } = await asking.begin({
      ...lists,
      paused: true,
    });
    const first = now() - ahead - 1;
    shopify.setCustomer({ id: 1, updatedAt: at(first), defaultEmailAddress: emailOf(BUYER), dataSaleOptOut: false });
    await send('customers/create', customer(1, { email: BUYER, updated_at: at(first) }), first);
    await until(
      'they were read',
      async () => await thereIs(shop, 'people p ON p.shop_id = s.id AND p.read_due_at IS NULL'),
    );
    const then = now() - ahead;
    shopify.setCustomer({ id: 1, updatedAt: at(then), defaultEmailAddress: emailOf(BUYER), dataSaleOptOut: true });
    await send('customers/update', customer(1, { email: BUYER, updated_at: at(then) }), then);
    await until(
      'that is known',
      async () =>
        await thereIs(shop, `events e ON e.shop_id = s.id AND e.topic = 'customers/update' AND e.state <> 'received'`),
    );
    await save({ ...lists, paused: false });
    await settled();
    expect(accepted()).toHaveLength(1);
    expect(accepted().flatMap(({ ListIds }) => ListIds ?? [])).toEqual([]);
  },
);

it.each([-300, 0, 3, 300])(
  'with our clock %i seconds ahead of Shopify’s, an opt-out by tag that comes while they are read stays',
  async (ahead) => {
    const tags = { optIn: 'mail-ok', optOut: 'mail-stop' };
    const { shop, tell, send, flags, shopify, until, settled, at, now } = await asking.begin({
      mapping: { phonePermission: tags },
    });
    const known = { id: 1, tags: ['mail-ok'], defaultAddress: { ...homeRead, phone: '+19705550101' } };
    const called = { default_address: { ...home, phone: '+19705550101' } };
    const first = now() - ahead - 20;
    shopify.setCustomer({ ...known, updatedAt: at(first), defaultEmailAddress: emailOf('old@example.com') });
    await tell('customers/create', customer(1, { email: 'old@example.com', updated_at: at(first), ...called }), first);
    await tell('customer.tags_added', { customerId: 1, tags: ['mail-ok'], occurredAt: at(first) }, first);
    const moved = now() - ahead - 1;
    shopify.setCustomer({ ...known, updatedAt: at(moved), defaultEmailAddress: emailOf('new@example.com') });
    let told = false;
    shopify.behave((operation) => {
      if (operation !== 'CustomersByIds' || told) return null;
      told = true;
      const meanwhile = async () => {
        const stopped = now() - ahead;
        await send('customer.tags_added', { customerId: 1, tags: ['mail-stop'], occurredAt: at(stopped) }, stopped);
        await until(
          'it is known',
          async () => !(await thereIs(shop, `events e ON e.shop_id = s.id AND e.state = 'received'`)),
        );
      };
      return { meanwhile };
    });
    await tell('customers/update', customer(1, { email: 'new@example.com', updated_at: at(moved), ...called }), moved);
    await settled();
    expect(flags('PhonePermission')).toEqual([true, false]);
  },
);
