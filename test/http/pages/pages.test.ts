import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import express from 'express';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtFront } from '../../../server/http/pages/built-front.ts';
import { contentSecurityPolicy } from '../../../server/http/pages/content-security.ts';
import { pageRoutes } from '../../../server/http/pages/routes.ts';

const HTML = '<html><head><!--shopify--><script type="module" src="/assets/a-1.js"></script></head></html>';
const SCRIPT = 'console.log("hello");'.repeat(50);

describe('who may frame a page', () => {
  it.each([
    ['a-shop.myshopify.com', 'https://a-shop.myshopify.com https://admin.shopify.com'],
    [undefined, "'none'"],
    ['', "'none'"],
    ['a-shop.example.com', "'none'"],
    ['a-shop.myshopify.com.example.com', "'none'"],
    ['a-shop.myshopify.com https://example.com', "'none'"],
    ['a-shop.myshopify.com; script-src *', "'none'"],
    ['A-SHOP.myshopify.com', "'none'"],
    ['-a.myshopify.com', "'none'"],
    ['a\nb.myshopify.com', "'none'"],
    [['a-shop.myshopify.com', 'b.myshopify.com'], "'none'"],
    [{ a: 'a-shop.myshopify.com' }, "'none'"],
  ])('shop %j: %s', (shop, ancestors) => {
    expect(contentSecurityPolicy(shop).split('; ')[0]).toBe(`frame-ancestors ${ancestors}`);
  });

  it('a page loads from the app and from Shopify, and nothing else', () => {
    expect(contentSecurityPolicy('a.myshopify.com').split('; ').slice(1)).toEqual([
      "default-src 'self'",
      "script-src 'self' https://cdn.shopify.com",
      "style-src 'self' 'unsafe-inline' https://cdn.shopify.com",
      "font-src 'self' https://cdn.shopify.com",
      "img-src 'self' data: https://cdn.shopify.com",
      "connect-src 'self' https://*.shopify.com https://*.shopifysvc.com",
      "frame-src 'self' https://*.shopify.com",
      "object-src 'none'",
      "base-uri 'none'",
      "form-action 'self'",
    ]);
  });
});

describe('pages', () => {
  let directory: string;
  let app: express.Express;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'pages-'));
    await mkdir(path.join(directory, 'assets'));
    await writeFile(path.join(directory, 'index.html'), HTML);
    for (const name of ['a-1.js', 'b-2.css', 'c-3.svg', 'd-4.bin'])
      await writeFile(path.join(directory, 'assets', name), SCRIPT);
    app = express().use(pageRoutes(await builtFront(directory), 'key"<1>'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it.each([
    ...['/', '/setup', '/activity', '/activity/0190', '/issues', '/people', '/people/1', '/settings', '/imports'],
    ...['/imports/2', '/privacy'],
  ])('%s is the page: App Bridge first, then the API key, and who may frame it', async (route) => {
    const answer = await request(app).get(`${route}?shop=a-shop.myshopify.com`);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-security-policy']).toMatch(
      /^frame-ancestors https:\/\/a-shop\.myshopify\.com https:\/\/admin\.shopify\.com;/,
    );
    expect(answer.headers['x-frame-options']).toBeUndefined();
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['cache-control']).toBe('no-store');
    const scripts = [...answer.text.matchAll(/<script[^>]*src="([^"]*)"/g)].map(([, src]) => src);
    expect(scripts).toEqual(['https://cdn.shopify.com/shopifycloud/app-bridge.js', '/assets/a-1.js']);
    expect(answer.text).toContain('<meta name="shopify-api-key" content="key&quot;&lt;1>">');
  });

  it('files are compressed and cached for ever', async () => {
    const answer = await request(app)
      .get('/assets/a-1.js')
      .set('Accept-Encoding', 'br, gzip')
      .buffer(true)
      .parse((res, done) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('end', () => done(null, Buffer.concat(chunks)));
      });
    expect(answer.headers).toMatchObject({
      'content-encoding': 'br',
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    });
    // The client decompresses it.
    expect(String(answer.body)).toBe(SCRIPT);
    const plain = await request(app).get('/assets/a-1.js').set('Accept-Encoding', 'identity');
    expect(plain.text).toBe(SCRIPT);
    expect(plain.headers['content-encoding']).toBeUndefined();
  });

  it.each([
    ['a-1.js', 'text/javascript; charset=utf-8'],
    ['b-2.css', 'text/css; charset=utf-8'],
    ['c-3.svg', 'image/svg+xml'],
    ['d-4.bin', 'application/octet-stream'],
  ])('the file %s is said to be %s, also where nothing is asked for but that', async (name, type) => {
    for (const method of ['get', 'head'] as const) {
      const answer = await request(app)[method](`/assets/${name}`);
      const { 'content-type': said, vary } = answer.headers;
      expect([answer.status, said, vary], method).toEqual([200, type, 'Accept-Encoding']);
    }
    expect((await request(app).post(`/assets/${name}`)).status).toBe(404);
  });

  it('files are packed the way their reader can unpack', async () => {
    const answer = await request(app).get('/assets/a-1.js').set('Accept-Encoding', 'gzip, deflate');
    expect([answer.headers['content-encoding'], answer.text]).toEqual(['gzip', SCRIPT]);
  });

  it.each([
    '/assets/..%2findex.html',
    '/assets/',
    '/assets/none.js',
    '/nowhere',
    '/x/assets/a-1.js',
    '/assets/a-1.js/x',
  ])('%s is not found', async (route) => {
    expect((await request(app).get(route)).status).toBe(404);
  });

  it('say so while they haven’t been built', async () => {
    const bare = express().use(pageRoutes(await builtFront(path.join(directory, 'none')), 'key'));
    const answer = await request(bare).get('/?shop=a-shop.myshopify.com');
    expect(answer.status).toBe(503);
    expect(answer.text).toContain('npm run build');
  });
});
