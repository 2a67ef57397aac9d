import { expect, it } from 'vitest';
import { createLog, describeError, sparingly, withoutSecrets } from '../../server/platform/log.ts';

it('values named like a secret are hidden in a log line and inside its objects; everything else stays', () => {
  const err = new Error('x');
  const line = {
    shop: 1,
    guid: 'g',
    err,
    missed: null,
    left: undefined,
    answer: { status: 200, token: 't', deeper: { secret: 's', authorization: 'a' } },
  };
  expect(withoutSecrets(line)).toEqual({
    shop: 1,
    guid: '[Redacted]',
    err,
    missed: null,
    left: undefined,
    answer: { status: 200, token: '[Redacted]', deeper: { secret: '[Redacted]', authorization: '[Redacted]' } },
  });
  expect(withoutSecrets(line)['err']).toBe(err);
});

it('an error is logged with our word for its cause, and the first eight places of its stack', () => {
  const frames = Array.from({ length: 10 }, (_, i) => `    at place${i} (file.ts:1:1)`);
  const error = Object.assign(new Error('No'), {
    why: 'cut',
    stack: ['Error: No', 'at canary', 'canary at home', ...frames].join('\n'),
  });
  expect(describeError(error)).toEqual({
    ...{ name: 'Error', code: undefined, why: 'cut', stack: frames.slice(0, 8).join('\n') },
  });
});

it('an error is logged by name, code and place, whatever its message looks like', () => {
  const error = new TypeError('No:\n    at canary@example.com\n    at +15005550107');
  const described = describeError(Object.assign(error, { code: 'E1' }));
  expect(described).toEqual({ name: 'TypeError', code: 'E1', stack: expect.stringMatching(/^ +at .*log\.test\.ts/) });
  expect(JSON.stringify(described)).not.toMatch(/canary|5005550107/);
});

it.each([
  ['READONLY You can’t write against a read only replica.', 'READONLY'],
  ...['canary', 'canary CANARY', 'Canary', 'CANARYs'].map((message) => [message, undefined]),
])('of a refusal by Redis, “%s”, the word it begins with is its code', (message, code) => {
  const refusal = Object.assign(new Error(message), { name: 'ReplyError' });
  expect(describeError(refusal)).toMatchObject({ name: 'ReplyError', code });
});

it.each(['debug', 'warn', 'error'] as const)(
  'an error’s message is no %s line’s either: it may quote somebody’s data',
  (level) => {
    const lines: string[] = [];
    const log = createLog('debug', { write: (line) => void lines.push(line) });
    log[level]({ stage: 'read', err: new SyntaxError('Unexpected token: canary@example.com') });
    expect(JSON.parse(lines.join(''))).toMatchObject({ stage: 'read', err: { name: 'SyntaxError' } });
    expect(lines.join('')).not.toContain('canary');
  },
);

it.each(['debug', 'warn'] as const)(
  'a %s line says when, what and in which numbers, and neither a secret nor the machine’s name',
  (level) => {
    const lines: string[] = [];
    const log = createLog('debug', { write: (line) => void lines.push(line) });
    log[level]({ shop: 1, guid: 'canary', answer: { token: 'canary' } }, '%d of %d events', 2, 3);
    log[level]('nothing but words');
    const [line, words] = lines.map((one) => JSON.parse(one));
    expect(line).toEqual({
      ...{ level: { debug: 20, warn: 40 }[level], time: expect.stringMatching(/^\d{4}-.*Z$/), shop: 1 },
      ...{ guid: '[Redacted]', answer: { token: '[Redacted]' }, msg: '2 of 3 events' },
    });
    expect(words).toMatchObject({ msg: 'nothing but words' });
  },
);

it('what is no failure is logged each time, also while the database is away', () => {
  const lines: string[] = [];
  const log = createLog('debug', { write: (line) => void lines.push(line) });
  for (const level of ['info', 'info', 'warn', 'warn'] as const) log[level]({ stage: 'sweep', err: away });
  expect(lines.map((line) => JSON.parse(line).level)).toEqual([30, 30, 40]);
});

const failing = (code: string) => Object.assign(new Error('x'), { code });
const away = failing('ECONNREFUSED');

it('while the database is away, the same failure is logged at once and then once a minute, with how many were left out', () => {
  let now = 0;
  const spared = sparingly(() => now);
  const logged: [number, object][] = [];
  for (; now < 150_000; now += 1000) {
    const line = spared({ stage: 'sweep', err: away });
    if (line) logged.push([now, line]);
  }
  expect(logged).toEqual([
    [0, { stage: 'sweep', err: away }],
    [60_000, { stage: 'sweep', err: away, leftOut: 59 }],
    [120_000, { stage: 'sweep', err: away, leftOut: 59 }],
  ]);
});

it('a failure that comes again after a minute left none out', () => {
  let now = 0;
  const spared = sparingly(() => now);
  spared({ stage: 'sweep', err: away });
  now = 60_000;
  expect(spared({ stage: 'sweep', err: away })).toEqual({ stage: 'sweep', err: away });
});

it('after a thousand other failures the first is logged again at once: no more are remembered', () => {
  const spared = sparingly(() => 0);
  for (let shop = 0; shop <= 1000; shop++) spared({ stage: 'sweep', shop, err: away });
  const first = { stage: 'sweep', shop: 0, err: away };
  expect([spared(first), spared(first)]).toEqual([first, null]);
});

it.each<[string, Record<string, unknown>]>([
  ['of another part', { stage: 'receive', err: away }],
  ['of another shop', { stage: 'sweep', shop: 2, err: away }],
  ['for another reason', { stage: 'sweep', shop: 1, err: failing('57P03') }],
  ['that is no outage', { stage: 'sweep', shop: 1, err: new Error('a fault of ours') }],
  ['of nothing', { stage: 'sweep', shop: 1 }],
])('a line %s is logged right after it', (_, line) => {
  const spared = sparingly(() => 0);
  spared({ stage: 'sweep', shop: 1, err: away });
  expect(spared(line)).toEqual(line);
});
