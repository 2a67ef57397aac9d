import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { API_KEY, type Connector, SECRET, SHOP, startConnector } from '../fakes/connector.ts';
import { signIdToken } from '../fakes/id-token.ts';
import { CANARY } from '../features/privacy/scene.ts';
import { customer } from '../pipeline/bodies.ts';

let connector: Connector;
beforeEach(async () => {
  connector = await startConnector();
});
afterEach(async () => await connector.stop());

type Entry = { at: string; who: string; what: string; about: string | null };
const log = async (shop?: string) =>
  ((await connector.api('GET', '/access-log', undefined, shop)).body as { items: Entry[]; nextCursor: string | null })
    .items;

const OTHER = 'other-shop.myshopify.com';

describe('every view of personal data', () => {
  it('is recorded with user, time, page and row, and nothing personal', async () => {
    await connector.connect();
    const event = await connector.deliver('customers/create', customer(CANARY.id, CANARY));
    const asked = await connector.deliver('customers/data_request', { customer: CANARY });
    const found = await connector.api('GET', `/people?q=${encodeURIComponent(CANARY.email)}`);
    const person = (found.body as { items: { id: string }[] }).items[0]?.id ?? '';
    await connector.api('GET', '/activity');
    const authorization = `Bearer ${await signIdToken({ apiKey: API_KEY, secret: SECRET, shop: SHOP })}`;
    await (await fetch(`${connector.url}/api/activity.csv`, { headers: { authorization } })).text();
    await connector.api('GET', '/issues');
    await connector.api('GET', `/activity/${event.id}`);
    connector.ascent360.behave([{ status: 400 }]);
    const refused = await connector.deliver(
      'customers/update',
      customer(CANARY.id, { ...CANARY, first_name: 'Other' }),
    );
    await connector.api('POST', `/activity/${refused.id}/dismiss`);
    await connector.api('GET', `/people/${person}`);
    await connector.api('GET', `/people/${person}/export`);
    await connector.api('GET', '/privacy-requests');
    await connector.api('GET', `/privacy-requests/${asked.id}/export`);
    await connector.api('POST', `/privacy-requests/${asked.id}/done`);
    await connector.api('POST', '/preview', { topic: 'customers/create', body: customer(CANARY.id, CANARY) });
    await connector.api('GET', '/overview');
    await connector.api('GET', '/settings');
    const entries = await log();
    expect(entries.map(({ what, about }) => [what, about]).reverse()).toEqual([
      ['people_search', null],
      ['activity', null],
      ['activity_export', null],
      ['issues', null],
      ['event', event.id],
      ['event', refused.id],
      ['person', person],
      ['person_export', person],
      ['privacy_requests', null],
      ['data_export', asked.id],
      ['privacy_request', asked.id],
      ['preview', null],
    ]);
    for (const { at, who } of entries) {
      expect(Date.now() - Date.parse(at)).toBeLessThan(60_000);
      expect(who).toMatch(/^\d+$/);
    }
    const rows = await connector.db.query('SELECT * FROM access_log');
    expect(JSON.stringify(rows)).not.toMatch(/canary|5005550106|5005550104242/i);
  });

  it('is recorded once for a list that a page reloads again and again, and every time for a file', async () => {
    const asked = await connector.deliver('customers/data_request', { customer: CANARY });
    for (let i = 0; i < 3; i++) {
      await connector.api('GET', `/activity?q=${i}`);
      await connector.api('GET', `/privacy-requests/${asked.id}/export`);
    }
    const whats = (await log()).map(({ what }) => what).sort();
    expect(whats).toEqual(['activity', 'data_export', 'data_export', 'data_export']);
  });

  it('is recorded for each user, though another has just viewed the same, and for each row', async () => {
    await connector.connect();
    const one = await connector.deliver('customers/create', customer(CANARY.id, CANARY));
    const other = await connector.deliver('customers/create', customer(1));
    for (const userId of ['1', '2', '2']) {
      const token = await signIdToken({ apiKey: API_KEY, secret: SECRET, shop: SHOP, userId });
      for (const path of ['/activity', `/activity/${one.id}`, `/activity/${other.id}`])
        await fetch(`${connector.url}/api${path}`, { headers: { authorization: `Bearer ${token}` } });
    }
    const viewed = (await log()).map(({ who, what, about }) => [who, what, about]).reverse();
    expect(viewed).toEqual(
      ['1', '2'].flatMap((who) => [
        [who, 'activity', null],
        [who, 'event', one.id],
        [who, 'event', other.id],
      ]),
    );
  });

  it('is only in the record of its own shop', async () => {
    await connector.api('GET', '/activity');
    expect(await log(OTHER)).toEqual([]);
    expect(await log()).toHaveLength(1);
  });

  it('can be listed page by page', async () => {
    await connector.api('GET', '/activity');
    await connector.db.query(
      `INSERT INTO access_log (id, shop_id, at, who, what) SELECT
         ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, shop_id, at, who, 'event'
       FROM access_log, generate_series(1, 250) AS n`,
    );
    const first = (await connector.api('GET', '/access-log')).body as { items: Entry[]; nextCursor: string };
    expect([first.items.length, first.items[0]?.what]).toEqual([200, 'activity']);
    const second = await connector.api('GET', `/access-log?cursor=${first.nextCursor}`);
    expect(second.body).toMatchObject({ nextCursor: null });
    expect((second.body as { items: Entry[] }).items).toHaveLength(51);
    expect((await connector.api('GET', '/access-log?cursor=x')).status).toBe(422);
  });
});
