import { describe, expect, it } from 'vitest';
import { type PrepareInput, prepare } from '../../../server/pipeline/deliver/prepare.ts';
import { settingsWith } from '../../ascent360/inputs.ts';
import {
  contact,
  ends,
  fact,
  facts,
  given,
  HOUR,
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

describe('What was read from Shopify', () => {
  it.each<[string, Partial<PrepareInput>, string]>([
    ['with a flag due', { facts: facts({ email: [optIn] }) }, 'sent email,true'],
    [
      'with a mapped flag due',
      { facts: facts({ postal: [fact({ channel: 'postal', state: 'tag_opt_out', source: 'tag' })] }) },
      'sent postal,false',
    ],
    ['without a choice', {}, 'skipped: no_choice'],
    [
      'told before',
      { facts: facts({ email: [optIn] }), told: told({ email: { accepted: true, acceptedAt: RECEIVED - 1 } }) },
      'skipped: already_told',
    ],
    [
      'told with something else since',
      {
        facts: facts({ sms: [fact({ channel: 'sms' })] }),
        told: told({ sms: { accepted: true, acceptedAt: RECEIVED } }),
      },
      'merged: told_with_another',
    ],
    [
      'told by email with something else since',
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
      'told at a time not known',
      { facts: facts({ email: [optIn] }), told: told({ email: { accepted: true } }) },
      'skipped: already_told',
    ],
    [
      'with history for e-mail and SMS told: history is what is held',
      {
        facts: facts({ email: [optIn], sms: [fact({ channel: 'sms' })] }),
        told: told({ sms: { accepted: true } }),
        historyBefore: NOW,
      },
      'skipped: history_held',
    ],
    [
      'with an older state: sent for its choice alone',
      { otherwise: 'stale', facts: facts({ email: [optIn] }) },
      'sent email,true',
    ],
    ['sent again by the merchant', { again: true }, 'sent'],
  ])('%s', (_what, change, end) => {
    expect(ends(read(change))).toBe(end);
  });
});

describe('What a delivery comes to', () => {
  it.each<[string, Partial<PrepareInput>, string]>([
    ['a customer without a choice', {}, 'sent'],
    ['a customer whose choice is due', { facts: facts({ email: [optIn] }) }, 'sent email,true'],
    ['customers switched off', { settings: switchedOff({ customers: false }) }, 'skipped: topic_off'],
    ['orders switched off do not hold a customer', { settings: switchedOff({ orders: false }) }, 'sent'],
    [
      'orders switched off',
      { kind: 'order', purchase, settings: switchedOff({ orders: false }) },
      'skipped: topic_off',
    ],
    [
      'customers switched off do not hold an order',
      { kind: 'order', purchase, settings: switchedOff({ customers: false }) },
      'sent',
    ],
    ['a test order', { kind: 'order', purchase: { ...purchase, test: true } }, 'skipped: test_order'],
    [
      'a test order that is wanted',
      { kind: 'order', purchase: { ...purchase, test: true }, settings: switchedOff({ testOrders: true }) },
      'sent',
    ],
    [
      'an order of a channel left out, in any case',
      { kind: 'order', purchase, settings: switchedOff({ excludeChannels: ['pos', 'wEB'] }) },
      'skipped: channel_excluded',
    ],
    [
      'an order of another channel',
      { kind: 'order', purchase, settings: switchedOff({ excludeChannels: ['pos'] }) },
      'sent',
    ],
    [
      'what left settings out is not sent for its choice either, unless the topic is off',
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
      'a topic that is off, with a choice that is due but not of this event',
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
    ['an older state, sent for its choice alone, with nothing due', { otherwise: 'stale' }, 'skipped: stale'],
    ['the same with something due', { otherwise: 'stale', facts: facts({ email: [optIn] }) }, 'sent email,true'],
    [
      'the same with lists due',
      { otherwise: 'stale', ...withLists, facts: facts({ email: [optIn] }), told: told({ email: { accepted: true } }) },
      'sent lists',
    ],
    ['the same sent again by the merchant', { otherwise: 'stale', again: true }, 'sent'],
  ])('%s', (_what, change, end) => {
    expect(ends(change)).toBe(end);
  });

  it('an order with its topic off goes out for its choice without the order', () => {
    const change = { kind: 'order', purchase, choice: true, facts: facts({ email: [optIn] }) } as const;
    const off = prepare(given({ ...change, settings: switchedOff({ orders: false }) }));
    expect(off).toMatchObject({ kind: 'send', payload: { EmailPermission: true } });
    expect(off).not.toHaveProperty('payload.Order');
    expect(prepare(given(change))).toHaveProperty('payload.Order');
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
    ['go out with an opt-in that was told', { told: told({ email: { accepted: true } }) }, true],
    ['are not sent twice', { told: told({ email: { lists: 'set' } }) }, false],
    ['go out again when they are others', { told: told({ email: { lists: 'another' } }) }, true],
    ['need a provider', { listSet: null, settings: settingsWith() }, false],
    ['are not for a person whose data may not be sold', { dataSaleOptOut: true, settings: everyone }, false],
    ['are not for a person of whom that is not known', { dataSaleOptOut: null, settings: everyone }, false],
    ['are not for a person who could not be read', { unread: true, settings: everyone }, false],
    ['are not for a person who opted out', { facts: facts({ email: [optOut] }), settings: everyone }, false],
    ['are for everyone without a choice, if the merchant says so', { facts: facts(), settings: everyone }, true],
    ['are for subscribers alone otherwise', { facts: facts() }, false],
    [
      'take an opt-in that is held for none',
      { facts: facts({ email: [optIn, fact({ id: 'f4', state: 'pending', level: null, chosenAt: NOW - HOUR })] }) },
      false,
    ],
    [
      'are for everyone whose opt-in is held',
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
    ['opt-in of another, while Shopify is asked about this one', { isBeingAsked: true }, []],
    [
      'opt-in of another, where this one did not subscribe',
      {},
      [fact({ id: 'f6', state: 'not_subscribed', level: null, personId: 'ben', chosenAt: NOW - 3 * HOUR })],
    ],
  ])('are not for the %s', (_what, how, more) => {
    const to = { personId: 'ben', canBeAsked: true, isBeingAsked: false, optInsFrom: Number.NEGATIVE_INFINITY, ...how };
    expect(codes({ to, facts: facts({ email: [optIn, ...more] }) })).toEqual([
      false,
      { code: 'field.lists_subscribed_only' },
    ]);
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

describe('What is sent', () => {
  it('names every flag that is due, and is more than content then', () => {
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
  ])('with %s only its content counts: %s', (_what, change, onlyContent) => {
    expect(prepare(given(change))).toMatchObject({ kind: 'send', onlyContent });
  });

  it('has no flag for an address that it does not carry', () => {
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

  it('tells again on purpose what was accepted, but not what may be on its way with another value', () => {
    const change = { reassert: true, facts: facts({ email: [optIn] }) };
    expect(ends({ ...change, told: told({ email: { accepted: true } }) })).toBe('sent email,true');
  });

  it.each([
    ['json', 'A\u0001da'],
    ['xml', 'Ada'],
  ] as const)('as %s is checked as it will be written: %j', (format, FirstName) => {
    const odd = { ...contact, firstName: 'A\u0001da' };
    expect(prepare(given({ contact: odd, settings: settingsWith({ format }) }))).toMatchObject({
      payload: { FirstName },
    });
  });

  it('is checked against the format, and what does not fit waits for somebody to look, with the key and no value', () => {
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
