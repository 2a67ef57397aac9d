import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Played } from './play.ts';
import { run } from './run.ts';
import { bodyText, sampleOf } from './samples.ts';
import type { Choice } from './story.ts';
import { describePayload, renderRow, renderVerdict, WIDTH, wrap } from './table.ts';
import { flagFaults, newestChoices, type Verdict } from './verdict.ts';
import { startWorld, type World } from './world.ts';

describe('the demo', () => {
  let world: World;
  let played: Played[];
  let verdict: Verdict;
  beforeAll(async () => {
    world = await startWorld();
    ({ played, verdict } = await run(world));
  });
  afterAll(() => world.close());

  it('loses nothing, sends no faults, and leaves every flag at the newest choice', () => {
    expect(verdict.faults).toEqual([]);
    expect(verdict.totals).toMatchObject({ waiting: 0, attention: 0 });
  });

  it.each([
    [
      'Mia buys as a guest and ticks the box',
      'accepted',
      null,
      { EmailPermission: true, ListIds: ['2127849', '2127850'] },
    ],
    ['She makes an account', 'accepted', null, {}],
    ['Her opt-in there: the same choice again', 'skipped', 'already_told', null],
    ['The shop tags what she likes', 'accepted', null, { Interests: ['Touring', 'Powder'] }],
    ['She orders again, the box unticked', 'accepted', null, { Interests: ['Touring', 'Powder'] }],
    ['She unsubscribes', 'accepted', null, { EmailPermission: false, Interests: ['Touring', 'Powder'] }],
    ['An older opt-in arrives late', 'merged', 'superseded', null],
    ['She wants texts instead', 'accepted', null, { SMSPermission: true, Interests: ['Touring', 'Powder'] }],
    ['Her order ships; Ascent360 is down a moment', 'accepted', null, { Interests: ['Touring', 'Powder'] }],
  ])('%s: %s %s', (title, state, reason, told) => {
    const detail = played.find((event) => event.title === title)?.detail;
    expect(detail).toMatchObject({ state, reason });
    const keys = ['EmailPermission', 'SMSPermission', 'ProviderType', 'ListIds', 'Interests'];
    const payload = detail?.attempts.length === 0 ? null : detail?.payload;
    const sent = payload && Object.fromEntries(Object.entries(payload).filter(([key]) => keys.includes(key)));
    expect(sent ?? null).toEqual(told && ('ListIds' in told ? { ...told, ProviderType: 3 } : told));
  });

  it('sends again what was answered with 503', () => {
    const shipped = played.find(({ title }) => title?.startsWith('Her order ships'));
    expect(shipped?.detail?.attempts.map(({ status }) => status)).toEqual([503, 200]);
  });

  it('sends Shopify’s test orders to nobody, and the same orders once as real ones', () => {
    const orders = played.filter(
      ({ title, topic }) => topic.startsWith('orders/') && / test order|real/.test(title ?? ''),
    );
    expect(orders.map(({ detail }) => detail?.reason ?? detail?.state)).toEqual([
      'test_order',
      'accepted',
      'test_order',
      'nothing_new',
    ]);
  });

  it('prints rows that fit', () => {
    for (const line of [...played.map(renderRow), renderVerdict(verdict)].join('\n').split('\n')) {
      expect(line.length).toBeLessThanOrEqual(WIDTH);
    }
    expect(WIDTH).toBeLessThanOrEqual(140);
  });
});

describe('the verdict of the demo', () => {
  const choice = (value: boolean, at: number): Choice => ({
    flag: 'EmailPermission',
    address: 'a@example.com',
    value,
    at,
  });
  const nobody = { received: [], lastAccepted: () => null };

  it.each([
    ['the newest', [choice(true, 1), choice(false, 2)], false],
    ['the newest, in whatever order they arrived', [choice(true, 5), choice(false, 2)], true],
    ['the opt-out, of two at the same moment,', [choice(false, 2), choice(true, 2)], false],
  ])('takes %s for the choice that counts', (_, choices, value) => {
    expect(newestChoices(choices)).toMatchObject([{ value }]);
  });

  it.each([true, null])('objects to a last flag of %s where the person opted out', (told) => {
    expect(flagFaults([choice(false, 1)], { ...nobody, lastAccepted: () => told })).toHaveLength(1);
  });

  it('objects to a flag about someone who chose nothing', () => {
    const record = { body: { Email: 'b@example.com', EmailPermission: true } };
    expect(flagFaults([], { ...nobody, received: [{ ...blank, ...record }] })).toHaveLength(1);
  });
  const blank = {
    at: 0,
    method: 'POST',
    path: '',
    guid: null,
    contentType: null,
    raw: '',
    faults: [],
    taken: true,
    status: 200,
    accepted: true,
  };
});

it('samples have Shopify’s original ids, even beyond 2^53', () => {
  expect(bodyText(sampleOf('orders/create'))).toContain('{"id":820982911946154508,');
  expect(bodyText(sampleOf('customers_email_marketing_consent/update'))).toContain(
    '{"customer_id":706405506930370084,',
  );
});

it.each([
  ['two words', 5, ['two', 'words']],
  ['customers_marketing_consent/update', 28, ['customers_marketing_consent/', 'update']],
  ['abcdefgh', 3, ['abc', 'def', 'gh']],
  ['one\ntwo', 9, ['one', 'two']],
])('%j is wrapped at %i', (text, width, lines) => {
  expect(wrap(text, width)).toEqual(lines);
});

it('a payload is described by its main keys', () => {
  const order = { Name: '#1', Event: 'created', Total: '1.00' };
  expect(describePayload({ FirstName: 'Mia', Email: 'mia@example.com', Order: order })).toBe(
    'Mia, mia@example.com\nOrder #1 created 1.00\n3 keys',
  );
});
