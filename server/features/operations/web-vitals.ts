import { Router } from 'express';
import { z } from 'zod';
import { refusing } from '../../domain/fault.ts';
import type { ApiRoute } from '../../http/api-description.ts';
import { jsonBody, readInput } from '../../http/errors.ts';
import { type Metrics, type Vital, vitals } from './metrics.ts';

/** App Bridge reports more, and may add others: we ignore those. */
const isCounted = (name: string): name is Vital => vitals.some((known) => known === name);

const MOST_METRICS = 20;
const MOST_NAME = 20;
/** No page takes an hour. In milliseconds. */
const MOST_VALUE = 3_600_000;
const NUMBER = refusing('number', { max: MOST_VALUE });
const metric = z.strictObject(
  {
    name: z.string({ error: refusing('text') }).max(MOST_NAME, { error: refusing('text_long', { max: MOST_NAME }) }),
    value: z.number({ error: NUMBER }).min(0, { error: NUMBER }).max(MOST_VALUE, { error: NUMBER }),
  },
  { error: refusing('json') },
);
/** The body of `POST /api/web-vitals`: CLS as it is, the others in milliseconds. */
export const vitalsContract = z.strictObject(
  {
    metrics: z
      .array(metric, { error: refusing('list') })
      .max(MOST_METRICS, { error: refusing('list_long', { max: MOST_METRICS }) }),
  },
  { error: refusing('json') },
);
const answer = z.object({ counted: z.int() });

export const operationsApi: readonly ApiRoute[] = [
  {
    method: 'post',
    path: '/web-vitals',
    does: 'Counts how fast a page was, as App Bridge measured it: names and numbers only.',
    body: vitalsContract,
    answer: { status: 202, json: answer },
    refusals: [422],
  },
];

/** How fast pages load for merchants; mount behind merchantAuth. Doesn't record who viewed them. */
export function webVitalsRoutes({ metrics }: { metrics: Pick<Metrics, 'pageVital'> }): Router {
  const router = Router();
  router.post('/web-vitals', jsonBody, (req, res) => {
    const { metrics: reported } = readInput(vitalsContract, req.body);
    const known = reported.flatMap(({ name, value }) => (isCounted(name) ? [{ name, value }] : []));
    for (const { name, value } of known) metrics.pageVital(name, value);
    res.status(202).json({ counted: known.length } satisfies z.infer<typeof answer>);
  });
  return router;
}
