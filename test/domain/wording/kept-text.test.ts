import { describe, expect, it } from 'vitest';
import { isCode, readText, writeText } from '../../../server/domain/wording/kept-text.ts';
import type { Text } from '../../../server/domain/wording/text.ts';

describe('a text that is kept as a string', () => {
  it('is just its code if it says no more', () => {
    expect(writeText({ code: 'state.paused' })).toBe('state.paused');
  });

  it.each<Text>([
    { code: 'state.paused' },
    { code: 'detail.http', params: { status: '503' } },
    { code: 'state.rejected', next: { code: 'detail.http', params: { status: '422' } } },
  ])('is read as what it was: %j', (text) => {
    expect(readText(writeText(text))).toEqual(text);
  });

  it.each(['state', 'state.paused.0', 'state.paused.length', 'state.toString', '', 'The address is unknown.'])(
    'is shown as it is if it names no sentence: %j',
    (kept) => {
      expect(isCode(kept)).toBe(false);
      expect(readText(kept)).toEqual({ code: 'as_it_is', params: { sentence: kept } });
    },
  );
});
