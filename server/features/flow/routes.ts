import { type RequestHandler, Router } from 'express';
import { rateLimit } from 'express-rate-limit';
import { type ReceiveRunDeps, runOf, storeRun, verifyRun } from './receive-run.ts';

/**
 * How many runs of one shop a process accepts per minute: far more than a person starts, but it
 * stops a loop.
 */
const RUNS_PER_MINUTE = 3000;

/**
 * The endpoint Shopify Flow calls. Mount under `/flow`, outside the merchant API: a run is signed
 * like a webhook.
 */
export function flowRoutes(deps: ReceiveRunDeps, runsPerMinute = RUNS_PER_MINUTE): Router {
  const router = Router();
  router.post('/send', verifyRun(deps), limitRuns(runsPerMinute), storeRun(deps));
  return router;
}

const MINUTE = 60_000;

/** Limits the runs of one shop per minute; further runs get 429 with Retry-After. */
function limitRuns(perMinute: number): RequestHandler {
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
        .json({ errors: [{ message: 'Too many runs of this store at once. Send this one again in a minute.' }] });
    },
  });
}
