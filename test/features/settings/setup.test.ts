import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ShopAnswer } from '../../../server/features/settings/api.ts';
import { MOST_VIEWS } from '../../../server/features/settings/contract.ts';
import { type Connector, SHOP, startConnector } from '../../fakes/connector.ts';

describe('what the pages know about the shop', () => {
  let connector: Connector;
  beforeAll(async () => {
    // Shopify can't be asked: all we know comes from webhooks.
    connector = await startConnector({ SHOPIFY_ADMIN_ORIGIN: 'http://127.0.0.1:9' });
  });
  afterAll(() => connector.stop());

  const shop = async (of = SHOP) => (await connector.api('GET', '/shop', undefined, of)).body;

  it('is little at first', async () => {
    expect(await shop()).toEqual({
      domain: SHOP,
      name: null,
      email: null,
      country: null,
      timeZone: 'UTC',
      developmentStore: false,
      setup: { done: [], dismissed: false, partsHidden: false },
      views: [],
    });
  });

  it('includes how far the first steps are, besides what Shopify reports, for this shop alone', async () => {
    const setup = { done: ['lists', 'test'], dismissed: true, partsHidden: true };
    expect((await connector.api('PUT', '/setup', setup)).body).toMatchObject({ setup });
    await connector.deliver('shop/update', {
      id: 1,
      name: 'Alpine',
      email: 'owner@example.com',
      iana_timezone: 'America/Denver',
      country_code: 'US',
    });
    expect(await shop()).toMatchObject({ name: 'Alpine', timeZone: 'America/Denver', country: 'US', setup });
    expect(await shop('other-shop.myshopify.com')).toMatchObject({ setup: { done: [], dismissed: false } });
  });

  it('includes no accepted test record once the GUID is another, or none', async () => {
    const done = async () => ((await shop()) as ShopAnswer).setup.done;
    const first = randomUUID();
    for (const [change, left] of [
      [async () => await connector.api('PUT', '/settings', { guid: first }), ['lists']],
      [async () => await connector.api('PUT', '/settings', { guid: first, sourceName: 'Alps' }), ['lists', 'test']],
      [async () => await connector.api('PUT', '/settings', { guid: randomUUID() }), ['lists']],
      [async () => await connector.api('DELETE', '/settings/guid'), ['lists']],
    ] as const) {
      await connector.api('PUT', '/setup', { done: ['lists', 'test'], dismissed: false });
      await change();
      expect(await done()).toEqual(left);
    }
  });

  it('is the newest that Shopify reported, in whatever order it arrived', async () => {
    const told = async (name: string, minute: string) =>
      await connector.deliver('shop/update', { id: 1, name, updated_at: `2026-11-20T12:${minute}:00-07:00` });
    await told('First', '00');
    await told('Third', '20');
    await told('Second', '10');
    expect(await shop()).toMatchObject({ name: 'Third', email: 'owner@example.com' });
    await told('Fourth', '30');
    expect(await shop()).toMatchObject({ name: 'Fourth' });
  });

  it.each([
    [{ done: ['everything'], dismissed: false }, 'done.0'],
    [{ done: Array(6).fill('connect'), dismissed: false }, 'done'],
    [{ done: [], dismissed: 'yes' }, 'dismissed'],
    [{ done: [], dismissed: false, partsHidden: 'yes' }, 'partsHidden'],
    [{ dismissed: true }, 'done'],
    ['text', ''],
  ])('refuses %j', async (body, field) => {
    const before = await shop();
    const answer = await connector.api('PUT', '/setup', body);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ field }] } });
    expect(await shop()).toEqual(before);
  });
});

describe('the views of the activity', () => {
  let connector: Connector;
  beforeAll(async () => {
    connector = await startConnector({ SHOPIFY_ADMIN_ORIGIN: 'http://127.0.0.1:9' });
  });
  afterAll(() => connector.stop());

  const save = async (id: string, body: unknown, shop?: string) =>
    await connector.api('PUT', `/views/${id}`, body, shop);
  const views = async (shop = SHOP) => {
    const { body } = await connector.api('GET', '/shop', undefined, shop);
    return (body as { views: object[] }).views;
  };
  const [first, second] = [randomUUID(), randomUUID()];
  const rejected = { name: 'Rejected orders', filter: { state: 'attention', topic: 'orders/create' } };
  const week = { name: 'This week', filter: { last: '7d' } };

  it('are saved for this shop alone, oldest first, besides what Shopify reports', async () => {
    await save(first, rejected);
    const { body } = await save(second, week);
    const both = [
      { id: first, ...rejected },
      { id: second, ...week },
    ];
    expect(body).toMatchObject({ views: both });
    await connector.deliver('shop/update', { id: 1, name: 'Alpine' });
    await connector.api('PUT', '/setup', { done: ['lists'], dismissed: true });
    expect(await views()).toEqual(both);
    expect(await views('other-shop.myshopify.com')).toEqual([]);
  });

  it('are changed and deleted one by one, whatever another tab saves meanwhile', async () => {
    await Promise.all([save(first, { ...rejected, name: 'Refused' }), connector.api('DELETE', `/views/${second}`)]);
    expect(await views()).toEqual([{ id: first, ...rejected, name: 'Refused' }]);
    expect(await connector.api('DELETE', `/views/${second}`)).toMatchObject({ status: 200 });
    expect(await connector.api('DELETE', '/views/none')).toMatchObject({ status: 404 });
    expect(await save('none', rejected)).toMatchObject({ status: 404 });
  });

  it.each([
    [{ ...week, name: ' ' }, 'name'],
    [{ ...week, name: '\u200b\u2800\u200e' }, 'name'],
    [{ ...week, name: 'x'.repeat(101) }, 'name'],
    [{ ...week, filter: { q: 'mia@example.com' } }, 'filter.q'],
    [{ ...week, filter: { state: ['attention'] } }, 'filter.state'],
    [{ ...week, filter: { topic: 'x'.repeat(501) } }, 'filter.topic'],
    [{ ...week, filter: { person: 'mia@example.com' } }, 'filter.person'],
    [{ ...week, filter: { person: randomUUID() } }, 'filter.person'],
    [{ name: 'x' }, 'filter'],
    ['text', ''],
  ])('are refused as %j', async (body, field) => {
    const before = await views();
    expect(await save(randomUUID(), body)).toMatchObject({ status: 422, body: { errors: [{ field }] } });
    expect(await views()).toEqual(before);
  });

  it('may be of nobody’s events, or of one person’s', async () => {
    const shop = 'by-person.myshopify.com';
    await connector.connect({}, shop);
    await connector.deliver('customers/create', { id: 7, email: 'robin@example.com' }, { shop });
    const found = (await connector.api('GET', '/people?q=7', undefined, shop)).body as { items: { id: string }[] };
    for (const person of ['none', found.items[0]?.id]) {
      expect(await save(randomUUID(), { ...week, filter: { person } }, shop)).toMatchObject({ status: 200 });
    }
  });

  it('are limited in number, and those there are can still be changed', async () => {
    const shop = 'many-views.myshopify.com';
    for (let n = 1; n < MOST_VIEWS; n++) await save(randomUUID(), week, shop);
    await save(first, week, shop);
    expect(await save(randomUUID(), week, shop)).toMatchObject({
      status: 409,
      body: { errors: [{ text: { code: 'refusal.views_full' } }] },
    });
    expect(await save(first, rejected, shop)).toMatchObject({ status: 200 });
    expect(await views(shop)).toHaveLength(MOST_VIEWS);
  });
});
