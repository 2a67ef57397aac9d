import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../server/domain/settings/contract.ts';
import { describeState, gateOf, type StateRow } from '../../../server/domain/wording/describe-state.ts';
import { detailOf, detailText } from '../../../server/domain/wording/details.ts';
import { inEnglish } from '../../../server/domain/wording/in-english.ts';

const row = (change: Partial<StateRow>): StateRow => ({
  state: 'open',
  reason: null,
  detail: null,
  leased: false,
  attempts: 0,
  last_class: null,
  behind: false,
  reading: false,
  ...change,
});

describe('the state of an event', () => {
  it.each<[string, Partial<StateRow>, Parameters<typeof describeState>[1], string, string | null]>([
    ['just received', { state: 'received' }, null, 'waiting', 'due'],
    ['received without a connection', { state: 'received' }, 'not_connected', 'waiting', 'not_connected'],
    ['open', {}, null, 'waiting', 'due'],
    ['open and paused', {}, 'paused', 'waiting', 'paused'],
    ['open and not first in its lane', { behind: true }, null, 'waiting', 'behind_earlier'],
    ['open, not first in its lane, and paused', { behind: true }, 'paused', 'waiting', 'paused'],
    ['open, and read in Shopify first', { reading: true }, null, 'waiting', 'reading_shopify'],
    ['open, read in Shopify, and not first', { reading: true, behind: true }, null, 'waiting', 'behind_earlier'],
    ['open and leased', { leased: true, attempts: 2 }, 'paused', 'sending', null],
    ['tried before', { attempts: 1, last_class: 'retry' }, null, 'retrying', null],
    ['tried before, nobody knows how', { attempts: 1, last_class: null }, null, 'retrying', null],
    ['tried before, and refused since', { attempts: 1, last_class: 'retry' }, 'connection_problem', 'retrying', null],
    [
      'refused without an attempt spent',
      { last_class: 'connection_problem' },
      'connection_problem',
      'waiting',
      'connection_problem',
    ],
    ['accepted', { state: 'accepted' }, 'paused', 'accepted', null],
    ['merged', { state: 'merged', reason: 'superseded' }, 'paused', 'merged', 'superseded'],
    ['skipped', { state: 'skipped', reason: 'stale' }, null, 'skipped', 'stale'],
    ['attention', { state: 'attention', reason: 'gave_up' }, null, 'attention', 'gave_up'],
  ])('%s', (_what, change, gate, state, reason) => {
    expect(describeState(row(change), gate)).toMatchObject({
      state,
      reason,
      message: expect.stringMatching(/\w.*\.$/),
    });
  });
});

it('the state of an event without a reason is its detail, or nothing', () => {
  const merged = describeState(row({ state: 'merged', detail: 'timeout' }), null);
  expect(merged).toEqual({
    state: 'merged',
    reason: null,
    message: 'Ascent360 didn’t answer in time.',
    text: { code: 'detail.timeout' },
  });
  const bare = { state: 'merged', reason: null, message: '', text: { code: 'as_it_is', params: { sentence: '' } } };
  expect(describeState(row({ state: 'merged' }), null)).toEqual(bare);
});

it('an attempt that ended nobody knows how says so', () => {
  const text = { code: 'retry.unknown' };
  expect(describeState(row({ attempts: 1, last_class: null }), null).text).toEqual(text);
});

describe('what stops a shop’s sending', () => {
  const settings = defaultSettings(false);
  const problem = { since: 1, error: 'HTTP 401' };
  it.each([
    ['nothing saved', null, 'not_connected'],
    ['no GUID, and paused', { guid: null, settings: { ...settings, paused: true }, problem: null }, 'not_connected'],
    ['paused, and refused', { guid: 'x', settings: { ...settings, paused: true }, problem }, 'paused'],
    ['refused', { guid: 'x', settings, problem }, 'connection_problem'],
    ['nothing', { guid: 'x', settings, problem: null }, null],
  ])('%s', (_what, stored, gate) => {
    expect(gateOf(stored)).toBe(gate);
  });
});

describe('a detail', () => {
  it.each([
    ['http_422', 'Ascent360 answered with HTTP 422.'],
    ['timeout', 'Ascent360 didn’t answer in time.'],
    [
      detailOf('phone_only'),
      'It has no email address, and Ascent360 doesn’t load contacts with only a phone number by default.',
    ],
    [detailOf('format', { key: 'Email' }), 'Email isn’t in Ascent360’s format.'],
  ])('is stored as %s and shown as a sentence', (kept, sentence) => {
    const text = detailText(kept);
    expect(text && inEnglish(text)).toBe(sentence);
  });

  it.each([
    'The address it names cannot be read',
    'xhttp_503',
    'http_5031',
    'constructor',
    'detail',
    'detail.toString',
  ])('that names no sentence (%s) is shown as it is', (kept) =>
    expect(detailText(kept)).toEqual({ code: 'as_it_is', params: { sentence: kept } }),
  );

  it.each([null, '', '  '])('says nothing if there is none (%j)', (kept) => expect(detailText(kept)).toBeNull());

  it('follows the reason, and the gate follows the attempt', () => {
    const event = describeState(row({ state: 'attention', reason: 'rejected', detail: 'http_422' }), null);
    expect(event.text.next).toEqual({ code: 'detail.http', params: { status: '422' } });
    expect(event.message).toBe(
      'Ascent360 rejected this record. Fix the cause, then resend it. Ascent360 answered with HTTP 422.',
    );
    const retried = describeState(row({ attempts: 1, last_class: 'retry' }), 'paused');
    expect(retried.text).toEqual({ code: 'retry.retry', next: { code: 'state.paused' } });
  });

  it('exists for every code that an attempt may end with', async () => {
    const source = await readFile('server/ascent360/classify-answer.ts', 'utf8');
    const failures = [...(/FAILURES = \{([\s\S]*?)\n\}/.exec(source)?.[1] ?? '').matchAll(/^ {2}(\w+): /gm)];
    expect(failures.length).toBeGreaterThan(10);
    for (const [, code = ''] of [...failures, ['', 'html_page']]) {
      expect.soft(detailText(code)?.code, code).toBe(`detail.${code}`);
    }
  });
});
