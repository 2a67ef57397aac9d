import { request as begin, type IncomingMessage } from 'node:http';
import { json as jsonIn } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import express from 'express';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { apiErrors } from '../../server/http/errors.ts';
import { API_KEY, type Connector, SECRET, SHOP, startConnector } from '../fakes/connector.ts';
import { signIdToken } from '../fakes/id-token.ts';

let connector: Connector;
beforeAll(async () => {
  connector = await startConnector();
  await connector.connect({ sourceName: 'Kept' });
});
afterAll(async () => await connector.stop());

async function send(method: string, path: string, body: BodyInit | undefined, headers: Record<string, string>) {
  const token = await signIdToken({ apiKey: API_KEY, secret: SECRET, shop: SHOP });
  const response = await fetch(`${connector.url}/api${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(body === undefined ? {} : { body, duplex: 'half' }),
  });
  const kept = [response.headers.get('cache-control'), response.headers.get('x-content-type-options')];
  return { status: response.status, kept, body: await response.json() };
}

const json = { 'content-type': 'application/json' };
const routes = [
  ['PUT', '/settings'],
  ['POST', '/preview'],
  ['POST', '/imports'],
  ['POST', '/activity/retry'],
  ['PUT', '/setup'],
] as const;

it.each(
  routes.flatMap(([method, path]) =>
    (
      [
        ['no body', undefined, {}, 422],
        ['an empty body that says to be JSON', '', json, 422],
        ['null', 'null', json, 422],
        ['a list', '[]', json, 422],
        ['half an object', '{', json, 422],
        ['what is not UTF-8', Buffer.from('{"sourceName":"Caf\xe9"}', 'latin1'), json, 422],
        ['a form', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 422],
        ['more than 1 MB', `{"a":"${'x'.repeat(1_100_000)}"}`, json, 413],
        ['what is packed', gzipSync('{}'), { ...json, 'content-encoding': 'gzip' }, 415],
        ['an alphabet of another planet', '{}', { 'content-type': 'application/json; charset=x-mars' }, 415],
        ['a packing of another planet', '{}', { ...json, 'content-encoding': 'x-mars' }, 415],
      ] as const
    ).map(([what, body, headers, status]) => ({ method, path, what, body, headers, status })),
  ),
)('$method $path refuses $what with $status, in JSON, and saves nothing', async (row) => {
  const answer = await send(row.method, row.path, row.body, row.headers);
  expect(answer).toMatchObject({
    status: row.status,
    body: {
      errors: expect.arrayContaining([
        expect.objectContaining({
          message: expect.any(String),
          text: expect.objectContaining({ code: expect.any(String) }),
        }),
      ]),
    },
  });
  expect((await connector.api('GET', '/settings')).body).toMatchObject({ sourceName: 'Kept' });
});

it.each([
  ['that says to be over 1 MB gets 413 before it is sent', { 'content-length': String(2 * 1024 * 1024) }, '{'],
  ['in pieces gets 413 as soon as it is over 1 MB', { 'transfer-encoding': 'chunked' }, ' '.repeat(1024 * 1024 + 1)],
])('a body %s', async (_, length, sent) => {
  const token = await signIdToken({ apiKey: API_KEY, secret: SECRET, shop: SHOP });
  const headers = { ...json, authorization: `Bearer ${token}`, ...length };
  const { promise: answered, resolve } = Promise.withResolvers<IncomingMessage>();
  const call = begin(`${connector.url}/api/settings`, { method: 'PUT', headers }, resolve);
  onTestFinished(() => void call.destroy());
  call.write(sent);
  const answer = await answered;
  const message = 'The body is larger than 1 MB. Send a smaller one.';
  const text = { code: 'refusal.body_large', params: { max: 1 } };
  expect([answer.statusCode, await jsonIn(answer)]).toEqual([413, { errors: [{ message, text }] }]);
});

it.each([
  ['GET', '/activity', undefined, 200],
  ['GET', '/people?q=robin%40example.com', undefined, 200],
  ['GET', '/nothing', undefined, 404],
  ['GET', '/activity/%ff', undefined, 404],
  ['PUT', '/settings', '[]', 422],
])(
  'what %s %s answers is kept by no cache, and taken for nothing but what it says it is',
  async (method, path, body, status) => {
    const answer = await send(method, path, body, json);
    expect([answer.status, ...answer.kept]).toEqual([status, 'no-store', 'nosniff']);
  },
);

it.each([
  ['no body', undefined, {}],
  ['an empty body', '', json],
  ['an empty object', '{}', json],
  [
    'one that says in other words to be UTF-8 as it is',
    '{}',
    { 'content-type': 'Application/JSON; charset="UTF8"', 'content-encoding': 'Identity' },
  ],
])('a test record accepts %s', async (_, body, headers) => {
  await connector.deliver('shop/update', { id: 1, email: 'owner@example.com' });
  expect(await send('POST', '/test-record', body, headers)).toMatchObject({
    status: 200,
    body: { outcome: 'accepted' },
  });
});

it.each([
  ['plain text', { 'content-type': 'text/plain' }],
  ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
  ['another JSON', { 'content-type': 'application/vnd.api+json' }],
])('a dry run that says to be %s sends nothing, and a test record goes to nobody', async (_, headers) => {
  // In pieces, nothing says how long it is.
  const inPieces = (text: string) => new Blob([text]).stream();
  const event = await connector.deliver('customers/create', { id: 7, email: 'robin@example.com' });
  const before = connector.ascent360.received.length;
  const refused = { status: 422, body: { errors: [{ field: '', message: 'Send a JSON object.' }] } };
  for (const dryRun of ['{"dryRun":true}', inPieces('{"dryRun":true}')]) {
    expect(await send('POST', `/activity/${event.id}/retry`, dryRun, headers)).toMatchObject(refused);
  }
  expect(await send('POST', '/test-record', '{"email":"me@example.com"}', headers)).toMatchObject(refused);
  expect(await connector.settled()).toContainEqual(event);
  expect(connector.ascent360.received).toHaveLength(before);
});

describe('a route that takes no options', () => {
  const nowhere = '00000000-0000-4000-8000-000000000000';
  const paths = async () => {
    const { id } = await connector.deliver('orders/create', '[1]');
    await connector.deliver('customers/create', { id: 12, email: 'kim@example.com' });
    await connector.deliver('customers/data_request', { customer: { id: 12 } });
    const found = (await connector.api('GET', '/people?q=kim%40example.com')).body as { items: { id: string }[] };
    const asked = (await connector.api('GET', '/privacy-requests')).body as { items: { id: string }[] };
    const posts = [
      `/activity/${id}/dismiss`,
      `/people/${found.items[0]?.id}/send`,
      `/privacy-requests/${asked.items[0]?.id}/done`,
      ...['start', 'pause', 'resume', 'cancel'].map((action) => `/imports/${nowhere}/${action}`),
    ].map((path) => ({ method: 'POST', path }));
    const deletes = ['/settings/guid', `/views/${nowhere}`].map((path) => ({ method: 'DELETE', path }));
    return [...posts, ...deletes];
  };

  it('refuses a body with any, so that a dry run is not done in earnest', async () => {
    const all = await paths();
    const standing = async () => ({
      attention: (await connector.events()).filter(({ state }) => state === 'attention').length,
      sent: connector.ascent360.received.length,
      requests: (await connector.api('GET', '/privacy-requests')).body,
      settings: (await connector.api('GET', '/settings')).body,
    });
    const before = await standing();
    for (const { method, path } of all) {
      const refused = await send(method, path, '{"dryRun":true}', json);
      expect(refused, path).toMatchObject({ status: 422, body: { errors: [{ field: 'dryRun' }] } });
      for (const [body, headers] of [
        ['[]', json],
        ['null', json],
        ['{', json],
        ['dryRun=true', { 'content-type': 'application/x-www-form-urlencoded' }],
      ] as const) {
        const answer = await send(method, path, body, headers);
        expect(answer, `${path} ${body}`).toMatchObject({ status: 422, body: { errors: [{ field: '' }] } });
      }
    }
    expect(await standing()).toEqual(before);
  });

  it('accepts none, and an empty object', async () => {
    const [dismiss = '', sendPerson = '', done = ''] = (await paths()).map(({ path }) => path);
    expect((await send('POST', dismiss, '{}', json)).status).toBe(200);
    expect((await send('POST', sendPerson, '', json)).status).toBe(202);
    expect((await send('POST', sendPerson, '{}', json)).status).toBe(202);
    expect((await send('POST', done, undefined, {})).status).toBe(200);
    expect((await send('DELETE', `/views/${nowhere}`, '{}', json)).status).toBe(200);
    expect((await send('DELETE', `/views/${nowhere}`, undefined, {})).status).toBe(200);
  });
});

describe('an error after the answer has begun', () => {
  it('closes the connection, and is logged by its name and code alone', async () => {
    const logged: object[] = [];
    const stderr = vi.spyOn(console, 'error').mockReturnValue();
    onTestFinished(() => stderr.mockRestore());
    const app = express();
    // In `test`, express writes nothing by itself.
    app.set('env', 'production');
    app.get('/', (_req, res, next) => {
      res.write('half an answer');
      next(Object.assign(new Error('about robin@example.com'), { code: 'E1' }));
    });
    app.use(apiErrors({ error: (entry: object) => logged.push(entry) }));
    await expect(request(app).get('/')).rejects.toThrow(/aborted|hang up/);
    expect(stderr.mock.calls).toEqual([]);
    expect(logged).toEqual([{ name: 'Error', code: 'E1' }]);
  });
});
