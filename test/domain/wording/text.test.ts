import { expect, it } from 'vitest';
import { inEnglish } from '../../../server/domain/wording/in-english.ts';
import { withoutSecondDot } from '../../../server/domain/wording/text.ts';

it.each<[string, Record<string, string | number>, string]>([
  ['From tag interest:….', { place: 'tag interest:…' }, 'From tag interest:…'],
  ['Since 8:30 p. m.. Nothing to do.', { at: '8:30 p. m.' }, 'Since 8:30 p. m. Nothing to do.'],
  [
    'From tag interest:…, metafield a.b.',
    { place: 'tag interest:…, metafield a.b' },
    'From tag interest:…, metafield a.b.',
  ],
  ['Of Snow Inc. and 2 others.', { shop: 'Snow Inc.', count: 2 }, 'Of Snow Inc. and 2 others.'],
  ['Ascent360 said: wait.. what?', { answer: 'wait.. what' }, 'Ascent360 said: wait.. what?'],
])('only the dot of the sentence behind a value with its own dot goes: %s', (sentence, params, wanted) => {
  expect(withoutSecondDot(sentence, params)).toBe(wanted);
});

it('a sentence in English has no second dot', () => {
  expect(inEnglish({ code: 'field.mapped', params: { place: 'tag interest:…' } })).toBe('From tag interest:…');
  expect(inEnglish({ code: 'field.mapped', params: { place: 'metafield a.b' } })).toBe('From metafield a.b.');
});
