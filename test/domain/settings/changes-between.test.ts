import { describe, expect, it } from 'vitest';
import { changesBetween } from '../../../server/domain/settings/changes-between.ts';
import { defaultSettings } from '../../../server/domain/settings/contract.ts';
import type { Settings } from '../../../server/domain/settings.ts';

const before = defaultSettings(false);
const changes = (over: Partial<Settings>) => changesBetween(before, { ...before, ...over });

describe('what a change of settings consists of', () => {
  it('is nothing between equal documents', () => {
    expect(changesBetween(before, defaultSettings(false))).toEqual([]);
  });

  it('is each changed value by its dotted path, old and new as JSON', () => {
    const after: Partial<Settings> = {
      sourceName: 'Snow',
      providerType: 7,
      send: { ...before.send, orders: false },
      consent: {
        email: { ...before.consent.email, untickedBox: 'leaveOut' },
        sms: { ...before.consent.sms, history: 'all' },
      },
      mapping: { ...before.mapping, gender: { from: 'tag', prefix: 'gender:' } },
    };
    expect(changes(after)).toEqual([
      { field: 'sourceName', oldValue: '"Shopify"', newValue: '"Snow"' },
      { field: 'providerType', oldValue: null, newValue: '7' },
      { field: 'send.orders', oldValue: 'true', newValue: 'false' },
      { field: 'consent.email.untickedBox', oldValue: '"send"', newValue: '"leaveOut"' },
      { field: 'consent.sms.history', oldValue: '"optOuts"', newValue: '"all"' },
      { field: 'mapping.gender', oldValue: null, newValue: '{"from":"tag","prefix":"gender:"}' },
    ]);
  });

  it('has a whole list as one value, and nothing for a value that is gone', () => {
    const listed = { ...before, providerType: 7, listIds: ['1', '2'] };
    expect(changesBetween(listed, before)).toEqual([
      { field: 'providerType', oldValue: '7', newValue: null },
      { field: 'listIds', oldValue: '["1","2"]', newValue: '[]' },
    ]);
  });

  it('has a key that the old document lacked', () => {
    const { paused: _, ...older } = before;
    expect(changesBetween(older as Settings, before)).toEqual([{ field: 'paused', oldValue: null, newValue: 'false' }]);
  });

  it('keeps 1,000 characters of a value, and never half a character', () => {
    const kept = (listIds: string[]) => changes({ listIds })[0]?.newValue;
    expect(kept(['x'.repeat(996)])).toBe(`["${'x'.repeat(996)}"]`);
    expect(kept(['x'.repeat(997)])).toBe(`["${'x'.repeat(997)}…`);
    expect(kept([`${'x'.repeat(996)}😀`])).toBe(`["${'x'.repeat(996)}\uFFFD…`);
  });
});
