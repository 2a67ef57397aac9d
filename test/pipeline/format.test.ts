import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { topics } from '../../server/shopify/topics.ts';
import { bodyText, sampleOf } from '../demo/samples.ts';
import { type Connector, startConnector } from '../fakes/connector.ts';

let connector: Connector;
beforeAll(async () => {
  connector = await startConnector();
});
afterAll(async () => await connector.stop());

const SETTINGS = {
  send: { testOrders: true },
  consent: { email: { optInLevel: 'any', history: 'all' }, sms: { optInLevel: 'any', history: 'all' } },
  providerType: 3,
  listIds: ['1', '2'],
  listsFor: 'everyone',
  mapping: { interests: [{ from: 'text', values: ['Ski & Board', 'Snow <3'] }] },
};
const sampled = topics.flatMap(({ name, family }) =>
  !name.startsWith('import/') && ['order', 'customer', 'consent', 'tags'].includes(family) ? [name] : [],
);

const sentTo = (guid: string) => connector.ascent360.receivedFor(guid);

describe('format: xml', () => {
  it.each(sampled)('Shopify’s sample of %s is sent with the same content as in JSON', async (topic) => {
    const bodies = await Promise.all(
      (['json', 'xml'] as const).map(async (format) => {
        const shop = `${format}-${topic.replaceAll(/\W|_/g, '-')}.myshopify.com`;
        const guid = await connector.connect({ ...SETTINGS, format }, shop);
        const { state, reason } = await connector.deliver(topic, bodyText(sampleOf(topic)), { shop });
        return { state, reason, records: sentTo(guid) };
      }),
    );
    const [json, xml] = bodies;
    expect(xml).toMatchObject({ state: json?.state, reason: json?.reason });
    expect(xml?.records.map(({ body }) => body)).toEqual(json?.records.map(({ body }) => body));
    expect(xml?.records.flatMap(({ faults }) => faults)).toEqual([]);
    for (const record of xml?.records ?? []) expect(record.contentType).toBe('application/xml; charset=utf-8');
  });

  it('the comparison includes at least the orders and customers, which are sent', () => {
    expect(sampled).toEqual(expect.arrayContaining(['orders/create', 'customers/update']));
    const accepted = connector.ascent360.received.filter(({ accepted }) => accepted);
    expect(accepted.length).toBeGreaterThanOrEqual(8);
  });

  it('each attempt uses the format set at that moment', async () => {
    const shop = 'changing.myshopify.com';
    const guid = await connector.connect({ paused: true, format: 'json' }, shop);
    await connector.send('customers/update', bodyText(sampleOf('customers/update')), { shop });
    await connector.api('PUT', '/settings', { guid, format: 'xml' }, shop);
    await connector.settled(shop);
    expect(sentTo(guid).map(({ contentType }) => contentType)).toEqual(['application/xml; charset=utf-8']);
  });

  it('the event shows what was sent, without what XML can’t hold', async () => {
    const shop = 'control.myshopify.com';
    const guid = await connector.connect({ format: 'xml' }, shop);
    const customer = { id: 1, email: 'ann@example.com', first_name: 'An\u0001n', updated_at: '2026-11-20T10:00:00Z' };
    const { id } = await connector.deliver('customers/update', customer, { shop });
    expect(sentTo(guid)).toMatchObject([{ body: { FirstName: 'Ann' }, faults: [] }]);
    const { body } = await connector.api('GET', `/activity/${id}`, undefined, shop);
    expect(body).toMatchObject({ state: 'accepted', payload: { FirstName: 'Ann' } });
  });
});
