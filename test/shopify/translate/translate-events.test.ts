import { describe, expect, it } from 'vitest';
import { type EventContext, TranslationError } from '../../../server/domain/translated.ts';
import { topicOf } from '../../../server/shopify/topics.ts';
import { context, type Json, TRIGGERED_AT } from '../bodies.ts';

function translate(topic: string, body: Json, ctx: Partial<EventContext> = {}) {
  const known = topicOf(topic);
  if (!known) throw new Error(`unknown topic ${topic}`);
  return known.translate(body, context(topic, ctx));
}

const EMAIL = 'customers_email_marketing_consent/update';
const SMS = 'customers_marketing_consent/update';
const WHATSAPP = 'customers_whats_app_marketing_consent/update';
const own = '2026-11-20T09:00:00Z';

describe('a consent event', () => {
  it.each([
    [
      EMAIL,
      {
        customer_id: 5001,
        email_address: ' Ada@Example.com',
        email_marketing_consent: { state: 'SUBSCRIBED', opt_in_level: 'CONFIRMED_OPT_IN', consent_updated_at: own },
      },
      'email',
      'ada@example.com',
      'Ada@Example.com',
      'subscribed',
      'confirmed_opt_in',
    ],
    [
      SMS,
      {
        id: 5001,
        phone: '(403) 555-0123',
        sms_marketing_consent: {
          state: 'unsubscribed',
          opt_in_level: null,
          consent_updated_at: own,
          consent_collected_from: 'other',
        },
      },
      'sms',
      '+14035550123',
      '(403) 555-0123',
      'unsubscribed',
      null,
    ],
    [
      WHATSAPP,
      {
        customer_id: 5001,
        phone_number: '+14035550123',
        whats_app_marketing_consent: { state: 'pending', opt_in_level: 'single_opt_in', updated_at: own },
      },
      'whatsapp',
      '+14035550123',
      '+14035550123',
      'pending',
      'single_opt_in',
    ],
  ])('of %s keeps state, level, date and address', (topic, body, channel, address, addressAsWritten, state, level) => {
    expect(translate(topic, body)).toEqual({
      kind: 'consent',
      customerId: '5001',
      fact: { channel, address, addressAsWritten, state, level, chosenAt: Date.parse(own), source: 'consent_topic' },
    });
  });

  it.each([
    [EMAIL, { customer_id: 5001, email_address: 'none', email_marketing_consent: null }],
    [
      EMAIL,
      {
        customer_id: 5001,
        email_address: 7,
        email_marketing_consent: { state: 7, opt_in_level: {}, consent_updated_at: '' },
      },
    ],
    [
      SMS,
      { id: 5001, phone: null, sms_marketing_consent: { state: null, opt_in_level: null, consent_updated_at: null } },
    ],
    [SMS, { id: 5001, phone: 'CALL ME', sms_marketing_consent: 'subscribed' }],
    [WHATSAPP, { customer_id: 5001, phone_number: [], whats_app_marketing_consent: [] }],
  ])('of %s that says nothing (%j) has no state, no address and the event’s date', (topic, body) => {
    const nothing = { state: null, level: null, address: null, chosenAt: TRIGGERED_AT };
    expect(translate(topic, body)).toMatchObject({ kind: 'consent', customerId: '5001', fact: nothing });
  });

  it.each([
    [EMAIL, { customer_id: 5001 }, 'email'],
    [SMS, { id: 5001 }, 'sms'],
    [WHATSAPP, { customer_id: 5001 }, 'whatsapp'],
  ])('of %s that Shopify shortened to %j has to be read', (topic, body, choiceOf) => {
    expect(translate(topic, body)).toEqual({ kind: 'incomplete', what: 'customer', id: '5001', choiceOf });
  });

  it('with a date later than the event gets the event’s date', () => {
    const email_marketing_consent = { state: 'subscribed', consent_updated_at: '2027-01-01T00:00:00Z' };
    expect(translate(EMAIL, { customer_id: 1, email_marketing_consent })).toMatchObject({
      fact: { chosenAt: TRIGGERED_AT },
    });
  });

  it.each([
    [EMAIL, { customer_id: 1, email_address: 'ada at example' }, 'ada at example'],
    [SMS, { id: 1, phone: 'CALL ME' }, 'CALL ME'],
    [WHATSAPP, { customer_id: 1, phone_number: '12' }, '12'],
    [EMAIL, { customer_id: 1, email_address: null }, null],
    [SMS, { id: 1, phone: null }, null],
  ])('of %s tells an address that can’t be read (%j) from none', (topic, body, addressAsWritten) => {
    expect(translate(topic, body)).toMatchObject({ fact: { address: null, addressAsWritten } });
  });

  it.each([
    ['SUBSCRIBED', { chosenAt: null, heardAt: TRIGGERED_AT }],
    ['unsubscribed', { chosenAt: TRIGGERED_AT }],
  ])('of %s without a date is dated by the event only if it is no opt-in', (state, dated) => {
    const { fact } = translate(EMAIL, { customer_id: 1, email_marketing_consent: { state } }) as { fact: object };
    expect(fact).toMatchObject(dated);
    expect('heardAt' in fact).toBe('heardAt' in dated);
  });

  it('may give only the address', () => {
    const body = { email_address: 'ada@example.com', email_marketing_consent: { state: 'subscribed' } };
    expect(translate(EMAIL, body)).toMatchObject({ customerId: null, fact: { address: 'ada@example.com' } });
  });

  it.each([EMAIL, SMS, WHATSAPP])('of %s about nobody can’t be translated', (topic) => {
    expect(() => translate(topic, {})).toThrow(new TranslationError('consent_without_person'));
  });
});

describe('tags', () => {
  it.each([
    ['customer.tags_added', 'added', ['a', 'b']],
    ['customer.tags_removed', 'removed', 'a, b'],
  ])('of %s are %s', (topic, change, tags) => {
    const body = { customerId: 'gid://shopify/Customer/5001', tags, occurredAt: own };
    const expected = { kind: 'tags', customerId: '5001', change, tags: ['a', 'b'], occurredAt: Date.parse(own) };
    expect(translate(topic, body)).toEqual(expected);
  });

  it('without a date get the event’s date; without a list there are none', () => {
    expect(translate('customer.tags_added', { customerId: 5001 })).toMatchObject({
      tags: [],
      occurredAt: TRIGGERED_AT,
    });
  });

  it('of nobody can’t be translated', () => {
    expect(() => translate('customer.tags_added', { tags: ['a'] })).toThrow(
      new TranslationError('tags_without_customer'),
    );
  });
});

describe('a merge', () => {
  const ids = {
    admin_graphql_api_customer_kept_id: 'gid://shopify/Customer/1',
    admin_graphql_api_customer_deleted_id: 'gid://shopify/Customer/2',
  };
  it.each([
    ['completed', true],
    ['COMPLETED', true],
    ['failed', false],
    ['requested', false],
    ['in_progress', false],
    [null, false],
    [1, false],
  ])('with status %j counts as completed: %s', (status, completed) => {
    expect(translate('customers/merge', { ...ids, status })).toEqual({
      kind: 'merge',
      completed,
      keptId: '1',
      deletedId: '2',
    });
  });

  it('that names nobody is translated too, if it isn’t completed', () => {
    expect(translate('customers/merge', {})).toEqual({
      kind: 'merge',
      completed: false,
      keptId: null,
      deletedId: null,
    });
  });

  it.each([
    [{}],
    [{ ...ids, admin_graphql_api_customer_kept_id: null }],
    [{ ...ids, admin_graphql_api_customer_deleted_id: 'gid://shopify/Customer/x' }],
  ])('that is completed but doesn’t name both customers, %j, can’t be translated', (named) => {
    expect(() => translate('customers/merge', { ...named, status: 'completed' })).toThrow(
      new TranslationError('merge_without_customers'),
    );
  });
});

describe('a run of the Flow action', () => {
  const run = (properties: object) => translate('flow/send', { shopify_domain: 'a.myshopify.com', properties });

  it.each([
    ['one per line', 'Races\n Ski school \r\n', ['Races', 'Ski school']],
    ['with commas and repeats', 'Races, Ski school,Races,,', ['Races', 'Ski school']],
    ['as a list', ['Races', 4, ' '], ['Races']],
    ['none', '', []],
    ['something else', 12, []],
  ])('names the customer and adds texts given %s', (_, activities, texts) => {
    expect(run({ customer_id: 'gid://shopify/Customer/706405506930370084', activities })).toEqual({
      kind: 'flow',
      customerId: '706405506930370084',
      added: { activities: texts, interests: [] },
    });
  });

  it.each([{}, { customer_id: 'somebody' }, { customer_id: null }])(
    'is refused if it names no customer: %j',
    (properties) => {
      expect(() => run(properties)).toThrow(new TranslationError('workflow_without_customer'));
    },
  );
});

describe('a lifecycle event', () => {
  it.each([
    [
      'customers/delete',
      { id: 820982911946154500, admin_graphql_api_id: 'gid://shopify/Customer/820982911946154508' },
      { kind: 'customer_deleted', customerId: '820982911946154508' },
    ],
    ['app/uninstalled', {}, { kind: 'uninstalled' }],
    ['app/scopes_update', { id: 1 }, { kind: 'lifecycle', shop: {} }],
    ['shop/update', {}, { kind: 'lifecycle', shop: {} }],
    ['shop/update', { updated_at: '1970-01-01T01:00:01+01:00' }, { kind: 'lifecycle', shop: { updatedAt: 1000 } }],
    [
      'shop/update',
      {
        name: 'Snow',
        email: 'snow@example.com',
        country_code: 'us',
        iana_timezone: 'America/Denver',
        timezone: '(GMT-07:00)',
      },
      {
        kind: 'lifecycle',
        shop: { name: 'Snow', email: 'snow@example.com', country: 'US', timeZone: 'America/Denver' },
      },
    ],
    [
      'shop/update',
      { name: 1, email: 'x', country_code: 'ZZ', iana_timezone: 'Moon/Base' },
      { kind: 'lifecycle', shop: {} },
    ],
  ])('%s of %j', (topic, body, translated) => {
    expect(translate(topic, body)).toEqual(translated);
  });

  it('that deletes nobody can’t be translated', () => {
    expect(() => translate('customers/delete', {})).toThrow(new TranslationError('customer_without_id'));
  });
});

describe('a privacy request', () => {
  it.each([
    ['customers/data_request', 'data_request'],
    ['customers/redact', 'customer_redact'],
  ])('%s names the person by whatever is known of them', (topic, request) => {
    const full = { customer: { id: 5001, email: 'Ada@Example.com', phone: '403-555-0123' } };
    const nobody = {
      kind: 'compliance',
      request,
      requestId: null,
      customerId: null,
      email: null,
      phone: null,
      unread: false,
      orderIds: [],
    };
    expect(translate(topic, full)).toEqual({
      ...nobody,
      customerId: '5001',
      email: 'ada@example.com',
      phone: '+14035550123',
    });
    expect(translate(topic, { customer: { email: 'Ada@Example.com' } })).toEqual({
      ...nobody,
      email: 'ada@example.com',
    });
    expect(translate(topic, { customer: { email: 'Ada@example.com\ufe0f' } })).toMatchObject({
      email: 'ada@example.com',
    });
    expect(translate(topic, { customer: { email: 'Odd' } })).toEqual({ ...nobody, email: 'odd', unread: true });
    expect(translate(topic, { customer: { phone: '555-SHIP' } })).toEqual({ ...nobody, unread: true });
    expect(translate(topic, { customer: null })).toEqual(nobody);
    expect(
      translate(topic, {
        data_request: { id: 9999 },
        orders_requested: [1, '706405506930370084'],
        orders_to_redact: [1, null, {}, 2],
      }),
    ).toEqual({ ...nobody, requestId: '9999', orderIds: ['1', '706405506930370084', '2'] });
    expect(translate(topic, { orders_requested: 'x', orders_to_redact: {} })).toEqual(nobody);
    expect(translate(topic, {})).toEqual(nobody);
  });

  it('for the shop names nobody', () => {
    const all = {
      kind: 'compliance',
      request: 'shop_redact',
      requestId: null,
      customerId: null,
      email: null,
      phone: null,
      unread: false,
      orderIds: [],
    };
    expect(translate('shop/redact', { shop_id: 1 })).toEqual(all);
  });
});
