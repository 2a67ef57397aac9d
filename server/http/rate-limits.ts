import { type RequestHandler, Router } from 'express';
import { rateLimit } from 'express-rate-limit';
import { refusal } from './errors.ts';
import { merchantOf } from './merchant-auth.ts';

const MINUTE_S = 60;

/** Calls of one shop a minute, and of each process: far above what a page does, far below what would slow down others. */
export const callsPerMinute = {
  all: 10_000,
  /** Each sends something to Ascent360 at once. */
  testRecord: 120,
  /** Translates a body of the caller's. */
  preview: 3000,
  /** Reads and opens everything on a person, or of a filter; asked for again and again until it is ready. */
  export: 600,
  /** Each may touch thousands of events, or begin a bulk operation. */
  bulk: 120,
} as const;

type Limits = Record<keyof typeof callsPerMinute, number>;

/** At most so many calls of one shop a minute; the others are answered with 429 and when to come again. */
function limit(perMinute: number): RequestHandler {
  return rateLimit({
    windowMs: MINUTE_S * 1000,
    limit: perMinute,
    standardHeaders: false,
    legacyHeaders: false,
    keyGenerator: (_req, res) => merchantOf(res).shop.domain,
    handler: (_req, res) => {
      res.status(429).set('Retry-After', String(MINUTE_S)).json(refusal('too_many'));
    },
  });
}

/** Keeps one shop's calls from slowing down the others'. Goes behind merchantAuth. */
export function rateLimits(limits: Limits = callsPerMinute): Router {
  const router = Router();
  router.use(limit(limits.all));
  router.post('/test-record', limit(limits.testRecord));
  router.post('/preview', limit(limits.preview));
  router.get(['/activity.csv', '/privacy-requests/:id/export', '/people/:id/export'], limit(limits.export));
  router.post(['/activity/retry', '/imports'], limit(limits.bulk));
  return router;
}
