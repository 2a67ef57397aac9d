import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { runOf } from '../features/flow/receive-run.ts';

const MINUTE = 60_000;

/** At most so many runs of one shop a minute; the others are answered with 429 and when to come again. */
export function limitRuns(perMinute: number): RequestHandler {
  return rateLimit({
    windowMs: MINUTE,
    limit: perMinute,
    standardHeaders: false,
    legacyHeaders: false,
    keyGenerator: (_req, res) => runOf(res).shop.domain,
    handler: (_req, res) => {
      res
        .status(429)
        .set('Retry-After', String(MINUTE / 1000))
        .json({ errors: [{ message: 'Too many runs of this shop at once' }] });
    },
  });
}
