import { type RequestHandler, type Response, Router } from 'express';
import { rateLimit } from 'express-rate-limit';
import type { Shop } from '../store/shops/shops.ts';
import { refusal } from './errors.ts';
import { merchantOf } from './merchant-auth.ts';

const MINUTE_S = 60;

/**
 * Calls per minute, for one shop and process: far above what a page makes, far below what would
 * slow down others.
 */
export const callsPerMinute = {
  all: 10_000,
  /** Each sends something to Ascent360 right away. */
  testRecord: 120,
  /** Translates a body from the caller. */
  preview: 3000,
  /** Reads all data on a person, for a filter, or of the audit log; polled until it is ready. */
  export: 600,
  /** Each may affect thousands of events, or start a bulk operation. */
  bulk: 120,
} as const;

type Limits = Record<keyof typeof callsPerMinute, number>;

/** Limits one shop's calls per minute; further calls get 429 with Retry-After, and this body. */
export const limitShop = (perMinute: number, shopOf: (res: Response) => Shop, body: object): RequestHandler =>
  rateLimit({
    windowMs: MINUTE_S * 1000,
    limit: perMinute,
    standardHeaders: false,
    legacyHeaders: false,
    keyGenerator: (_req, res) => shopOf(res).domain,
    handler: (_req, res) => {
      res.status(429).set('Retry-After', String(MINUTE_S)).json(body);
    },
  });

const limit = (perMinute: number) => limitShop(perMinute, (res) => merchantOf(res).shop, refusal('too_many'));

/** Keeps one shop's calls from slowing down other shops. Mount behind merchantAuth. */
export function rateLimits(limits: Limits = callsPerMinute): Router {
  const router = Router();
  router.use(limit(limits.all));
  router.post('/test-record', limit(limits.testRecord));
  router.post('/preview', limit(limits.preview));
  router.get(['/activity.csv', '/audit', '/privacy-requests/:id/export', '/people/:id/export'], limit(limits.export));
  router.post(['/activity/retry', '/activity/dismiss', '/imports'], limit(limits.bulk));
  return router;
}
