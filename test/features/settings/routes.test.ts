import express, { type Express } from 'express';
import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Text } from '../../../server/domain/wording/text.ts';
import { settingsRoutes, type TestRecordResult } from '../../../server/features/settings/routes.ts';
import { apiErrors, notFound, readBody, refusal } from '../../../server/http/errors.ts';
import { merchantAuth } from '../../../server/http/merchant-auth.ts';
import type { Db } from '../../../server/platform/database/db.ts';
import { createIntake } from '../../../server/platform/intake.ts';
import { createKeys } from '../../../server/platform/keys.ts';
import { noteProblem, noteProof } from '../../../server/store/shops/proof.ts';
import { loadSettings, saveBreaker } from '../../../server/store/shops/settings.ts';
import { createShops, type Shop, type Shops, saveFacts } from '../../../server/store/shops/shops.ts';
import { testDatabase } from '../../fakes/database.ts';
import { signIdToken } from '../../fakes/id-token.ts';

const guid = '3f2a91c4-7b0e-4d55-9a61-0c8de2f4b7a9';
const start = Date.UTC(2026, 10, 20, 12);
const config = { shopifyApiKey: 'client-id', shopifySecrets: ['secret of now', 'secret of before'] };
const text: Text = { code: 'answer.accepted', params: { status: '200' } };
const accepted: TestRecordResult = { class: 'accepted', status: 200, ms: 12, error: null, text };

let db: Db;
let shops: Shops;
let app: Express;
let shop: Shop;
let made = 0;
let now = start;
let result: TestRecordResult;
let sent: { guid: string; contentType: string; text: string }[];
let woken: string[];
let logged: object[];

function createApp(over: Db): Express {
  const made = express();
  const deps = { db: over, connectionProbe: 900_000, now: () => now };
  made.use('/api', merchantAuth({ config, db: over, shops: createShops(over, keys), now: () => now }));
  made.use('/api', readBody(createIntake(refusal)));
  made.use(
    '/api',
    settingsRoutes({
      ...deps,
      sendTestRecord: async (to, { contentType, text }) => {
        sent.push({ guid: to, contentType, text });
        return result;
      },
      onChange: (changed) => {
        woken.push(changed.domain);
      },
    }),
  );
  made.get('/api/broken', () => {
    throw new Error(`what was sent: ${guid}`);
  });
  made.use('/api', notFound);
  made.use(apiErrors({ error: (entry: object) => logged.push(entry) }));
  return made;
}

const keys = createKeys([{ id: 'k1', bytes: Buffer.alloc(32, 7) }]);

beforeAll(async () => {
  db = await testDatabase();
  shops = createShops(db, keys);
  app = createApp(db);
});
afterAll(async () => await db.close());
beforeEach(async () => {
  made += 1;
  now = start;
  result = accepted;
  sent = [];
  woken = [];
  logged = [];
  shop = await shops.ensure(`shop-${made}.myshopify.com`);
});

async function call(method: 'get' | 'put' | 'post' | 'delete', path: string, body?: object) {
  const token = await signIdToken({ apiKey: config.shopifyApiKey, secret: 'secret of now', shop: shop.domain, now });
  const asked = request(app)[method](path).set('Authorization', `Bearer ${token}`);
  const answer = body === undefined ? await asked : await asked.send(body);
  expect(answer.text).not.toMatch(new RegExp(guid, 'i'));
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
  return answer;
}

const faults = (status: number, ...errors: object[]) => ({ status, body: { errors } });

describe('GET /api/settings', () => {
  it('returns the defaults before anything was saved', async () => {
    const answer = await call('get', '/api/settings');
    expect(answer).toMatchObject({
      status: 200,
      body: { guid: null, guidLast4: null, sourceName: 'Shopify', send: { testOrders: false } },
    });
  });

  it('returns a development store’s own default', async () => {
    await saveFacts(db, shop, { developmentStore: true });
    expect((await call('get', '/api/settings')).body).toMatchObject({ send: { testOrders: true } });
  });
});

describe('PUT /api/settings', () => {
  it('saves, masks the GUID and wakes the sending', async () => {
    const put = await call('put', '/api/settings', {
      guid: `https://webhook.ascent360.com/V1/Data/${guid}`,
      sourceName: 'Snow',
    });
    expect(put).toMatchObject({
      status: 200,
      body: { guid: null, guidLast4: 'b7a9', sourceName: 'Snow', sourceType: 'Ecommerce' },
    });
    expect((await call('get', '/api/settings')).body).toEqual(put.body);
    expect((await loadSettings(db, shop))?.guid).toBe(guid);
    expect(woken).toEqual([shop.domain]);
  });

  it('accepts a document without a GUID: saved, but not connected', async () => {
    expect(await call('put', '/api/settings', { paused: true })).toMatchObject({
      status: 200,
      body: { guidLast4: null, paused: true },
    });
  });

  it('accepts what GET returned', async () => {
    await call('put', '/api/settings', { guid, sourceName: 'Snow' });
    const { body } = await call('get', '/api/settings');
    expect(await call('put', '/api/settings', { ...body, paused: true })).toMatchObject({
      status: 200,
      body: { ...body, paused: true },
    });
  });

  it('replaces the whole document', async () => {
    await call('put', '/api/settings', { guid, sourceName: 'Snow', paused: true });
    const { body } = await call('put', '/api/settings', { sourceType: 'Online' });
    expect(body).toMatchObject({ sourceName: 'Shopify', sourceType: 'Online', paused: false, guidLast4: 'b7a9' });
  });

  it('saves a development store’s own default for a key that is left out', async () => {
    await saveFacts(db, shop, { developmentStore: true });
    expect((await call('put', '/api/settings', { guid })).body).toMatchObject({ send: { testOrders: true } });
    expect((await loadSettings(db, shop))?.settings.send.testOrders).toBe(true);
  });

  it.each([
    [
      'an unknown key',
      { sourceName: 'Snow', colour: 'red' },
      { field: 'colour', message: 'Remove this. It isn’t a setting.' },
    ],
    [
      'an unknown key deep inside',
      { guid, send: { refunds: true } },
      { field: 'send.refunds', message: 'Remove this. It isn’t a setting.' },
    ],
    ['a wrong value', { mapping: { gender: 'x' } }, { field: 'mapping.gender', message: expect.any(String) }],
    [
      'another host',
      { guid: `https://example.com/${guid}` },
      { field: 'guid', message: expect.stringMatching(/only send to/) },
    ],
    ['a list', [], { field: '', message: expect.any(String) }],
  ])('saves nothing with %s', async (_what, document, fault) => {
    await call('put', '/api/settings', { sourceName: 'Before' });
    const before = await loadSettings(db, shop);
    woken = [];
    expect(await call('put', '/api/settings', document)).toMatchObject(faults(422, fault));
    expect(await loadSettings(db, shop)).toEqual(before);
    expect(woken).toEqual([]);
  });

  it.each<[string, string, string, number, object]>([
    [
      'a body that isn’t JSON',
      'application/json',
      '{"paused": tru',
      422,
      { field: '', message: expect.stringMatching(/valid JSON/) },
    ],
    [
      'a body that isn’t an object',
      'application/json',
      '"x"',
      422,
      { field: '', message: expect.stringMatching(/JSON object/) },
    ],
    ['a body of another type', 'text/plain', '{}', 422, { field: '', message: expect.stringMatching(/JSON object/) }],
    [
      'a body over 1 MB',
      'application/json',
      JSON.stringify({ sourceName: 'x'.repeat(1_100_000) }),
      413,
      { message: expect.any(String) },
    ],
    [
      'a body nested 10,000 levels deep',
      'application/json',
      `{"send": ${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
      422,
      { field: 'send', message: expect.any(String) },
    ],
  ])('answers %s', async (_what, type, body, status, fault) => {
    const token = await signIdToken({
      apiKey: config.shopifyApiKey,
      secret: 'secret of before',
      shop: shop.domain,
      now,
    });
    const answer = await request(app).put('/api/settings').auth(token, { type: 'bearer' }).type(type).send(body);
    expect(answer).toMatchObject(faults(status, fault));
    expect(await loadSettings(db, shop)).toBeNull();
  });
});

describe('DELETE /api/settings/guid', () => {
  it('disconnects and keeps the rest', async () => {
    await call('put', '/api/settings', { guid, sourceName: 'Snow' });
    expect(await call('delete', '/api/settings/guid')).toMatchObject({
      status: 200,
      body: { guidLast4: null, sourceName: 'Snow' },
    });
    expect((await loadSettings(db, shop))?.guid).toBeNull();
  });
});

describe('GET /api/settings/changes', () => {
  it('lists who changed what, newest first, and who asks', async () => {
    await call('put', '/api/settings', { guid });
    now += 1000;
    await call('put', '/api/settings', { guid, paused: true });
    const { body } = await call('get', '/api/settings/changes');
    expect(body).toEqual({
      items: [
        { at: '2026-11-20T12:00:01.000Z', who: '42', field: 'paused', oldValue: 'false', newValue: 'true' },
        { at: '2026-11-20T12:00:00.000Z', who: '42', field: 'guid', oldValue: null, newValue: 'b7a9' },
      ],
      you: '42',
    });
  });
});

describe('POST /api/test-record', () => {
  it('sends one marked contact without permissions, lists, provider or order', async () => {
    await call('put', '/api/settings', {
      guid,
      sourceName: 'Snow',
      sourceType: 'Online',
      providerType: 7,
      listIds: ['31'],
      listsFor: 'everyone',
    });
    woken = [];
    const answer = await call('post', '/api/test-record', { email: ' me@example.com ' });
    expect(answer).toMatchObject({
      status: 200,
      body: { outcome: 'accepted', status: 200, ms: 12, message: 'Ascent360 accepted the record (HTTP 200).' },
    });
    const payload = {
      SourceName: 'Snow',
      SourceType: 'Online',
      FirstName: 'Ascent360',
      LastName: 'Test record',
      Email: 'me@example.com',
    };
    expect(sent).toEqual([{ guid, contentType: 'application/json', text: JSON.stringify(payload) }]);
    expect(woken).toEqual([shop.domain]);
  });

  it('goes out as XML if the settings say so', async () => {
    await call('put', '/api/settings', { guid, format: 'xml', sourceName: 'Snow & Ice' });
    await call('post', '/api/test-record', { email: 'me@example.com' });
    expect(sent).toEqual([
      {
        guid,
        contentType: 'application/xml; charset=utf-8',
        text:
          '<?xml version="1.0" encoding="UTF-8"?><Data><SourceName>Snow &amp; Ice</SourceName>' +
          '<SourceType>Ecommerce</SourceType><FirstName>Ascent360</FirstName><LastName>Test record</LastName>' +
          '<Email>me@example.com</Email></Data>',
      },
    ]);
  });

  it('as XML goes without what XML can’t hold', async () => {
    await call('put', '/api/settings', { guid, format: 'xml', sourceName: 'Sn\uffffow' });
    await call('post', '/api/test-record', { email: '\u200eme@example.com\u200b' });
    expect(sent).toMatchObject([{ text: expect.stringContaining('<SourceName>Snow</SourceName>') }]);
    expect(sent).toMatchObject([{ text: expect.stringContaining('<Email>me@example.com</Email>') }]);
  });

  it.each([undefined, {}, { email: null }])('goes to the shop’s own address if none is given: %j', async (body) => {
    await call('put', '/api/settings', { guid });
    const facts = shop.vault.sealJson(`shops.facts:${shop.id}`, { email: 'owner@example.com' });
    await db.query('UPDATE shops SET facts = $2 WHERE id = $1', [shop.id, facts]);
    await call('post', '/api/test-record', body);
    expect(sent).toMatchObject([{ text: expect.stringContaining('"Email":"owner@example.com"') }]);
  });

  it.each<[string, object, string, RegExp]>([
    ['no address at all', {}, 'email', /Enter one/],
    ['a word', { email: 'me' }, 'email', /Enter an email address/],
    ['an empty address', { email: '' }, 'email', /Enter an email address/],
    ['an address with an empty part', { email: 'me@example..com' }, 'email', /Enter an email address/],
    ['an address of a number', { email: 'me@127.0.0.1' }, 'email', /Enter an email address/],
    ['an address with something invisible in it', { email: 'me\u200b@example.com' }, 'email', /Enter an email address/],
    ['two addresses', { email: 'a@example.com,b@example.com' }, 'email', /Enter an email address/],
    ['a number', { email: 5 }, 'email', /Enter an email address/],
    ['a list', [], '', /JSON object/],
    ['an unknown key', { email: 'a@example.com', EmailPermission: true }, 'EmailPermission', /don’t know this key/],
  ])('sends nothing with %s', async (_what, body, field, message) => {
    await call('put', '/api/settings', { guid });
    expect(await call('post', '/api/test-record', body)).toMatchObject(
      faults(422, { field, message: expect.stringMatching(message) }),
    );
    expect(sent).toEqual([]);
  });

  it('needs a connection', async () => {
    const fault = { field: 'guid', message: expect.any(String) };
    expect(await call('post', '/api/test-record', { email: 'me@example.com' })).toMatchObject(faults(422, fault));
    await call('put', '/api/settings', { guid });
    await call('delete', '/api/settings/guid');
    expect(await call('post', '/api/test-record', { email: 'me@example.com' })).toMatchObject(faults(422, fault));
    expect(sent).toEqual([]);
  });

  it.each<[TestRecordResult['class'], number | null, string, object | null]>([
    ['accepted', 200, 'accepted', null],
    ['rejected', 400, 'rejected', { since: start - 1, error: 'before' }],
    ['connection_problem', 403, 'connection_problem', { since: start - 1, error: 'http_403' }],
    ['retry', 503, 'unreachable', { since: start - 1, error: 'before' }],
    ['unknown', null, 'unreachable', { since: start - 1, error: 'before' }],
  ])(
    'answered with %s %s is %s, and leaves the connection problem and the breaker as they then are',
    async (kind, status, outcome, problem) => {
      await call('put', '/api/settings', { guid });
      await noteProblem(db, shop, { error: 'before', now: start - 1, probeAt: start });
      await saveBreaker(db, shop, { openedAt: start - 1, probedAt: null, slices: [] });
      woken = [];
      result = { class: kind, status, ms: 3, error: status === null ? null : `http_${status}`, text };
      const { body } = await call('post', '/api/test-record', { email: 'me@example.com' });
      const message = 'Ascent360 accepted the record (HTTP 200).';
      expect(body).toEqual({ outcome, at: new Date(start).toISOString(), status, ms: 3, message, text });
      expect((await loadSettings(db, shop))?.proven ?? null).toEqual(
        kind === 'accepted' ? { since: start, at: start } : null,
      );
      const stored = await loadSettings(db, shop);
      expect(stored?.problem ?? null).toEqual(problem);
      expect(stored?.breaker?.openedAt).toBe(kind === 'accepted' ? null : start - 1);
      // The sending tries again by itself, counting from now if it was refused now.
      expect((stored?.probeAt ?? 0) > Date.now() + 600_000).toBe(kind === 'connection_problem');
      expect(woken).toEqual(kind === 'accepted' ? [shop.domain] : []);
    },
  );

  it('is never counted', async () => {
    await call('put', '/api/settings', { guid });
    await call('post', '/api/test-record', { email: 'me@example.com' });
    const rows = await db.query(
      `SELECT id::text FROM events UNION SELECT id::text FROM deliveries UNION SELECT id::text FROM attempts`,
    );
    expect(rows).toEqual([]);
  });
});

describe('PUT /api/seen', () => {
  it('saves the answer once something was accepted, and accepts nothing else', async () => {
    await call('put', '/api/settings', { guid });
    expect((await call('put', '/api/seen', { answer: 'yes' })).status).toBe(409);
    await noteProof(db, shop, start);
    expect(await call('put', '/api/seen', { answer: 'perhaps' })).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'answer' }] },
    });
    expect(await call('put', '/api/seen', { answer: 'no' })).toMatchObject({ status: 200, body: { answer: 'no' } });
    expect((await loadSettings(db, shop))?.seen?.answer).toBe('no');
  });
});

describe('every route', () => {
  it.each<[string, string | undefined]>([
    ['no Authorization', undefined],
    ['another scheme', 'Basic bWU6cHc='],
    ['an empty token', 'Bearer '],
    ['a token that isn’t one', 'Bearer abc.def.ghi'],
  ])('answers 401 so that App Bridge tries again: %s', async (_what, authorization) => {
    const asked = request(app).get('/api/settings');
    const answer = authorization === undefined ? await asked : await asked.set('Authorization', authorization);
    expect(answer).toMatchObject(faults(401, { message: expect.any(String) }));
    expect(answer.headers).toMatchObject({ 'x-shopify-retry-invalid-session-request': '1' });
  });

  it('answers 401 for an expired token, and doesn’t make the shop known', async () => {
    const token = await signIdToken({
      apiKey: 'client-id',
      secret: 'secret of now',
      shop: 'stranger.myshopify.com',
      now: start - 120_000,
    });
    expect((await request(app).get('/api/settings').auth(token, { type: 'bearer' })).status).toBe(401);
    expect(await db.query(`SELECT id FROM shops WHERE domain = 'stranger.myshopify.com'`)).toEqual([]);
  });

  it('makes the shop known by its first call', async () => {
    const calls = async () =>
      await db.query(`SELECT first_call_at, last_call_at FROM shops WHERE domain = $1`, [shop.domain]);
    expect(await calls()).toEqual([{ first_call_at: null, last_call_at: null }]);
    await call('get', '/api/settings');
    expect(await calls()).toEqual([{ first_call_at: new Date(start), last_call_at: new Date(start) }]);
  });

  it('sees only the shop of its token', async () => {
    await call('put', '/api/settings', { guid, sourceName: 'Snow' });
    shop = await shops.ensure(`other-${made}.myshopify.com`);
    expect((await call('get', '/api/settings')).body).toMatchObject({ sourceName: 'Shopify', guidLast4: null });
  });

  it('answers 404 in JSON if it doesn’t exist', async () => {
    expect(await call('get', '/api/nothing')).toMatchObject(faults(404, { message: expect.any(String) }));
    expect((await call('delete', '/api/settings')).status).toBe(404);
  });

  it('that fails reveals no internals, neither in the answer nor in the log', async () => {
    const answer = await call('get', '/api/broken');
    expect(answer).toMatchObject(faults(500, { message: expect.stringMatching(/^Something went wrong/) }));
    expect(logged).toEqual([{ name: 'Error', code: undefined }]);
  });

  it.each([
    ['refuses the connection', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    ['gives none in time', new Error('timeout exceeded when trying to connect')],
    ['shuts down', Object.assign(new Error('terminating connection'), { code: '57P01' })],
  ])('answers 503, so that the call is retried, if the database %s', async (_what, error) => {
    const fail = async () => await Promise.reject(error);
    const token = await signIdToken({ apiKey: 'client-id', secret: 'secret of now', shop: shop.domain, now });
    const answer = await request(createApp({ ...db, query: fail }))
      .get('/api/settings')
      .auth(token, { type: 'bearer' });
    expect(answer).toMatchObject(faults(503, { message: expect.any(String) }));
    expect(answer.headers).toMatchObject({
      'retry-after': '5',
      'content-type': expect.stringMatching(/^application\/json/),
    });
  });

  it('does not call a wrong statement an outage', async () => {
    const fail = async () => await Promise.reject(Object.assign(new Error('syntax'), { name: 'error', code: '42601' }));
    const token = await signIdToken({ apiKey: 'client-id', secret: 'secret of now', shop: shop.domain, now });
    const answer = await request(createApp({ ...db, query: fail }))
      .get('/api/settings')
      .auth(token, { type: 'bearer' });
    expect(answer.status).toBe(500);
    expect(logged).toEqual([{ name: 'error', code: '42601' }]);
  });
});
