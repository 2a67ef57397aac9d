import { randomUUID } from 'node:crypto';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMetrics } from '../../../server/features/operations/metrics.ts';
import { createLog } from '../../../server/platform/log.ts';
import { type Connector, startConnector } from '../../fakes/connector.ts';
import { customer, order } from '../../pipeline/bodies.ts';
import { fresh, sample, scrape, TOKEN } from './scrape.ts';

describe('GET /metrics', () => {
  let connector: Connector;
  beforeAll(async () => {
    connector = await startConnector({ METRICS_TOKEN: TOKEN });
  });
  afterAll(async () => await connector.stop());

  it.each([
    ['no token', undefined],
    ['another token', 'Bearer another'],
    ['the start of the token', `Bearer ${TOKEN.slice(0, -1)}`],
    ['the token and more', `Bearer ${TOKEN}x`],
    ['an empty token', 'Bearer '],
    ['another scheme', `Basic ${TOKEN}`],
    ['the token without “Bearer”', TOKEN],
  ])('is refused with %s', async (_what, authorization) => {
    const asked = request(connector.url).get('/metrics');
    const answer = await (authorization === undefined ? asked : asked.set('authorization', authorization));
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(answer.text).not.toContain('connector_');
    expect(answer.body).toMatchObject({ errors: [{ message: expect.any(String) }] });
  });

  it('returns everything in the text format, each name with its prefix, a type and a help text', async () => {
    const answer = await scrape(connector);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    const names = [...answer.text.matchAll(/^# TYPE (\S+) \S+$/gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => !name?.startsWith('connector_'))).toEqual([]);
    expect([...answer.text.matchAll(/^# HELP (\S+) \S.*$/gm)].map(([, name]) => name)).toEqual(names);
    expect(names).toContain('connector_process_cpu_seconds_total');
  });

  it('counts what each stage did, and never names a shop, an address or a GUID', async () => {
    const shop = `canary-${randomUUID()}.myshopify.com`;
    // It ends in letters, or some number could look like it.
    const guid = '5f0c9a3e-7d24-4b18-9e6a-3c81f2a7dfcb';
    await connector.connect({ guid }, shop);
    const webhookId = randomUUID();
    await connector.deliver('customers/create', customer(4711), { shop, webhookId });
    await connector.send('customers/create', customer(4711), { shop, webhookId });
    await connector.deliver('orders/create', order(4712), { shop });
    connector.ascent360.behave(guid, [{ status: 500 }, { status: 400 }]);
    await connector.deliver('customers/create', customer(4713), { shop });
    await connector.send('orders/create', order(1), { shop, secret: 'wrong' });
    await connector.send('no/such-topic', {}, { shop });
    await connector.settled(shop);

    const text = await fresh(connector);
    const expected = {
      'connector_webhooks_answered_total{status="200",topic="customer"}': 3,
      'connector_webhooks_answered_total{status="200",topic="order"}': 1,
      'connector_webhooks_answered_total{status="200",topic="unknown"}': 1,
      'connector_webhooks_answered_total{status="401",topic="unknown"}': 1,
      'connector_webhooks_acknowledged_total{topic="customer"}': 3,
      'connector_webhooks_duplicate_total{topic="customer"}': 1,
      connector_webhook_acknowledge_duration_seconds_count: 5,
      'connector_events_processed_total{result="handled"}': 4,
      'connector_events_processed_total{result="failed"}': 0,
      connector_event_processing_lag_seconds_count: 4,
      'connector_delivery_attempts_total{class="accepted"}': 2,
      'connector_delivery_attempts_total{class="retry"}': 1,
      'connector_delivery_attempts_total{class="rejected"}': 1,
      'connector_delivery_attempt_duration_seconds_count{class="accepted"}': 2,
      connector_event_delivery_lag_seconds_count: 2,
      'connector_events_last_hour{state="accepted"}': 2,
      'connector_events_last_hour{state="skipped"}': 1,
      'connector_events_last_hour{state="attention"}': 1,
      'connector_events_last_hour{state="waiting"}': 0,
      'connector_events_unfinished{state="attention"}': 1,
      connector_database_up: 1,
    };
    expect(Object.fromEntries(Object.keys(expected).map((series) => [series, sample(text, series)]))).toEqual(expected);
    // A lag is the time since then, in seconds.
    for (const stage of ['processing', 'delivery']) {
      const sum = sample(text, `connector_event_${stage}_lag_seconds_sum`);
      expect(sum).toBeGreaterThan(0);
      expect(sum).toBeLessThan(20);
    }
    for (const canary of ['canary-', 'myshopify', 'person4711', '@', 'example.com', guid, guid.slice(-4), '#4712']) {
      expect(text).not.toContain(canary);
    }
  });

  it('has every duration in seconds, and how much a page shifted as it is', async () => {
    const nothing = { query: async () => [] };
    const metrics = createMetrics({
      db: { ...nothing, transaction: async (work) => await work(nothing) },
      log: createLog('silent'),
    });
    metrics.webhookAnswered(200, 'order', 1500);
    metrics.eventsProcessed([1500, -20], 1500);
    metrics.attemptEnded('accepted', 1500);
    metrics.pageVital('LCP', 1500);
    metrics.pageVital('CLS', 0.25);
    const text = await metrics.render();
    const sums = {
      connector_webhook_acknowledge_duration_seconds_sum: 1.5,
      connector_processing_batch_duration_seconds_sum: 1.5,
      // Clocks that disagree make no lag.
      connector_event_processing_lag_seconds_sum: 1.5,
      'connector_delivery_attempt_duration_seconds_sum{class="accepted"}': 1.5,
      'connector_page_vital_seconds_sum{vital="LCP"}': 1.5,
      connector_page_layout_shift_score_sum: 0.25,
    };
    expect(Object.fromEntries(Object.keys(sums).map((series) => [series, sample(text, series)]))).toEqual(sums);
  });

  it('always answers with the same series, whatever there is to count', async () => {
    const { text } = await scrape(connector);
    for (const hold of ['due', 'paused', 'connection_problem', 'not_connected', 'breaker']) {
      expect(sample(text, `connector_oldest_due_age_seconds{hold="${hold}"}`)).toBeGreaterThanOrEqual(0);
    }
    for (const outcome of ['accepted', 'retry', 'rejected', 'connection_problem', 'unknown']) {
      expect(sample(text, `connector_delivery_attempts_total{class="${outcome}"}`)).toBeGreaterThanOrEqual(0);
    }
  });
});
