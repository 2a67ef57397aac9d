import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completeSettings, defaultSettings, parseSettings } from '../../../server/domain/settings/contract.ts';
import { settingsWith } from '../../ascent360/inputs.ts';

const regular = { developmentStore: false };
const guid = '3f2a91c4-7b0e-4d55-9a61-0c8de2f4b7a9';

const defaults = settingsWith();

const full = {
  guid: guid.toUpperCase(),
  newAccount: true,
  sourceName: ' \u200b Snow Shop\u200e ',
  sourceType: 'Online',
  providerType: 7,
  listIds: [' 2127849', '31'],
  listsFor: 'everyone',
  send: { orders: false, customers: false, orderDetails: false, testOrders: true, excludeChannels: ['pos'] },
  consent: {
    email: { optInLevel: 'any', history: 'all', untickedBox: 'leaveOut' },
    sms: { optInLevel: 'confirmed', history: 'none' },
  },
  mapping: {
    dateOfBirth: { from: 'metafield', key: 'facts.birth_date' },
    gender: { from: 'tag', prefix: 'gender:' },
    activities: [{ from: 'tag', prefix: 'sport:' }],
    interests: [{ from: 'metafield', key: 'custom.interests' }],
    newsletters: [{ from: 'text', values: ['Daily Snow Report'] }],
    phonePermission: { optIn: 'call-ok', optOut: 'call-stop' },
    addressPermission: { optIn: 'mail-ok', optOut: 'mail-stop' },
  },
  format: 'xml',
  paused: true,
};

describe('a settings document', () => {
  it('that is empty gets all defaults, and keeps the saved GUID', () => {
    expect(parseSettings({}, regular)).toEqual({ ok: true, settings: defaults, guid: null, newAccount: false });
    expect(defaultSettings(false)).toEqual(defaults);
  });

  it('sends test orders by default on development stores only', () => {
    const development = { ...defaults, send: { ...defaults.send, testOrders: true } };
    expect(defaultSettings(true)).toEqual(development);
    expect(parseSettings({ send: {} }, { developmentStore: true })).toMatchObject({ ok: true, settings: development });
    expect(parseSettings({ send: { testOrders: false } }, { developmentStore: true })).toMatchObject({
      settings: defaults,
    });
  });

  it('is accepted in full, with white space trimmed', () => {
    const { guid: _guid, newAccount: _newAccount, ...rest } = full;
    const settings = { ...rest, sourceName: 'Snow Shop', listIds: ['2127849', '31'] };
    expect(parseSettings(full, regular)).toEqual({ ok: true, settings, guid, newAccount: true });
  });

  it.each([
    ['sourceName', '⛷'.repeat(100)],
    ['sourceType', '🏂'.repeat(100)],
    ['sourceName', '雪'.repeat(100)],
  ])('takes a %s of 100 characters in any script', (key, written) => {
    expect(parseSettings({ [key]: written }, regular)).toMatchObject({ ok: true, settings: { [key]: written } });
  });

  it('gets the default for every missing key, at any depth', () => {
    const parsed = parseSettings({ consent: { email: { history: 'all' } }, mapping: { gender: null } }, regular);
    const consent = { ...defaults.consent, email: { ...defaults.consent.email, history: 'all' } };
    expect(parsed).toMatchObject({ ok: true, settings: { ...defaults, consent } });
  });

  it('can be sent back as it was answered, including the GUID’s last characters', () => {
    expect(parseSettings({ ...defaults, guid: null, guidLast4: 'b7a9' }, regular)).toMatchObject({
      ok: true,
      settings: defaults,
    });
  });

  const unknown = 'Remove this. It isn’t a setting.';
  const characters = (max: number) => new RegExp(`1 to ${max} characters`);
  const cases: [string, unknown, string, string | RegExp][] = [
    ['nothing', undefined, '', /JSON object/],
    ['null', null, '', /JSON object/],
    ['a list', [], '', /JSON object/],
    ['a text', 'paused', '', /JSON object/],
    ['an unknown key', { pause: true }, 'pause', unknown],
    ['an unknown key deep inside', { consent: { sms: { untickedBox: 'send' } } }, 'consent.sms.untickedBox', unknown],
    [
      'an unknown key of a source',
      { mapping: { interests: [{ from: 'tag', prefix: 'a', x: 1 }] } },
      'mapping.interests.0.x',
      unknown,
    ],
    [
      'an unknown key of tags',
      { mapping: { phonePermission: { optIn: 'a', optOut: 'b', c: 1 } } },
      'mapping.phonePermission.c',
      unknown,
    ],
    ['__proto__', JSON.parse('{"__proto__": {"paused": true}}'), '__proto__', unknown],
    ['constructor', { send: { constructor: 1 } }, 'send.constructor', unknown],
    ['an empty source name', { sourceName: ' ' }, 'sourceName', characters(100)],
    ['a source name of null', { sourceName: null }, 'sourceName', characters(100)],
    ['a long source name', { sourceName: 'x'.repeat(101) }, 'sourceName', characters(100)],
    ['a long source name in emoji', { sourceName: '🏂'.repeat(101) }, 'sourceName', characters(100)],
    [
      'a source name with NUL, which no database column accepts',
      { sourceName: 'a\0b' },
      'sourceName',
      /can’t be shown/,
    ],
    ['a source name with half a surrogate pair', { sourceName: 'a\ud800' }, 'sourceName', /can’t be shown/],
    ['an empty source type', { sourceType: '' }, 'sourceType', characters(100)],
    ['a source type that is a number', { sourceType: 3 }, 'sourceType', characters(100)],
    ['provider 0', { providerType: 0 }, 'providerType', /whole number above 0/],
    ['a negative provider', { providerType: -3 }, 'providerType', /whole number above 0/],
    ['a broken provider', { providerType: 3.5 }, 'providerType', /whole number above 0/],
    ['a provider as text', { providerType: '7' }, 'providerType', /whole number above 0/],
    ['list IDs that aren’t a list', { providerType: 7, listIds: '31' }, 'listIds', /Enter a list/],
    ['a list ID as a number', { providerType: 7, listIds: ['a', 31] }, 'listIds.1', characters(100)],
    ['an empty list ID', { providerType: 7, listIds: ['  '] }, 'listIds.0', characters(100)],
    ['an invisible list ID', { providerType: 7, listIds: ['\u200b'] }, 'listIds.0', characters(100)],
    ['a long list ID', { providerType: 7, listIds: ['x'.repeat(101)] }, 'listIds.0', characters(100)],
    ['the same list ID twice', { providerType: 7, listIds: ['31', '32', ' 31'] }, 'listIds.2', /already/],
    [
      '51 list IDs',
      { providerType: 7, listIds: Array.from({ length: 51 }, (_, i) => `${i}`) },
      'listIds',
      /at most 50/,
    ],
    ['list IDs without a provider', { listIds: ['31'] }, 'listIds', /provider/],
    ['an unknown audience', { listsFor: 'all' }, 'listsFor', /subscribed, everyone/],
    ['a group that is null', { send: null }, 'send', /JSON object/],
    ['a switch as text', { send: { orders: 'false' } }, 'send.orders', /true or false/],
    ['a channel that is a number', { send: { excludeChannels: [580111] } }, 'send.excludeChannels.0', characters(100)],
    [
      'an unknown opt-in level',
      { consent: { email: { optInLevel: 'double' } } },
      'consent.email.optInLevel',
      /any, single, confirmed/,
    ],
    [
      'an unknown history policy',
      { consent: { sms: { history: 'optIns' } } },
      'consent.sms.history',
      /none, optOuts, all/,
    ],
    [
      'an unknown setting for the unticked box',
      { consent: { email: { untickedBox: false } } },
      'consent.email.untickedBox',
      /send, leaveOut/,
    ],
    [
      'a date of birth from a fixed text',
      { mapping: { dateOfBirth: { from: 'text', values: ['x'] } } },
      'mapping.dateOfBirth.from',
      /same date of birth/,
    ],
    [
      'a source of an unknown kind',
      { mapping: { gender: { from: 'note' } } },
      'mapping.gender.from',
      /a metafield, a tag or a fixed text/,
    ],
    [
      'a source that is a text',
      { mapping: { gender: 'gender' } },
      'mapping.gender',
      /a metafield, a tag or a fixed text/,
    ],
    [
      'a metafield without a namespace',
      { mapping: { gender: { from: 'metafield', key: 'gender' } } },
      'mapping.gender.key',
      /facts\.birth_date/,
    ],
    [
      'a tag source without a prefix',
      { mapping: { gender: { from: 'tag', prefix: '' } } },
      'mapping.gender.prefix',
      characters(255),
    ],
    [
      'an empty fixed text',
      { mapping: { interests: [{ from: 'text', values: [] }] } },
      'mapping.interests.0.values',
      /at least one/,
    ],
    ['sources that are null', { mapping: { activities: null } }, 'mapping.activities', /Enter a list/],
    [
      'a permission without the tag for no',
      { mapping: { phonePermission: { optIn: 'a' } } },
      'mapping.phonePermission.optOut',
      characters(255),
    ],
    [
      'the same tag for yes and no',
      { mapping: { addressPermission: { optIn: 'Mail', optOut: 'mail' } } },
      'mapping.addressPermission',
      /different/,
    ],
    ['paused as a number', { paused: 1 }, 'paused', /true or false/],
    ['newAccount as text', { newAccount: 'yes' }, 'newAccount', /true or false/],
    ['a GUID that is a number', { guid: 5 }, 'guid', /null to keep/],
    ['a GUID that isn’t one', { guid: 'abc' }, 'guid', /isn’t a GUID/],
    ['an address on another host', { guid: `https://example.com/V1/Data/${guid}` }, 'guid', /only send to/],
  ];

  it.each(cases)('is refused, naming the field: %s', (_what, input, field, message) => {
    const expected = typeof message === 'string' ? message : expect.stringMatching(message);
    const text = { code: expect.stringMatching(/^(fault|guid)\./) };
    expect(parseSettings(input, regular)).toMatchObject({ ok: false, errors: [{ field, message: expected, text }] });
  });

  it('gets all its faults reported at once', () => {
    const parsed = parseSettings({ x: 1, sourceName: '', listIds: ['a'], send: { y: 1 }, paused: 0 }, regular);
    expect(parsed.ok ? [] : parsed.errors.map((fault) => fault.field).sort()).toEqual([
      'listIds',
      'paused',
      'send.y',
      'sourceName',
      'x',
    ]);
  });

  it.each([
    ['sourceName', { sourceName: [] }, 'fault.length'],
    ['listIds', { providerType: 3, listIds: '2127849'.repeat(10) }, 'fault.list'],
    ['send.excludeChannels', { send: { excludeChannels: 'p'.repeat(101) } }, 'fault.list'],
  ])('is refused once for a field of another type: %s', (field, input, code) => {
    const parsed = parseSettings(input, regular);
    expect(parsed).toMatchObject({ ok: false, errors: [{ field, text: { code } }] });
  });

  it('with a hundred thousand faults gets a short answer', () => {
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, i]));
    expect(parseSettings(many, regular)).toMatchObject({ ok: false, errors: { length: 100 } });
  });

  it('of any shape is answered without crashing, and what is accepted is accepted again unchanged', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          fc.record(Object.fromEntries(Object.keys(full).map((key) => [key, fc.jsonValue()])), { requiredKeys: [] }),
        ),
        (input) => {
          const parsed = parseSettings(input, regular);
          if (parsed.ok)
            expect(parseSettings(parsed.settings, regular)).toMatchObject({ ok: true, settings: parsed.settings });
          else expect(parsed.errors.length).toBeGreaterThan(0);
        },
      ),
    );
  });
});

describe('a stored document', () => {
  const { guid: _guid, newAccount: _newAccount, ...rest } = full;
  const stored: unknown = { ...rest, sourceName: 'Snow Shop', listIds: ['31'] };

  it('is loaded as it was saved', () => {
    expect(completeSettings(stored)).toEqual(stored);
  });

  it.each<[string, unknown, unknown]>([
    [
      'a key added since gets its default',
      { sourceName: 'A', consent: { email: { history: 'none' } } },
      {
        ...defaults,
        sourceName: 'A',
        consent: { ...defaults.consent, email: { ...defaults.consent.email, history: 'none' } },
      },
    ],
    [
      'a key from a newer version is ignored',
      { ...defaults, later: 1, send: { ...defaults.send, orders: false, later: 2 } },
      { ...defaults, send: { ...defaults.send, orders: false } },
    ],
    [
      'a word from a newer version gets the default, the rest stays',
      { ...defaults, paused: true, listsFor: 'nobody' },
      { ...defaults, paused: true },
    ],
    [
      'a source from a newer version is dropped, the others stay',
      { mapping: { activities: [{ from: 'tag', prefix: 'a' }, { from: 'note' }, { from: 'tag', prefix: 'b', x: 1 }] } },
      {
        ...defaults,
        mapping: {
          ...defaults.mapping,
          activities: [
            { from: 'tag', prefix: 'a' },
            { from: 'tag', prefix: 'b' },
          ],
        },
      },
    ],
    ['half a pair of tags is dropped', { mapping: { phonePermission: { optIn: 'a' } } }, defaults],
    ['list IDs without a provider are dropped', { listIds: ['31'], paused: true }, { ...defaults, paused: true }],
    ['null gets all defaults', null, defaults],
    ['a list gets all defaults', [1], defaults],
  ])('of another version is completed: %s', (_what, document, expected) => {
    expect(completeSettings(document)).toEqual(expected);
  });

  it('of any shape gives settings', () => {
    fc.assert(
      fc.property(
        fc.record(Object.fromEntries(Object.keys(full).map((key) => [key, fc.jsonValue()])), { requiredKeys: [] }),
        (document) => {
          expect(parseSettings(completeSettings(document), regular)).toMatchObject({ ok: true });
        },
      ),
    );
  });
});
