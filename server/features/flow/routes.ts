import { type RequestHandler, Router } from 'express';
import { rateLimit } from 'express-rate-limit';
import { type ReceiveRunDeps, runOf, storeRun, verifyRun } from './receive-run.ts';

/** Runs of one shop that one process takes in a minute: many times what a person sets off, and a bound for a loop. */
const RUNS_PER_MINUTE = 3000;

/** What Shopify Flow calls; goes under `/flow`, outside the merchant API: a run is signed like a webhook. */
export function flowRoutes(deps: ReceiveRunDeps, runsPerMinute = RUNS_PER_MINUTE): Router {
  const router = Router();
  router.post('/send', verifyRun(deps), limitRuns(runsPerMinute), storeRun(deps));
  return router;
}

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
