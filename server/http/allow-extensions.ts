import { Router } from 'express';

/**
 * The routes that the extensions in the Shopify admin call: they run in workers with another
 * origin, and send an ID token.
 */
const routes = [
  '/people',
  '/people/:id',
  '/people/:id/send',
  '/imports',
  '/imports/:id',
  '/imports/:id/start',
  '/imports/:id/cancel',
];

const DAY_S = '86400';

/**
 * Lets pages of any origin call these routes
 * (https://shopify.dev/docs/api/admin-extensions/latest/network-features): the ID token in
 * `Authorization` identifies the caller; cookies are not used. Preflights have no token, so mount
 * this before merchantAuth.
 */
export function allowExtensions(): Router {
  const router = Router();
  router.all(routes, (req, res, next) => {
    res.set('Access-Control-Allow-Origin', '*');
    if (req.method !== 'OPTIONS') {
      res.set('Access-Control-Expose-Headers', 'Retry-After, X-Shopify-Retry-Invalid-Session-Request');
      next();
      return;
    }
    res
      .set('Access-Control-Allow-Methods', 'GET, POST')
      .set('Access-Control-Allow-Headers', 'Authorization, Content-Type')
      .set('Access-Control-Max-Age', DAY_S)
      .status(204)
      .end();
  });
  return router;
}
