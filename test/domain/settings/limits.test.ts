import { describe, expect, it } from 'vitest';
import { completeSettings, parseSettings, settingsDocument } from '../../../server/domain/settings/contract.ts';

const parse = (input: object) => parseSettings(input, { developmentStore: false });
/** Its faults as `field: code`, in order; none: it is accepted. */
const faultsIn = (input: object) => {
  const parsed = parse(input);
  return parsed.ok ? [] : parsed.errors.map(({ field, text }) => `${field}: ${text.code}`);
};
const ids = (count: number) => Array.from({ length: count }, (_, i) => `${i}`);
const tags = (count: number) => ids(count).map((prefix) => ({ from: 'tag', prefix }));
const words = (count: number) => ({ mapping: { gender: { from: 'text', values: ids(count) } } });
const word = (length: number) => ({ mapping: { gender: { from: 'text', values: ['x'.repeat(length)] } } });
const metafield = (key: string) => ({ mapping: { gender: { from: 'metafield', key } } });
const prefix = (length: number) => ({ mapping: { gender: { from: 'tag', prefix: 'x'.repeat(length) } } });
const pair = (optIn: string, optOut: string) => ({ mapping: { phonePermission: { optIn, optOut } } });

describe('a limit of the settings', () => {
  it.each<[string, (size: number) => object, number, string]>([
    ['of a source name', (n) => ({ sourceName: 'x'.repeat(n) }), 100, 'sourceName: fault.length'],
    ['of a source type', (n) => ({ sourceType: 'x'.repeat(n) }), 100, 'sourceType: fault.length'],
    ['of a list ID', (n) => ({ providerType: 1, listIds: ['x'.repeat(n)] }), 100, 'listIds.0: fault.length'],
    ['of list IDs', (n) => ({ providerType: 1, listIds: ids(n) }), 50, 'listIds: fault.list_long'],
    [
      'of a channel',
      (n) => ({ send: { excludeChannels: ['x'.repeat(n)] } }),
      100,
      'send.excludeChannels.0: fault.length',
    ],
    ['of channels', (n) => ({ send: { excludeChannels: ids(n) } }), 100, 'send.excludeChannels: fault.list_long'],
    ['of a metafield', (n) => metafield(`a.${'x'.repeat(n - 2)}`), 320, 'mapping.gender.key: fault.length'],
    ['of a tag’s prefix', prefix, 255, 'mapping.gender.prefix: fault.length'],
    ['of a fixed text', word, 100, 'mapping.gender.values.0: fault.length'],
    ['of fixed texts', words, 50, 'mapping.gender.values: fault.list_long'],
    ['of a tag for yes', (n) => pair('x'.repeat(n), 'y'), 255, 'mapping.phonePermission.optIn: fault.length'],
    ['of a tag for no', (n) => pair('y', 'x'.repeat(n)), 255, 'mapping.phonePermission.optOut: fault.length'],
    ['of activities', (n) => ({ mapping: { activities: tags(n) } }), 20, 'mapping.activities: fault.list_long'],
    ['of interests', (n) => ({ mapping: { interests: tags(n) } }), 20, 'mapping.interests: fault.list_long'],
    ['of newsletters', (n) => ({ mapping: { newsletters: tags(n) } }), 20, 'mapping.newsletters: fault.list_long'],
  ])('%s is exact, and its fault says it', (_, of, most, fault) => {
    expect(faultsIn(of(most))).toEqual([]);
    expect(faultsIn(of(most + 1))).toEqual([fault]);
    const parsed = parse(of(most + 1));
    expect(parsed.ok ? null : parsed.errors[0]?.text.params).toEqual({ max: most });
  });
});

describe('a fault of the settings is named once, by what is wrong', () => {
  it.each<[string, object, string]>([
    ['an empty text', { sourceName: '' }, 'sourceName: fault.length'],
    ['an invisible character', { sourceName: 'a\0b' }, 'sourceName: fault.invisible'],
    [
      'fixed texts that are no list',
      { mapping: { gender: { from: 'text', values: 'x' } } },
      'mapping.gender.values: fault.list',
    ],
    ['no fixed text', words(0), 'mapping.gender.values: fault.list_empty'],
    [
      'a pair of tags that is a text',
      { mapping: { phonePermission: 'x' } },
      'mapping.phonePermission: fault.both_tags',
    ],
    ['a provider that is a text', { providerType: 'x' }, 'providerType: fault.provider'],
    ['a provider of 0', { providerType: 0 }, 'providerType: fault.provider'],
    ['an invisible metafield, which is none either', metafield('a\0b'), 'mapping.gender.key: fault.invisible'],
    ['list IDs that are a text, without a provider', { listIds: 'ab' }, 'listIds: fault.list'],
    ['a metafield after a space', metafield('a b.c'), 'mapping.gender.key: fault.metafield'],
    ['a metafield before a space', metafield('a.b c'), 'mapping.gender.key: fault.metafield'],
    ['a metafield of three parts', metafield('a.b.c'), 'mapping.gender.key: fault.metafield'],
    ['two tags for yes in one text', pair('ok, yes', 'no'), 'mapping.phonePermission.optIn: fault.tag_comma'],
    ['two tags for no in one text', pair('ok', 'no,stop'), 'mapping.phonePermission.optOut: fault.tag_comma'],
    [
      'two prefixes in one text',
      { mapping: { gender: { from: 'tag', prefix: 'sex:, gender:' } } },
      'mapping.gender.prefix: fault.tag_comma',
    ],
    ['a GUID that is none', { guid: 'x' }, 'guid: guid.not_a_guid'],
  ])('%s', (_, input, fault) => {
    expect(faultsIn(input)).toEqual([fault]);
  });

  it('a key that is stored wrong is dropped alone, two as well', () => {
    const stored = { sourceName: 'A', paused: true, later: 1, send: { later: 2, latest: 3, orders: false } };
    expect(completeSettings(stored)).toMatchObject({ sourceName: 'A', paused: true, send: { orders: false } });
    expect(stored).toMatchObject({ later: 1, send: { later: 2 } });
  });
});

it('the contract as a schema says how long a text may be', () => {
  expect(settingsDocument.shape.sourceName.unwrap().meta()).toEqual({ maxLength: 100 });
});
