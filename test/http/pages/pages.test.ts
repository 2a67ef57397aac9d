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

  it('no policy for scripts is loosened', () => {
    expect(contentSecurityPolicy('a.myshopify.com')).toContain("; script-src 'self' https://cdn.shopify.com;");
  });
});

describe('pages', () => {
  let directory: string;
  let app: express.Express;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'pages-'));
    await mkdir(path.join(directory, 'assets'));
    await writeFile(path.join(directory, 'index.html'), HTML);
    await writeFile(path.join(directory, 'assets/a-1.js'), SCRIPT);
    app = express().use(pageRoutes(await builtFront(directory), 'key"<1>'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it.each(['/', '/setup', '/activity', '/activity/0190', '/people/1', '/settings', '/imports/2', '/privacy'])(
    '%s is the page: App Bridge first, then the API key, and who may frame it',
    async (route) => {
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
    },
  );

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

  it.each(['/assets/..%2findex.html', '/assets/', '/assets/none.js', '/nowhere'])('%s is not found', async (route) => {
    expect((await request(app).get(route)).status).toBe(404);
  });

  it('say so while they haven’t been built', async () => {
    const bare = express().use(pageRoutes(await builtFront(path.join(directory, 'none')), 'key'));
    const answer = await request(bare).get('/?shop=a-shop.myshopify.com');
    expect(answer.status).toBe(503);
    expect(answer.text).toContain('npm run build');
  });
});
