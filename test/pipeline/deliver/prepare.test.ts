import { describe, expect, it } from 'vitest';
import { type PrepareInput, prepare } from '../../../server/pipeline/deliver/prepare.ts';
import { settingsWith } from '../../ascent360/inputs.ts';
import { HOUR } from '../../durations.ts';
import {
  contact,
  ends,
  fact,
  facts,
  given,
  NOW,
  optIn,
  optOut,
  purchase,
  RECEIVED,
  switchedOff,
  told,
  withLists,
} from './prepare-input.ts';

const read = (change: Partial<PrepareInput>): Partial<PrepareInput> => ({ kind: 'read', ...change });

describe('a person read from Shopify', () => {
  it.each<[string, Partial<PrepareInput>, string]>([
    ['with a flag due', { facts: facts({ email: [optIn] }) }, 'sent email,true'],
    [
      'with a mapped flag due',
      { facts: facts({ postal: [fact({ channel: 'postal', state: 'tag_opt_out', source: 'tag' })] }) },
      'sent postal,false',
    ],
    ['without a choice', {}, 'skipped: no_choice'],
    [
      'without a choice, though one was told since',
      { told: told({ email: { accepted: true, acceptedAt: NOW } }) },
      'skipped: no_choice',
    ],
    [
      'who is put on a list, after an older state',
      {
        otherwise: 'stale',
        ...withLists,
        facts: facts({ email: [optIn] }),
        told: told({ email: { accepted: true, acceptedAt: RECEIVED - 1 } }),
      },
      'sent lists',
    ],
    [
      'with an order, while orders are switched off',
      { purchase, settings: switchedOff({ orders: false }) },
      'skipped: topic_off',
    ],
    [
      'with an older state of an order, while orders are switched off',
      { purchase, otherwise: 'stale', facts: facts({ email: [optIn] }), settings: switchedOff({ orders: false }) },
      'sent email,true',
    ],
    [
      'told before',
      { facts: facts({ email: [optIn] }), told: told({ email: { accepted: true, acceptedAt: RECEIVED - 1 } }) },
      'skipped: already_told',
    ],
    [
      'accepted, with something else sent since',
      {
        facts: facts({ sms: [fact({ channel: 'sms' })] }),
        told: told({ sms: { accepted: true, acceptedAt: RECEIVED } }),
      },
      'merged: told_with_another',
    ],
    [
      'accepted by email, with something else sent since',
      { facts: facts({ email: [optIn] }), told: told({ email: { accepted: true, acceptedAt: RECEIVED } }) },
      'merged: told_with_another',
    ],
    [
      'unticked at checkout, which is left out',
      {
        facts: facts({ email: [optOut, fact({ id: 'f5', state: 'unticked', source: 'order_box', level: null })] }),
        settings: settingsWith({
          consent: {
            ...settingsWith().consent,
            email: { optInLevel: 'single', history: 'optOuts', untickedBox: 'leaveOut' },
          },
        }),
      },
      'skipped: unticked_box',
    ],
    [
      'accepted at an unknown time',
      { facts: facts({ email: [optIn] }), told: told({ email: { accepted: true } }) },
      'skipped: already_told',
    ],
    [
      'with history for email and SMS accepted: the reason is history',
      {
        facts: facts({ email: [optIn], sms: [fact({ channel: 'sms' })] }),
        told: told({ sms: { accepted: true } }),
        historyBefore: NOW,
      },
      'skipped: history_held',
    ],
    [
      'with an older state: sent only for its choice',
      { otherwise: 'stale', facts: facts({ email: [optIn] }) },
      'sent email,true',
    ],
    ['resent by the merchant', { again: true }, 'sent'],
  ])('%s', (_what, change, end) => {
    expect(ends(read(change))).toBe(end);
  });
});

describe('the result for', () => {
  it.each<[string, Partial<PrepareInput>, string]>([
    ['a customer without a choice', {}, 'sent'],
    ['a customer whose choice is due', { facts: facts({ email: [optIn] }) }, 'sent email,true'],
    ['customers switched off', { settings: switchedOff({ customers: false }) }, 'skipped: topic_off'],
    ['a customer while orders are switched off', { settings: switchedOff({ orders: false }) }, 'sent'],
    [
      'orders switched off',
      { kind: 'order', purchase, settings: switchedOff({ orders: false }) },
      'skipped: topic_off',
    ],
    [
      'an order while customers are switched off',
      { kind: 'order', purchase, settings: switchedOff({ customers: false }) },
      'sent',
    ],
    ['a test order', { kind: 'order', purchase: { ...purchase, test: true } }, 'skipped: test_order'],
    [
      'a test order, if wanted',
      { kind: 'order', purchase: { ...purchase, test: true }, settings: switchedOff({ testOrders: true }) },
      'sent',
    ],
    [
      'an order from an excluded channel, in any case',
      { kind: 'order', purchase, settings: switchedOff({ excludeChannels: ['pos', 'wEB'] }) },
      'skipped: channel_excluded',
    ],
    [
      'an order from another channel',
      { kind: 'order', purchase, settings: switchedOff({ excludeChannels: ['pos'] }) },
      'sent',
    ],
    [
      'what settings exclude, even with a choice, unless the topic is off',
      {
        kind: 'order',
        purchase,
        choice: true,
        facts: facts({ email: [optIn] }),
        settings: switchedOff({ excludeChannels: ['web'] }),
      },
      'skipped: channel_excluded',
    ],
    [
      'a topic that is off, with a new choice that is due',
      { choice: true, facts: facts({ email: [optIn] }), settings: switchedOff({ customers: false }) },
      'sent email,true',
    ],
    [
      'a topic that is off, with the choice of an excluded channel',
      {
        kind: 'order',
        purchase,
        choice: true,
        facts: facts({ email: [optIn] }),
        settings: switchedOff({ orders: false, excludeChannels: ['web'] }),
      },
      'skipped: topic_off',
    ],
    [
      'a topic that is off, with the choice in a test order',
      {
        kind: 'order',
        purchase: { ...purchase, test: true },
        choice: true,
        facts: facts({ email: [optIn] }),
        settings: switchedOff({ orders: false }),
      },
      'skipped: topic_off',
    ],
    [
      'a topic that is off, with a choice that is due but not from this event',
      { facts: facts({ email: [optIn] }), settings: switchedOff({ customers: false }) },
      'skipped: topic_off',
    ],
    [
      'a topic that is off, with a choice that makes nothing due',
      {
        choice: true,
        facts: facts({ email: [optIn] }),
        told: told({ email: { accepted: true } }),
        settings: switchedOff({ customers: false }),
      },
      'skipped: topic_off',
    ],
    ['a customer who was deleted', { isGone: true, facts: facts({ email: [optOut] }) }, 'skipped: deleted_person'],
    ['an older state, sent only for its choice, with nothing due', { otherwise: 'stale' }, 'skipped: stale'],
    ['the same with something due', { otherwise: 'stale', facts: facts({ email: [optIn] }) }, 'sent email,true'],
    [
      'the same with lists due',
      { otherwise: 'stale', ...withLists, facts: facts({ email: [optIn] }), told: told({ email: { accepted: true } }) },
      'sent lists',
    ],
    [
      'the same of a test order with something due',
      { otherwise: 'stale', purchase: { ...purchase, test: true }, facts: facts({ email: [optIn] }) },
      'skipped: stale',
    ],
    ['the same, resent by the merchant', { otherwise: 'stale', again: true }, 'sent'],
  ])('%s', (_what, change, end) => {
    expect(ends(change)).toBe(end);
  });

  it('an order whose topic is off is sent for its choice, without the order', () => {
    const change = { kind: 'order', purchase, choice: true, facts: facts({ email: [optIn] }) } as const;
    const off = prepare(given({ ...change, settings: switchedOff({ orders: false }) }));
    expect(off).toMatchObject({ kind: 'send', payload: { EmailPermission: true } });
    expect(off).not.toHaveProperty('payload.Order');
    expect(prepare(given(change))).toHaveProperty('payload.Order');
  });

  it('an older state of an order is sent for its choice, without the order', () => {
    const stale = prepare(given({ kind: 'read', purchase, otherwise: 'stale', facts: facts({ email: [optIn] }) }));
    expect(stale).toMatchObject({ kind: 'send', payload: { EmailPermission: true } });
    expect(stale).not.toHaveProperty('payload.Order');
  });
});

describe('Lists', () => {
  const codes = (change: Partial<PrepareInput>) => {
    const made = prepare(given({ ...withLists, facts: facts({ email: [optIn] }), ...change }));
    return made.kind === 'send'
      ? [made.sendsLists, made.fields.find(({ key }) => key === 'ListIds' || key === 'ProviderType')?.text]
      : made;
  };
  const everyone = settingsWith({ providerType: 3, listIds: ['1'], listsFor: 'everyone' });

  it.each<[string, Partial<PrepareInput>, boolean]>([
    ['go out with an opt-in', {}, true],
    ['go out with an opt-in that was accepted', { told: told({ email: { accepted: true } }) }, true],
    ['are not sent twice', { told: told({ email: { lists: 'set' } }) }, false],
    ['go out again if they have changed', { told: told({ email: { lists: 'another' } }) }, true],
    ['need a provider', { listSet: null, settings: settingsWith() }, false],
    ['are not for a person whose data may not be sold', { dataSaleOptOut: true, settings: everyone }, false],
    ['are not for a person if that is unknown', { dataSaleOptOut: null, settings: everyone }, false],
    ['are not for a person who could not be read', { unread: true, settings: everyone }, false],
    ['are not for a person who opted out', { facts: facts({ email: [optOut] }), settings: everyone }, false],
    ['are for everyone without a choice, if the merchant says so', { facts: facts(), settings: everyone }, true],
    ['are otherwise only for subscribers', { facts: facts() }, false],
    [
      'are not sent for an opt-in that is held back',
      { facts: facts({ email: [optIn, fact({ id: 'f4', state: 'pending', level: null, chosenAt: NOW - HOUR })] }) },
      false,
    ],
    [
      'are not sent for an opt-in that was accepted, if a newer state has no choice',
      {
        told: told({ email: { accepted: true, acceptedAt: NOW - 2 * HOUR, lists: 'another' } }),
        facts: facts({ email: [optIn, fact({ id: 'f4', state: 'pending', level: null, chosenAt: NOW - HOUR })] }),
      },
      false,
    ],
    [
      'are not sent for an opt-in without a date that Shopify has not confirmed',
      { facts: facts({ email: [fact({ chosenAt: null, heardAt: NOW - HOUR })] }) },
      false,
    ],
    [
      'are sent for one without a date if nobody can be asked',
      {
        facts: facts({ email: [fact({ chosenAt: null, heardAt: NOW - HOUR })] }),
        to: { personId: 'ada', canBeAsked: false, isBeingAsked: false, optInsFrom: Number.NEGATIVE_INFINITY },
      },
      true,
    ],
    [
      'are sent for one without a date that Shopify has confirmed',
      { facts: facts({ email: [fact({ chosenAt: null, source: 'admin_read' })] }) },
      true,
    ],
    [
      'are for everyone, including those whose opt-in is held back',
      {
        settings: everyone,
        facts: facts({ email: [optIn, fact({ id: 'f4', state: 'pending', level: null, chosenAt: NOW - HOUR })] }),
      },
      true,
    ],
  ])('%s', (_what, change, sends) => {
    expect(codes(change)).toEqual([sends, sends ? { code: 'field.lists_first' } : expect.anything()]);
  });

  it.each([
    ['opt-in of another person, while Shopify is asked about this one', { isBeingAsked: true }, []],
    [
      'opt-in of another person, if this one did not subscribe',
      {},
      [fact({ id: 'f6', state: 'not_subscribed', level: null, personId: 'ben', chosenAt: NOW - 3 * HOUR })],
    ],
  ])('are not for the %s, whether it was accepted or not', (_what, how, more) => {
    const to = { personId: 'ben', canBeAsked: true, isBeingAsked: false, optInsFrom: Number.NEGATIVE_INFINITY, ...how };
    for (const accepted of [null, true]) {
      expect(codes({ to, told: told({ email: { accepted } }), facts: facts({ email: [optIn, ...more] }) })).toEqual([
        false,
        { code: 'field.lists_subscribed_only' },
      ]);
    }
  });

  it('need an email', () => {
    const { email: _, ...without } = contact;
    expect(prepare(given({ ...withLists, contact: without, settings: everyone }))).toMatchObject({ sendsLists: false });
  });

  it.each<[string, Partial<PrepareInput>]>([
    ['sent', { told: told({ email: { lists: 'set' } }) }],
    ['data_sale', { dataSaleOptOut: true }],
    ['unread', { unread: true }],
    ['opted_out', { facts: facts({ email: [optOut] }) }],
    ['subscribed_only', { facts: facts() }],
  ])('say why they are left out: %s', (code, change) => {
    expect(codes(change)).toEqual([false, { code: `field.lists_${code}` }]);
  });
});

describe('the payload', () => {
  it('names every flag that is due, and then is more than content', () => {
    const all = facts({
      email: [optIn],
      sms: [fact({ channel: 'sms', state: 'unsubscribed', level: null })],
      phone: [fact({ channel: 'phone', state: 'tag_opt_in', source: 'tag' })],
      postal: [fact({ channel: 'postal', state: 'tag_opt_out', source: 'tag' })],
    });
    expect(prepare(given({ facts: all }))).toMatchObject({
      kind: 'send',
      flags: { email: true, sms: false, phone: true, postal: false },
      payload: { EmailPermission: true, SMSPermission: false, PhonePermission: true, AddressPermission: false },
      onlyContent: false,
    });
  });

  it.each([
    ['nothing due', {}, true],
    ['a flag', { facts: facts({ email: [optOut] }) }, false],
    [
      'lists alone',
      { ...withLists, facts: facts({ email: [optIn] }), told: told({ email: { accepted: true } }) },
      false,
    ],
  ])('with %s contains only content: %s', (_what, change, onlyContent) => {
    expect(prepare(given(change))).toMatchObject({ kind: 'send', onlyContent });
  });

  it('has no flag for an address that it does not contain', () => {
    const { email: _e, mobile: _m, phone: _p, address: _a, ...nobody } = contact;
    const all = facts({
      email: [optIn],
      sms: [fact({ channel: 'sms' })],
      phone: [fact({ channel: 'phone', state: 'tag_opt_in', source: 'tag' })],
      postal: [fact({ channel: 'postal', state: 'tag_opt_in', source: 'tag' })],
    });
    const made = prepare(given({ contact: nobody, facts: all }));
    expect(Object.values(made.decisions).map(({ reason }) => reason)).toEqual(Array(4).fill('no_address'));
  });

  it('repeats on purpose what was accepted, but not what may be on its way with another value', () => {
    const change = { reassertFrom: Infinity, facts: facts({ email: [optIn] }) };
    expect(ends({ ...change, told: told({ email: { accepted: true } }) })).toBe('sent email,true');
  });

  it('opts out of calls with the phone they had when opted in, also where what was accepted is repeated on purpose', () => {
    const { phone: _, ...now } = contact;
    const change = {
      contact: { ...now, former: { phone: '+12125550143' as const, origins: {}, leftOut: {} } },
      facts: facts({ phone: [fact({ channel: 'phone', state: 'tag_opt_out', source: 'tag' })] }),
      told: told({ phone: { accepted: true, acceptedAt: NOW - HOUR } }),
    };
    for (const reassertFrom of [null, Infinity]) expect(ends({ ...change, reassertFrom })).toBe('sent phone,false');
  });

  it.each([
    [NOW - HOUR - 1, 'sent email,true'],
    [NOW - HOUR, 'sent'],
  ])(
    'repeats what was accepted before that was asked for, and nothing that was accepted since: %s',
    (acceptedAt, end) => {
      const change = { reassertFrom: NOW - HOUR, facts: facts({ email: [optIn] }) };
      expect(ends({ ...change, told: told({ email: { accepted: true, acceptedAt } }) })).toBe(end);
    },
  );

  const optedIn = { accepted: true, acceptedAt: NOW - 3 * HOUR };
  it.each<[string, Partial<PrepareInput>, string]>([
    [
      'opts out of the one they had, if Ascent360 was told their opt-in',
      { told: told({ phone: optedIn }) },
      'sent phone,false',
    ],
    ['… or may have been', { told: told({ phone: { pendingFlags: [true] } }) }, 'sent phone,false'],
    ['… and not if it was not', {}, 'sent'],
    ['… and not if only an opt-out may have been', { told: told({ phone: { pendingFlags: [false] } }) }, 'sent'],
    [
      'does not opt in with the one they had',
      {
        told: told({ phone: { pendingFlags: [true] } }),
        facts: facts({ phone: [fact({ channel: 'phone', state: 'tag_opt_in', source: 'tag' })] }),
      },
      'sent',
    ],
  ])('of somebody who has no phone any more %s', (_, change, end) => {
    const { phone = '', ...now } = contact;
    const tagged = facts({ phone: [fact({ channel: 'phone', state: 'tag_opt_out', source: 'tag' })] });
    expect(ends({ contact: { ...now, former: { phone, origins: {}, leftOut: {} } }, facts: tagged, ...change })).toBe(
      end,
    );
  });

  it.each([
    ['json', 'A\u0001da'],
    ['xml', 'Ada'],
  ] as const)('is checked as it will be written, as %s: %j', (format, FirstName) => {
    const odd = { ...contact, firstName: 'A\u0001da' };
    expect(prepare(given({ contact: odd, settings: settingsWith({ format }) }))).toMatchObject({
      payload: { FirstName },
    });
  });

  it('as XML leaves out what loses all that it says, and says so', () => {
    const odd = { ...contact, firstName: '\uffff', address: { city: '\ufffe', country: 'U\uffff\uffffS' } };
    const mailOk = fact({ channel: 'postal', state: 'tag_opt_in', source: 'tag' });
    const made = prepare(
      given({
        contact: odd,
        purchase: { ...purchase, name: '\uffff', discountCodes: ['\uffff'], items: [{ quantity: 1, sku: '\uffff' }] },
        facts: facts({ postal: [mailOk] }),
        settings: settingsWith({ format: 'xml' }),
      }),
    );
    expect(made).toMatchObject({ kind: 'send', flags: {} });
    expect(made).toHaveProperty('payload.Order', {
      Id: '7',
      Event: 'created',
      Channel: 'Web',
      Items: [{ Quantity: 1 }],
    });
    for (const key of ['FirstName', 'Address', 'AddressPermission']) expect(made).not.toHaveProperty(['payload', key]);
    expect(made).toMatchObject({
      fields: expect.arrayContaining([
        { key: 'FirstName', from: null, text: { code: 'field.unknown' } },
        {
          key: 'AddressPermission',
          from: 'customer.tags',
          text: { code: 'field.without_address', params: { key: 'Address' } },
        },
      ]),
    });
  });

  it('is checked against the format, and a payload that does not fit needs attention, with the key and no value', () => {
    const settings = settingsWith({
      sourceName: 'much too long '.repeat(20),
      sourceType: 'too long as well '.repeat(20),
    });
    const made = prepare(given({ settings }));
    expect(made).toMatchObject({ kind: 'settle', settled: { state: 'attention', reason: 'invalid_payload' } });
    expect(made).toMatchObject({ detail: expect.stringMatching(/SourceName.*SourceType/) });
    expect(JSON.stringify(made)).not.toMatch(/too long/);
  });
});
