import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../server/domain/settings/contract.ts';
import { describeState, gateOf, type StateRow } from '../../../server/domain/wording/describe-state.ts';
import { en } from '../../../server/domain/wording/en.ts';
import { detailWords, reasonMessages, retryMessages, withDetail } from '../../../server/domain/wording/messages.ts';

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

describe('The state of an event', () => {
  it.each<[string, Partial<StateRow>, Parameters<typeof describeState>[1], string, string | null]>([
    ['just received', { state: 'received' }, null, 'waiting', 'due'],
    ['received without a connection', { state: 'received' }, 'not_connected', 'waiting', 'not_connected'],
    ['open', {}, null, 'waiting', 'due'],
    ['open and paused', {}, 'paused', 'waiting', 'paused'],
    ['open behind another', { behind: true }, null, 'waiting', 'behind_earlier'],
    ['open behind another and paused', { behind: true }, 'paused', 'waiting', 'paused'],
    ['open and leased', { leased: true, attempts: 2 }, 'paused', 'sending', null],
    ['tried before', { attempts: 1, last_class: 'retry' }, null, 'retrying', null],
    ['tried before and refused since', { attempts: 1, last_class: 'retry' }, 'connection_problem', 'retrying', null],
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

describe('What stops a shop’s sending', () => {
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

describe('The messages', () => {
  it.each(Object.entries({ ...reasonMessages, ...retryMessages }))('%s is a whole sentence', (_reason, message) => {
    expect(message).toMatch(/^[A-Z].*[^ ]\.$/);
  });

  it.each([
    [null, 'It failed.'],
    ['  ', 'It failed.'],
    ['not valid JSON', 'It failed. Not valid JSON.'],
    ['HTTP 503.', 'It failed. HTTP 503.'],
  ])('add a detail (%s) as a sentence of its own', (detail, text) => {
    expect(withDetail('It failed.', detail)).toBe(text);
  });

  it.each([
    ['http_422', 'It answered with HTTP 422'],
    ['timeout', 'It did not answer in time'],
    ['phone_only', 'It has no e-mail address, and Ascent360 does not load phone-only contacts by default'],
    ['The address it names cannot be read', 'The address it names cannot be read'],
    ['constructor', 'constructor'],
    [null, null],
  ])('say the code of an attempt (%s) in words', (detail, text) => expect(detailWords(detail)).toBe(text));

  it('have words for every code that an attempt may end with', async () => {
    const source = await readFile('server/ascent360/classify-answer.ts', 'utf8');
    const failures = [...(/FAILURES = \{([\s\S]*?)\n\}/.exec(source)?.[1] ?? '').matchAll(/^ {2}(\w+): \{/gm)];
    expect(failures.length).toBeGreaterThan(10);
    for (const [, code = ''] of [...failures, ['', 'html_page']]) {
      expect.soft(detailWords(code), code).not.toBe(code);
      expect.soft(Object.hasOwn(en.detail, code), code).toBe(true);
    }
  });
});
