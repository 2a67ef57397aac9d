import { expect, it } from 'vitest';
import { inEnglish } from '../../../server/domain/wording/in-english.ts';
import { inTurn, sayWith, type Text, withoutSecondDot } from '../../../server/domain/wording/text.ts';

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

const at = '2026-11-27T10:20:30.456Z';
it.each<[string, Text, string]>([
  ['a moment', { code: 'detail.accepted_at', params: { at } }, 'It did on 2026-11-27 at 10:20 UTC.'],
  [
    'a moment of another name',
    { code: 'silence.quiet', params: { sinceAt: at } },
    'No webhooks since 2026-11-27 at 10:20 UTC; Shopify confirms that nothing happened.',
  ],
  [
    'a day, without its time',
    { code: 'problem.data_request', params: { count: 1, dueDay: at } },
    'A customer asked for their data. Send it by 2026-11-27, then mark the request as done.',
  ],
  [
    'a list of texts',
    {
      code: 'problem.webhooks_missed_before',
      params: {
        found: [
          { code: 'problem.orders', params: { count: 1 } },
          { code: 'problem.customers', params: { count: 2 } },
          { code: 'problem.choices', params: { count: 3 } },
        ],
        toAt: at,
      },
    },
    'Shopify didn’t tell us about 1 order, 2 customers, and 3 choices before 2026-11-27 at 10:20 UTC. We found the changes by comparing with Shopify, and nothing is lost.',
  ],
])('in English, %s is written out', (_, text, sentence) => {
  expect(inEnglish(text)).toBe(sentence);
});

it('a value is a moment or a day by the end of its name', () => {
  const params = { at, sinceAt: at, day: at, dueDay: at, attempts: 3, days: 14, latest: 'x', today: 'y' };
  const says = sayWith(
    { code: 'state.paused', params },
    {
      say: (_, values) => Object.entries(values).join(' '),
      moment: (iso) => `moment ${iso.length}`,
      day: (iso) => `day ${iso.length}`,
      list: (parts) => parts.join(),
      space: ' ',
    },
  );
  expect(says).toBe('at,moment 24 sinceAt,moment 24 day,day 24 dueDay,day 24 attempts,3 days,14 latest,x today,y');
});

it('texts follow one another in turn, however many there are', () => {
  const first: Text = { code: 'state.paused' };
  const second: Text = { code: 'state.due' };
  const third: Text = { code: 'state.sending' };
  expect(inTurn(first, null)).toEqual(first);
  expect(Object.keys(inTurn(first, null))).toEqual(['code']);
  const both = inTurn(first, second);
  expect(both).toEqual({ ...first, next: second });
  expect(inTurn(both, third)).toEqual({ ...first, next: { ...second, next: third } });
  expect(inTurn(first, both)).toEqual({ ...first, next: both });
});
