import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SHOP, until } from '../fakes/connector.ts';
import { METRICS_TOKEN, sharedPostgres, startWorld } from '../fakes/connector-process.ts';
import { settled, someCustomer } from '../fakes/fault-oracle.ts';
import { leftOut } from '../fakes/left-out.ts';
import { startCollector } from '../fakes/otlp-collector.ts';
import { findPostgres, startPostgres } from '../fakes/postgres-server.ts';
import { findRedis, startRedis } from '../fakes/redis-server.ts';
import { emailOf, phoneOf } from '../fakes/shopify-shop.ts';
import { startTcpProxy } from '../fakes/tcp-proxy.ts';
import { customer, EMAIL, emailConsent, order, SMS, smsConsent } from '../pipeline/bodies.ts';

const binary = findRedis();
if (!binary) leftOut('those on Redis', 'install Redis (Debian: redis-server)');

const PHONE = '+15005550107';
const GUID = 'ca9a41e5-0000-4000-8000-00ca9a41e500';
/** Admin API tokens count as well. */
const CANARY = /canary|5005550107|ca9a41e5|shpat_|shprt_/i;
/** The lines with a canary, shortened, to be shown on failure. */
const linesWith = (text: string) =>
  text
    .split('\n')
    .filter((line) => CANARY.test(line))
    .map((line) => line.slice(0, 300));

const address = {
  first_name: 'Canaryfirst',
  last_name: 'Canarylast',
  address1: '1 Canarystreet',
  phone: PHONE,
  country_code: 'US',
};
/** A bulk operation's file: people nothing else has reported, and unreadable lines. */
const importLines = [
  { firstName: 'Canaryimport', defaultEmailAddress: { emailAddress: 'canary-import@example.com' } },
  { firstName: 'Canaryimport', defaultEmailAddress: { emailAddress: 'Canary <not an address>' }, createdAt: 'canary' },
].map((fields, i) => JSON.stringify({ id: `gid://shopify/Customer/${90 + i}`, ...fields }));
importLines.push('{"id":"canary","firstName":', 'canary@example.com');

const person = customer(31, {
  email: 'canary@example.com',
  ...address,
  default_address: address,
  note: 'Canary',
});

describe('personal data', () => {
  it('row 32: sent along every path appears in no log, metric, trace or error answer, and not in Redis', async () => {
    const real = sharedPostgres() !== null;
    const postgres = real ? await startPostgres(findPostgres() ?? '') : null;
    const redis = real && binary ? await startRedis(binary) : null;
    // Everything sent to Redis, whatever becomes of it there.
    const wire = redis ? await startTcpProxy(Number(new URL(redis.url).port)) : null;
    const toRedis: Buffer[] = [];
    wire?.decide((bytes, way) => {
      if (way === 'there') toRedis.push(bytes);
      return 'pass';
    });
    const collector = await startCollector();
    const world = await startWorld({
      ...(postgres ? { postgres: postgres.url } : {}),
      env: {
        LOG_LEVEL: 'trace',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        RETRY_SCHEDULE: '50ms,50ms',
        CONNECTION_PROBE: '200ms',
        BREAKER_PROBE: '200ms',
        ...(wire ? { REDIS_URL: `redis://127.0.0.1:${wire.port}` } : {}),
      },
    });
    onTestFinished(async () => {
      await world.close();
      await collector.close();
      await wire?.close();
      await redis?.stop();
      await postgres?.stop();
    });
    const connector = await world.run();
    const answers: string[] = [];
    const connected = await connector.api('PUT', '/settings', {
      guid: GUID,
      mapping: { interests: [{ from: 'tag', prefix: 'canary' }] },
    });
    expect(connected.status).toBe(200);
    answers.push(JSON.stringify({ ...connected, body: { ...(connected.body as object), mapping: null } }));
    // Answers a receiver might give: its own words, ours, nothing, half of one.
    const echo = `No: ${JSON.stringify(person)} for ${GUID}`;
    world.ascent360.behave([
      { status: 500, answer: echo },
      { status: 422, answer: echo },
      { status: 503, answer: echo, retryAfter: 'canary@example.com' },
      { mode: 'cut' },
      { mode: 'html', answer: echo },
      { mode: 'reset' },
      { mode: 'redirect', location: 'http://127.0.0.1:9/canary' },
    ]);
    // What the Admin API says about the same person, when first seen and in an import.
    world.admin.shop(SHOP).setCustomer({
      id: 31,
      firstName: 'Canaryfirst',
      lastName: 'Canarylast',
      defaultEmailAddress: emailOf('canary@example.com'),
      defaultPhoneNumber: phoneOf(PHONE),
      tags: ['canary:x'],
    });
    const send = async (topic: string, body: object | string | Buffer, over: object = {}) => {
      const answer = await connector.send(topic, body, over);
      answers.push(answer.text, JSON.stringify([...answer.headers]));
      return answer.status;
    };
    const now = new Date().toISOString();
    const bodies: [string, object | string | Buffer][] = [
      ['customers/create', person],
      ['customers/update', { ...person, updated_at: 'canary' }],
      [
        'orders/create',
        order(32, { email: 'canary@example.com', customer: person, billing_address: address, note: 'Canary' }),
      ],
      [
        'orders/updated',
        order(33, { email: 'Canary <not an address>', phone: 'canary', customer: { ...person, id: 'canary' } }),
      ],
      [EMAIL, emailConsent(31, 'subscribed', now, { email_address: 'canary@example.com' })],
      [EMAIL, emailConsent(31, 'canary', 'canary', { email_address: 'canary@example.com' })],
      [SMS, smsConsent(31, 'unsubscribed', now, PHONE)],
      ['customer.tags_added', { customerId: 'gid://shopify/Customer/31', tags: ['canary:x'], occurredAt: 'canary' }],
      ['customers/merge', { status: 'completed', admin_graphql_api_customer_kept_id: 'canary', note: 'canary' }],
      ['customers/update', '{"id":34,"email":"canary@example.com",'],
      [
        'customers/update',
        Buffer.concat([Buffer.from('{"id":35,"email":"canary@example.com'), Buffer.of(0xff), Buffer.from('"}')]),
      ],
      ['customers/update', '{"id":36,"email":"canary@example.com","first_name":"Canary\\u0000"}'],
      ['customers/update', ['canary@example.com']],
      ['carts/update', person],
      ['customers/delete', { id: 37, email: 'canary@example.com' }],
      ['customers/data_request', { customer: person, orders_requested: [32] }],
      ['shop/update', { name: 'Canary shop', email: 'canary@example.com', country_code: 'US' }],
    ];
    // One per kind of answer, each at its own address.
    for (let i = 0; i < 8; i++)
      bodies.push(['customers/create', { ...person, id: 50 + i, email: `canary${i}@example.com`, phone: null }]);
    for (const [topic, body] of bodies) expect(await send(topic, body), topic).toBe(200);
    expect(await send('customers/create', person, { secret: 'wrong' })).toBe(401);
    expect(await send('customers/create', person, { headers: { 'x-shopify-topic': null } })).toBe(400);
    expect(await send('customers/create', person, { headers: { 'x-shopify-shop-domain': 'canary@example.com' } })).toBe(
      400,
    );
    if (postgres) {
      // PostgreSQL's errors may quote the values they reject.
      await world.read(async (db) => {
        await db.query(`CREATE FUNCTION quote() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN RAISE EXCEPTION 'canary@example.com' USING DETAIL = 'Canary', HINT = 'Canary'; END $$`);
        await db.query('CREATE TRIGGER quote BEFORE INSERT ON events EXECUTE FUNCTION quote()');
      });
      expect(await send('customers/create', person)).toBe(503);
      await world.read(async (db) => await db.query('DROP FUNCTION quote CASCADE'));
      await postgres.end('crash');
      expect(await send('customers/create', person)).toBe(503);
      await postgres.begin();
    }
    const routes: [string, string, unknown?][] = [
      ['PUT', '/settings', { guid: 'canary', sourceName: 'x'.repeat(101), unknown: 'canary@example.com' }],
      ['GET', '/activity?state=canary@example.com'],
      ['GET', '/activity?cursor=canary@example.com'],
      ['GET', '/canary@example.com'],
      ['GET', `/people/${randomUUID()}`],
      ['GET', '/people?q=canary%40example.com%00'],
      ['POST', '/test-record', { email: 'not an address, canary' }],
      ['POST', '/preview', { topic: 'customers/create', body: '{"canary' }],
      ['GET', '/access-log?cursor=canary@example.com'],
      ['GET', `/privacy-requests/${randomUUID()}/export`],
      ['POST', '/privacy-requests/canary@example.com/done'],
      ['POST', '/imports', { kind: 'canary@example.com' }],
      ['GET', '/imports/canary@example.com'],
    ];
    for (const [method, route, body] of routes) {
      const answer = await connector.api(method, route, body);
      if (answer.status >= 400) answers.push(JSON.stringify(answer));
    }
    // Successful views, and what is recorded about them.
    const looked = async (route: string) => {
      const { status, body } = await connector.api('GET', route);
      expect([route, status]).toEqual([route, 200]);
      return body as { items: { id: string }[] };
    };
    await until('the request for data is handled', async () => (await looked('/privacy-requests')).items[0]);
    const [found] = (await looked('/people?q=canary%40example.com')).items;
    await looked(`/people/${found?.id}`);
    const [asked] = (await looked('/privacy-requests')).items;
    expect(JSON.stringify(await looked(`/privacy-requests/${asked?.id}/export`))).toMatch(/canary/i);
    answers.push(JSON.stringify(await looked('/access-log')));
    const { bulk } = world.admin.shop(SHOP);
    bulk.polls = 0;
    bulk.generated = { count: importLines.length, line: (n) => importLines[n] ?? '' };
    const begun = (await connector.api('POST', '/imports', { kind: 'customers' })).body as { id: string };
    const inState = async (state: string) =>
      await until(`the import is ${state}`, async () => {
        const { body } = await connector.api('GET', `/imports/${begun.id}`);
        answers.push(JSON.stringify(body));
        return (body as { state: string }).state === state ? true : undefined;
      });
    await inState('counted');
    await connector.api('POST', `/imports/${begun.id}/start`);
    await inState('done');
    expect(world.ascent360.received.filter(({ raw }) => raw.includes('canary-import@')).length).toBeGreaterThan(0);
    await send('customers/redact', {
      customer: { id: 31, email: 'canary@example.com', phone: PHONE },
      orders_to_redact: [32],
    });
    const last = someCustomer();
    await send(last.topic, last.body, { webhookId: last.webhookId });
    await until('the receiver was tried', async () => world.ascent360.received.length >= 7 || undefined);
    await settled(world, connector, []);
    const metrics = await fetch(`${connector.url}/metrics`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } });
    expect(metrics.status).toBe(200);
    expect(linesWith(await metrics.text())).toEqual([]);
    if (redis) {
      const told = Buffer.concat(toRedis).toString('latin1');
      expect(told).toContain('"jobId":"shop-');
      expect(linesWith(told)).toEqual([]);
    }
    await connector.terminate();
    expect(connector.output()).toContain('"stage":"deliver"');
    expect(linesWith(connector.output())).toEqual([]);
    expect(answers.flatMap(linesWith)).toEqual([]);
    const traced = new Set(collector.spans().map(({ name }) => name));
    expect([...traced].sort()).toEqual(['answer', 'deliver', 'receive', 'store', 'translate']);
    expect(collector.raw().flatMap(linesWith)).toEqual([]);
  });
});
