import { Router } from 'express';
import { z } from 'zod';
import { faultsOf } from '../../domain/fault.ts';
import type { ApiRoute } from '../../http/api-description.ts';
import { jsonBody, unprocessable } from '../../http/errors.ts';
import type { Metrics } from './metrics.ts';

/** App Bridge reports more than these, and may add others: we ignore those. */
const counted = ['LCP', 'INP', 'CLS', 'FCP', 'TTFB'] as const;
export type Vital = (typeof counted)[number];
const isCounted = (name: string): name is Vital => counted.some((known) => known === name);

/**
 * The body of `POST /api/web-vitals`: CLS as it is, the others in milliseconds. No page takes an
 * hour.
 */
const contract = z.strictObject({
  metrics: z.array(z.strictObject({ name: z.string().max(20), value: z.number().min(0).max(3_600_000) })).max(20),
});
const answer = z.object({ counted: z.int() });

export const operationsApi: readonly ApiRoute[] = [
  {
    method: 'post',
    path: '/web-vitals',
    does: 'Counts how fast a page was, as App Bridge measured it: names and numbers only.',
    body: contract,
    answer: { status: 202, json: answer },
    refusals: [413, 422],
  },
];

/** How fast pages load for merchants; mount behind merchantAuth. Doesn't record who viewed them. */
export function webVitalsRoutes({ metrics }: { metrics: Pick<Metrics, 'pageVital'> }): Router {
  const router = Router();
  router.post('/web-vitals', jsonBody, (req, res) => {
    const asked = contract.safeParse(req.body);
    if (!asked.success) {
      unprocessable(res, faultsOf(asked.error));
      return;
    }
    const known = asked.data.metrics.flatMap(({ name, value }) => (isCounted(name) ? [{ name, value }] : []));
    for (const { name, value } of known) metrics.pageVital(name, value);
    res.status(202).json({ counted: known.length } satisfies z.infer<typeof answer>);
  });
  return router;
}
