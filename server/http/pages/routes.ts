import { Router } from 'express';
import helmet from 'helmet';
import { contentSecurityPolicy } from './content-security.ts';
import type { Front } from './front.ts';

/** Every address that answers with a page; the page itself finds out which one to show. */
const pagePaths = [
  '/',
  '/setup',
  '/activity',
  '/activity/:id',
  '/issues',
  '/people',
  '/people/:id',
  '/settings',
  '/imports',
  '/imports/:id',
  '/privacy',
];

const NOT_BUILT = `<!doctype html><meta charset="utf-8"><title>Not built</title>
<p>The pages of this app are not built. Whoever runs it: <code>npm run build</code>, then start it again.</p>`;

const SHOPIFY_MARK = '<!--shopify-->';

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

/**
 * The embedded pages and their files. They contain no shop data: that comes through the merchant
 * API.
 */
export function pageRoutes(front: Front, apiKey: string): Router {
  const router = Router();
  router.use(front.files);
  // The policy says who may frame a page, per shop; the older headers for this can't list hosts.
  const headers = helmet({
    contentSecurityPolicy: false,
    frameguard: false,
    crossOriginOpenerPolicy: false,
    crossOriginResourcePolicy: false,
  });
  router.get(pagePaths, headers, async (req, res) => {
    res.set({
      'Content-Security-Policy': contentSecurityPolicy(req.query['shop'], front.sources),
      'Cache-Control': 'no-store',
    });
    const html = await front.html(req.originalUrl);
    if (html === null) {
      res.status(503).type('html').send(NOT_BUILT);
      return;
    }
    const head = `<meta name="shopify-api-key" content="${escaped(apiKey)}">${front.shopifyHead}`;
    res.type('html').send(html.replace(SHOPIFY_MARK, () => head));
  });
  return router;
}
