import { beforeAll, describe, expect, it } from 'vitest';
import { between, createFormat } from '../../app/locale.ts';
import { readLocale } from '../../app/read-locale.ts';
import { describeValue } from '../../app/settings/describe-value.ts';
import { say, startTexts, textAt } from '../../app/texts.ts';
import type { Text } from '../../server/domain/wording/text.ts';

beforeAll(async () => void (await startTexts('en')));

describe('the language of the pages', () => {
  it.each([
    ['?locale=en-AU', ['en-US'], 'en-AU'],
    ['?locale=pt-BR', ['de'], 'en'],
    ['?locale=de', ['en-US'], 'de'],
    ['?locale=de-AT', ['en-US'], 'de-AT'],
    ['?locale=not a language', ['de'], 'en'],
    ['?shop=a', ['pt-BR', 'de-CH'], 'de-CH'],
    ['?shop=a', ['pt-BR', 'en-GB'], 'en-GB'],
    ['?locale=', [], 'en'],
    ['?locale=DE-at', ['en-US'], 'de-AT'],
    ['?locale=JA', ['en-US'], 'ja'],
    ['?locale=deu-AT', ['en-US'], 'de-AT'],
    ['?locale=en-US-u-ca-buddhist-nu-thai', ['de'], 'en-US'],
  ])('is chosen for %s in a browser set to %j: %s', (search, browser, locale) => {
    expect(readLocale(search, browser)).toBe(locale);
  });
});

describe('dates and numbers', () => {
  const denver = createFormat('en', 'America/Denver');
  const now = Date.parse('2026-11-24T12:00:00Z');

  it.each([
    ['18:00:40', '3 times on Nov 24, 2026, 11:00 AM.'],
    ['18:01:00', '3 times between Nov 24, 2026, 11:00 AM and Nov 24, 2026, 11:01 AM.'],
  ])('name the time once if what happened several times began and ended in one minute: up to %s', (end, said) => {
    const span = between('2026-11-24T18:00:05Z', `2026-11-24T${end}Z`, denver);
    expect(textAt('people.timeline.times', { times: 3, ...span }).replaceAll('\u202f', ' ')).toBe(said);
  });

  it('use the shop’s time zone', () => {
    expect(denver.date('2026-11-24T03:00:00Z')).toBe('Nov 23, 2026');
    expect(denver.moment('2026-11-24T03:00:00Z')).toMatch(/^Nov 23, 2026, 8:00\sPM$/);
    expect(createFormat('de', 'Europe/Vienna').moment('2026-11-24T03:00:00Z')).toBe('24.11.2026, 04:00');
  });

  it('use the browser’s own time zone if it doesn’t know the shop’s', () => {
    const own = new Intl.DateTimeFormat().resolvedOptions().timeZone;
    const unknown = createFormat('en', 'Europe/Newest');
    expect(unknown.timeZone).toBe(own);
    expect(unknown.moment('2026-11-24T03:00:00Z')).toBe(createFormat('en', own).moment('2026-11-24T03:00:00Z'));
  });

  it('use the shop’s time zone in the server’s texts, too', () => {
    const chosen = { code: 'field.choice_in', params: { at: '2026-05-03T02:30:00.000Z' } } as const;
    expect(say(chosen, denver)).toMatch(/^Subscribed on May 2, 2026, 8:30\sPM\.$/);
    const due = { code: 'problem.data_request', params: { count: 1, dueDay: '2026-12-24T03:00:00.000Z' } } as const;
    expect(say(due, denver)).toContain('Send it by Dec 23, 2026,');
  });

  it.each<[string, string, Text]>([
    ['en', 'From tag interest:…', { code: 'field.mapped', params: { place: 'tag interest:…' } }],
    [
      'en-CA',
      'Subscribed on May 3, 2026, 8:30 p.m.',
      { code: 'field.choice_in', params: { at: '2026-05-04T02:30:00Z' } },
    ],
  ])('in %s leave no second dot behind a value that ends with one: %s', (locale, text, said) => {
    expect(say(said, createFormat(locale, 'America/Denver')).replace(/\s/gu, ' ')).toBe(text);
  });

  it('leave no second dot in the pages’ own texts', () => {
    expect(textAt('overview.evidence.paused', { at: '8:30 p.m.' })).toBe('Paused since 8:30 p.m.');
  });

  it('leave a day that is already the shop’s as it is', () => {
    expect(denver.day('2026-11-24')).toBe('Nov 24');
    expect(denver.wholeDay('2026-11-24')).toBe('Nov 24, 2026');
  });

  it.each([
    ['2026-11-24T11:59:30Z', '30 seconds ago'],
    ['2026-11-24T11:00:00Z', '1 hour ago'],
    ['2026-11-23T11:00:00Z', 'yesterday'],
    ['2026-11-23T07:00:00Z', 'yesterday'],
    ['2026-11-23T06:59:59Z', '2 days ago'],
    ['2026-11-22T13:00:00Z', '2 days ago'],
    ['2026-11-17T12:00:00Z', '7 days ago'],
    ['2026-11-24T12:00:09Z', 'now'],
    ['2026-10-01T12:00:00Z', expect.stringContaining('Oct 1, 2026')],
  ])('%s is %s', (iso, text) => {
    expect(denver.since(iso, now)).toEqual(text);
  });

  it.each([
    [0, '0 seconds'],
    [59, '59 seconds'],
    [3600, '1 hour'],
    [7500, '2 hours 5 minutes'],
    [90_061, '1 day 1 hour'],
  ])('%i s are shown as %s', (seconds, text) => {
    expect(denver.duration(seconds)).toBe(text);
  });
});

it.each([
  ['guid', '6b90', 'ends in 6b90'],
  ['paused', 'true', 'on'],
  ['consent.sms.history', '"optOuts"', 'Send opt-outs only'],
  ['listIds', '["1","2"]', '1, 2'],
  ['listIds', '[]', 'none'],
  ['mapping.interests', '[{"from":"tag","prefix":"interest:"}]', 'interest:'],
  ['mapping.phonePermission', '{"optIn":"yes","optOut":"no"}', 'yes / no'],
  ['format', '"xml"', 'XML'],
  ['sourceName', null, 'none'],
  ['listIds', '["1","2…', '["1","2…'],
])('the history shows %s %s as "%s"', (field, value, text) => {
  expect(describeValue(field, value)).toBe(text);
});
