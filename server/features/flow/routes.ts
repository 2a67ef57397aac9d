import { Router } from 'express';
import { limitShop } from '../../http/rate-limits.ts';
import { type ReceiveRunDeps, runOf, storeRun, verifyRun } from './receive-run.ts';

/**
 * How many runs of one shop a process accepts per minute: far more than a person starts, but it
 * stops a loop.
 */
const RUNS_PER_MINUTE = 3000;
const TOO_MANY = 'Too many runs of this store at once. Send this one again in a minute.';

/**
 * The endpoint Shopify Flow calls. Mount under `/flow`, outside the merchant API: a run is signed
 * like a webhook.
 */
export function flowRoutes(deps: ReceiveRunDeps, runsPerMinute = RUNS_PER_MINUTE): Router {
  const router = Router();
  const limitRuns = limitShop(runsPerMinute, (res) => runOf(res).shop, { errors: [{ message: TOO_MANY }] });
  router.post('/send', verifyRun(deps), limitRuns, storeRun(deps));
  return router;
}
