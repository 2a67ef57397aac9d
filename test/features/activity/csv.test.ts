import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { csvRows } from '../../../server/features/activity/csv-of.ts';
import { customer, MINUTE, openScene, order, type Scene } from './scene.ts';

const cell = (text: string) => csvRows([[text, 'x']]).replace(/,x\r\n$/, '');

describe('a cell of the export', () => {
  it.each([
    ['plain', 'plain'],
    ['', ''],
    ['with, comma', '"with, comma"'],
    ['with; semicolon', '"with; semicolon"'],
    ['with\ttab', '"with\ttab"'],
    ['with "quotes"', '"with ""quotes"""'],
    ['two\nlines', '"two\nlines"'],
    ['two\rlines', '"two\rlines"'],
    ['ada@example.com', 'ada@example.com'],
    ['1 - 2', '1 - 2'],
    [' Ada', ' Ada'],
    ["'Ada", "'Ada"],
  ])('%j is written as %j', (text, written) => {
    expect(cell(text)).toBe(written);
  });

  const starts = [
    ['=', 'an equals sign'],
    ['+', 'a plus'],
    ['-', 'a minus'],
    ['@', 'an at sign'],
    ['＝', 'a full-width equals sign'],
    ['＋', 'a full-width plus'],
    ['－', 'a full-width minus'],
    ['＠', 'a full-width at sign'],
    ['﹦', 'a small equals sign'],
    ['﹢', 'a small plus'],
    ['﹣', 'a small minus'],
    ['﹫', 'a small at sign'],
    ['⁼', 'a raised equals sign'],
    ['₊', 'a lowered plus'],
    ['−', 'a true minus'],
  ] as const;
  const before = [
    '',
    ' ',
    '\t',
    '\r',
    '\n',
    '\u00a0',
    '\u3000',
    '\u200b',
    '\u200e',
    '\u2060',
    '\ufeff',
    '\u00ad',
    '\u3164',
    '\u2800',
    '\u0000',
    '\u001f',
    ' \u200b\t ',
  ];
  it.each(starts)('starting with %s, %s, is not a formula, whatever invisible characters come before it', (sign) => {
    for (const unseen of before) expect(cell(`${unseen}${sign}HYPERLINK(1)`)).toMatch(/^"?'(?!')/);
  });

  it.each(['\ttext', '\rtext', '\ntext', '\t', '\r\n'])(
    '%j is guarded, because it may end up in the cell before',
    (text) => {
      expect(cell(text)).toMatch(/^"?'/);
    },
  );

  it('is guarded once, and has the same text after its apostrophe when read back', () => {
    expect(cell('=HYPERLINK("http://evil.example","x")')).toBe(`"'=HYPERLINK(""http://evil.example"",""x"")"`);
    expect(cell('+1 303 555 0100')).toBe("'+1 303 555 0100");
    expect(cell(' =1')).toBe("' =1");
  });
});

describe('the export of the activity', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(async () => await scene.close());
  beforeEach(async () => await scene.begin());

  const lines = (text: string) =>
    text
      .replace(/^\uFEFF/, '')
      .trimEnd()
      .split('\r\n');

  it('holds every event that the filter matches, however many pages that takes, newest first', async () => {
    for (let i = 1; i <= 450; i++) {
      await scene.receive('customers/create', customer(i, 0), { receivedAt: scene.now - i, webhookId: `c-${i}` });
    }
    await scene.receive('orders/create', order(1001, 0), { webhookId: 'o-1' });
    const answer = await scene.call('get', '/activity.csv?topic=customers/create');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(answer.headers['content-disposition']).toBe('attachment; filename="activity.csv"');
    expect(answer.text.startsWith('\uFEFF')).toBe(true);
    const [head, ...rows] = lines(answer.text);
    expect(head).toBe('Received,Received (UTC),Topic,About,What,State,Reason,Explanation,Webhook ID,Event ID');
    expect(rows.map((row) => /c-\d+/.exec(row)?.[0])).toEqual(Array.from({ length: 450 }, (_, i) => `c-${i + 1}`));
  });

  it('says when in the shop’s time zone, about whom, how it ended and why', async () => {
    await scene.receive('customers/create', customer(7, 0), { receivedAt: Date.parse('2026-11-20T06:05:04Z') });
    await scene.work();
    const [, row] = lines((await scene.call('get', '/activity.csv')).text);
    expect(row).toMatch(
      /^2026-11-19 23:05:04,2026-11-20T06:05:04.000Z,customers\/create,person7@example.com,Customer 7,accepted,,Accepted by Ascent360\.,/,
    );
  });

  it('holds no formula from a shopper', async () => {
    await scene.receive(
      'customers/create',
      customer(7, 0, { email: null, phone: null, first_name: '=1+1', last_name: 'x' }),
    );
    await scene.process();
    const [, row] = lines((await scene.call('get', '/activity.csv')).text);
    expect(row).toContain(`,'=1+1 x,`);
  });

  it('answers an invalid filter with what is wrong', async () => {
    const answer = await scene.call('get', '/activity.csv?state=lost');
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ field: 'state' }] } });
  });

  it('has only its header row if there are no events', async () => {
    await scene.receive('customers/create', customer(1, 0), { receivedAt: scene.now - MINUTE });
    expect((await scene.call('get', '/activity.csv?from=2030-01-01')).text).toMatch(/^\uFEFFReceived.*\r\n$/);
  });
});
