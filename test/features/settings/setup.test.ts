import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
    expect(await shop()).toMatchObject({ name: 'Alpine', timeZone: 'America/Denver', setup });
    expect(await shop('other-shop.myshopify.com')).toMatchObject({ setup: { done: [], dismissed: false } });
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
