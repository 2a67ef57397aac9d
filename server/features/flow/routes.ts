import { Router } from 'express';
import { limitRuns } from '../../flow/limit-runs.ts';
import { type ReceiveRunDeps, storeRun, verifyRun } from './receive-run.ts';

/** Runs of one shop that one process takes in a minute: many times what a person sets off, and a bound for a loop. */
const RUNS_PER_MINUTE = 3000;

/** What Shopify Flow calls; goes under `/flow`, outside the merchant API: a run is signed like a webhook. */
export function flowRoutes(deps: ReceiveRunDeps, runsPerMinute = RUNS_PER_MINUTE): Router {
  const router = Router();
  router.post('/send', verifyRun(deps), limitRuns(runsPerMinute), storeRun(deps));
  return router;
}
