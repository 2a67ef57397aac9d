import express from 'express';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callsPerMinute, rateLimits } from '../../server/http/rate-limits.ts';
import { API_KEY, type Connector, SECRET, SHOP, startConnector } from '../fakes/connector.ts';
import { signIdToken } from '../fakes/id-token.ts';

/** The limits alone, behind a stand-in for merchantAuth that takes the shop from a header. */
function limited(limits: Partial<typeof callsPerMinute>) {
  const app = express();
  app.use((req, res, next) => {
    res.locals['merchant'] = { shop: { id: 1, domain: String(req.headers['shop']) }, userId: '1' };
    next();
  });
  app.use(rateLimits({ ...callsPerMinute, ...limits }));
  app.use((_req, res) => void res.json({}));
  return async (method: 'get' | 'post', path: string, shop = 'a') => await request(app)[method](path).set('shop', shop);
}

describe('calls of the merchant API', () => {
  it.each([
    ['get', '/activity', { all: 2 }],
    ['post', '/test-record', { testRecord: 2 }],
    ['post', '/preview', { preview: 2 }],
    ['get', '/activity.csv', { export: 2 }],
    ['get', '/privacy-requests/1/export', { export: 2 }],
    ['get', '/people/1/export', { export: 2 }],
    ['get', '/audit', { export: 2 }],
    ['post', '/activity/retry', { bulk: 2 }],
    ['post', '/activity/dismiss', { bulk: 2 }],
    ['post', '/imports', { bulk: 2 }],
  ] as const)('to %s %s are limited per shop, whoever else calls', async (method, path, limits) => {
    const call = limited(limits as object);
    expect([(await call(method, path)).status, (await call(method, path)).status]).toEqual([200, 200]);
    const refused = await call(method, path);
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('60');
    expect(refused.body).toEqual({
      errors: [{ message: expect.stringContaining('Too many'), text: { code: 'refusal.too_many' } }],
    });
    expect((await call(method, path, 'b')).status).toBe(200);
    if (!('all' in limits)) expect((await call('get', '/overview')).status).toBe(200);
  });
});

describe('other origins', () => {
  let connector: Connector;
  beforeAll(async () => {
    connector = await startConnector();
  });
  afterAll(async () => await connector.stop());

  const allowed = [
    ['GET', '/api/people?q=1'],
    ['GET', '/api/people/0192f0c1-0000-7000-8000-000000000000'],
    ['POST', '/api/people/0192f0c1-0000-7000-8000-000000000000/send'],
    ['GET', '/api/imports'],
    ['POST', '/api/imports'],
    ['POST', '/api/imports/0192f0c1-0000-7000-8000-000000000000/start'],
    ['POST', '/api/imports/0192f0c1-0000-7000-8000-000000000000/cancel'],
  ] as const;

  it.each(allowed)('may call %s %s, which preflights without a token', async (method, path) => {
    const preflight = await fetch(`${connector.url}${path}`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://extensions.shopifycdn.com',
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization,content-type',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('authorization');
    expect(preflight.headers.get('access-control-allow-methods')).toContain(method);
    expect(preflight.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it.each(allowed)('can read the answers of %s %s, including refusals', async (method, path) => {
    const refused = await fetch(`${connector.url}${path}`, { method });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, '*']);
    expect(refused.headers.get('access-control-expose-headers')).toContain('X-Shopify-Retry-Invalid-Session-Request');
    const token = await signIdToken({ apiKey: API_KEY, secret: SECRET, shop: SHOP });
    const answer = await fetch(`${connector.url}${path}`, { method, headers: { authorization: `Bearer ${token}` } });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  });

  it.each([
    '/api/settings',
    '/api/overview',
    '/api/activity',
    '/api/activity/0192f0c1-0000-7000-8000-000000000000',
    '/api/privacy-requests',
    '/api/access-log',
    '/api/preview',
    '/api/peoplex',
    '/api/people/0192f0c1-0000-7000-8000-000000000000/export',
    '/api/imports/0192f0c1-0000-7000-8000-000000000000/pause',
    '/webhooks',
    '/',
  ])('may not call %s', async (path) => {
    for (const method of ['OPTIONS', 'GET']) {
      const token = await signIdToken({ apiKey: API_KEY, secret: SECRET, shop: SHOP });
      const answer = await fetch(`${connector.url}${path}`, { method, headers: { authorization: `Bearer ${token}` } });
      expect(answer.headers.get('access-control-allow-origin'), method).toBeNull();
    }
  });
});
