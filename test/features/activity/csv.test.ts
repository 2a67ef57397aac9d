import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { customer, MINUTE, openScene, order, type Scene } from './scene.ts';

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
