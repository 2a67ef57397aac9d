import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../server/domain/days.ts';
import { type ChangeHints, metafieldKeys, needsRead } from '../../server/domain/needs-read.ts';
import { defaultSettings } from '../../server/domain/settings/contract.ts';
import type { Settings } from '../../server/domain/settings.ts';

const NOTHING = defaultSettings(false);
const MAPPED: Settings = {
  ...NOTHING,
  mapping: {
    ...NOTHING.mapping,
    dateOfBirth: { from: 'metafield', key: 'facts.birth_date' },
    interests: [
      { from: 'tag', prefix: 'interest:' },
      { from: 'metafield', key: 'facts.likes' },
      { from: 'metafield', key: 'facts.birth_date' },
    ],
  },
};
const LISTS: Settings = { ...NOTHING, providerType: 3, listIds: ['2127849'] };
const AT = Date.UTC(2026, 10, 24);
const readWith = (...keys: string[]) => ({
  at: AT,
  metafields: Object.fromEntries(keys.map((key): [string, string[]] => [key, []])),
  dataSaleOptOut: false,
});
const ALL = readWith('facts.birth_date', 'facts.likes');

type Row = [
  what: string,
  customerId: string | null,
  read: typeof ALL | null,
  settings: Settings | null,
  ChangeHints,
  string | null,
];

const rows: Row[] = [
  ['a guest', null, null, MAPPED, { newAddress: true }, null],
  ['someone never read', '1', null, NOTHING, {}, 'missing'],
  ['someone never read, in a shop without settings', '1', null, null, {}, 'missing'],
  ['somebody read', '1', readWith(), NOTHING, {}, null],
  ['someone read with everything that is mapped', '1', ALL, MAPPED, {}, null],
  ['someone read before a metafield was mapped', '1', readWith('facts.likes'), MAPPED, {}, 'missing'],
  ['a new address', '1', ALL, MAPPED, { newAddress: true }, 'changed'],
  ['a merge', '1', readWith(), NOTHING, { merged: true }, 'changed'],
  ['a merge during the first read', '1', null, NOTHING, { merged: true }, 'changed'],
  ['a change, with metafields mapped', '1', ALL, MAPPED, { changedAt: AT + 1 }, 'changed'],
  ['a change during the first read', '1', null, MAPPED, { changedAt: AT }, 'changed'],
  ['a change from before the read', '1', ALL, MAPPED, { changedAt: AT }, null],
  ['a change, with no metafields mapped', '1', readWith(), NOTHING, { changedAt: AT + 1 }, null],
  ['a change, with lists to send', '1', readWith(), LISTS, { changedAt: AT + 1 }, 'changed'],
  ['an older word about a tag than the read, and another', '1', readWith(), NOTHING, { otherTags: true }, 'changed'],
  ['a change without a date', '1', ALL, MAPPED, { changedAt: null }, null],
];

describe('why a person is read', () => {
  it.each(rows)('%s', (_, customerId, read, settings, news, why) => {
    expect(needsRead({ customerId, read }, settings, news)).toBe(why);
  });
});

it('each metafield that the settings name is asked for once', () => {
  expect(metafieldKeys(MAPPED.mapping)).toEqual(['facts.birth_date', 'facts.likes']);
  expect(metafieldKeys(null)).toEqual([]);
});

it.each([
  ['after the last read', AT, 'missing'],
  ['before it, by clocks that may differ so much', AT - 10 * MINUTE, 'missing'],
  ['before it', AT - 10 * MINUTE - 1, null],
])('a message about a choice that came %s and could not be read: %s', (_, at, why) => {
  const unheard = { email: { at, eventId: 'e1' } };
  expect(needsRead({ customerId: '1', read: readWith(), unheard }, NOTHING, {})).toBe(why);
});

it.each([
  ['the read', AT, undefined, 'missing'],
  ['it, by clocks that may differ so much', AT - 10 * MINUTE, undefined, 'missing'],
  ['it, by clocks that may differ so much, as was known when Shopify was asked', AT - 1, AT - 1, null],
  ['it, by clocks that may differ so much, though an earlier one was known', AT - 1, AT - 2, 'missing'],
  ['it', AT - 10 * MINUTE - 1, undefined, null],
])('an uninstallation that came before %s', (_, uninstalledAt, known, why) => {
  const read = { ...readWith(), ...(known !== undefined && { uninstalledAt: known }) };
  expect(needsRead({ customerId: '1', read }, NOTHING, {}, uninstalledAt)).toBe(why);
});

it.each([
  ['after the last read, with metafields mapped', AT + 1, MAPPED, ALL, 'missing'],
  ['after the last read, with a provider set', AT + 1, { ...NOTHING, providerType: 3 }, readWith(), 'missing'],
  ['before it', AT, MAPPED, ALL, null],
  ['before it by our clock, and after what it says by Shopify’s', AT, MAPPED, { ...ALL, upTo: AT - 1 }, 'missing'],
  ['before what it says by Shopify’s clock, and after it by ours', AT + 1, MAPPED, { ...ALL, upTo: AT + 1 }, null],
  ['after it, if no setting depends on it', AT + 1, NOTHING, readWith(), null],
])('a change that webhooks told of %s', (_, changedAt, settings, read, why) => {
  expect(needsRead({ customerId: '1', read, changedAt }, settings, {})).toBe(why);
});
