import express from 'express';
import request from 'supertest';
import { beforeEach, expect, it } from 'vitest';
import { webVitalsRoutes } from '../../../server/features/operations/web-vitals.ts';
import { apiErrors, readBody, refusal } from '../../../server/http/errors.ts';
import { createIntake } from '../../../server/platform/intake.ts';
import { emptyRegistry } from './print-metrics.ts';

let counted: [string, number][];
beforeEach(() => {
  counted = [];
});
const app = express()
  .use(readBody(createIntake(refusal)))
  .use(webVitalsRoutes({ metrics: { pageVital: (name, value) => void counted.push([name, value]) } }))
  .use(apiErrors({ error: () => {} }));
const post = async (body: object) => await request(app).post('/web-vitals').send(body);

it('web vitals from App Bridge are counted, unknown ones left out', async () => {
  const metrics = [
    { name: 'LCP', value: 812.5 },
    { name: 'CLS', value: 0.02 },
    { name: 'tomorrow', value: 1 },
  ];
  expect(await post({ metrics })).toMatchObject({ status: 202, body: { counted: 2 } });
  expect(counted).toEqual([
    ['LCP', 812.5],
    ['CLS', 0.02],
  ]);
});

it.each([
  ['no list', {}],
  ['a number as text', { metrics: [{ name: 'LCP', value: '1' }] }],
  ['a negative number', { metrics: [{ name: 'LCP', value: -1 }] }],
  ['ids of the shop and the user', { metrics: [{ name: 'LCP', value: 1, userId: '5' }] }],
  ['very many', { metrics: Array.from({ length: 21 }, () => ({ name: 'LCP', value: 1 })) }],
])('a report with %s is refused, and nothing is counted', async (_, body) => {
  expect((await post(body)).status).toBe(422);
  expect(counted).toEqual([]);
});

it('Prometheus gets two histograms of web vitals, without a shop', async () => {
  const registry = await emptyRegistry();
  expect(registry.getSingleMetric('connector_page_vital_seconds')).toMatchObject({ labelNames: ['vital'] });
  expect(registry.getSingleMetric('connector_page_layout_shift_score')).toMatchObject({ labelNames: [] });
});
