import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { attemptClasses } from '../../domain/states.ts';
import type { Measures } from '../../pipeline/measures.ts';
import { madeAt } from '../../platform/database/ids.ts';
import { type StateGaugesDeps, stateGauges } from './state-gauges.ts';

/** Buckets of the histograms: all in seconds, but SHIFT, which is a score. */
const FAST = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const ATTEMPT = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30];
const PAGE = [0.05, 0.1, 0.2, 0.5, 1, 1.5, 2.5, 4, 8, 15];
const SHIFT = [0.01, 0.05, 0.1, 0.25, 0.5, 1];
const LAG = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200, 43_200, 86_400, 604_800];

/** The measures of a page that are counted. */
export const vitals = ['LCP', 'INP', 'CLS', 'FCP', 'TTFB'] as const;
export type Vital = (typeof vitals)[number];

/** Counts what each stage reports, for `GET /metrics`. */
export type Metrics = Measures & {
  /**
   * Records a web vital from a merchant's browser.
   * @param value CLS as it is, the others in milliseconds
   */
  pageVital(name: Vital, value: number): void;
  registry: Registry;
  /**
   * All metrics in Prometheus text format, with the database numbers refreshed if due. Never
   * rejects.
   */
  render(): Promise<string>;
};

/** Each process reports its own counters, and all report the same gauges. */
export function createMetrics(deps: StateGaugesDeps): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name: `connector_${name}`, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, buckets: number[], labelNames: readonly L[]) =>
    new Histogram({ name: `connector_${name}`, help, buckets, labelNames, registers });

  const answered = counter('webhooks_answered_total', 'Webhooks answered, by HTTP status and topic family.', [
    'status',
    'topic',
  ]);
  const acknowledged = counter(
    'webhooks_acknowledged_total',
    'Webhooks answered with 200: committed now, or seen before.',
    ['topic'],
  );
  const duplicates = counter('webhooks_duplicate_total', 'Acknowledged webhooks that had been seen before.', ['topic']);
  const acknowledgeTime = histogram(
    'webhook_acknowledge_duration_seconds',
    'From the headers of a webhook to its 200.',
    FAST,
    [],
  );
  const processed = counter(
    'events_processed_total',
    'Events translated (handled), or that need attention because they could not be (failed). One that is translated again, as after waiting for Shopify or when resent, counts again.',
    ['result'],
  );
  const batchTime = histogram(
    'processing_batch_duration_seconds',
    'Translating and committing a batch of up to 100 events.',
    FAST,
    [],
  );
  const processingLag = histogram(
    'event_processing_lag_seconds',
    'From the receiving of an event to the commit of its translation; translated again: with all that came between.',
    LAG,
    [],
  );
  const attempts = counter('delivery_attempts_total', 'Attempts to deliver, by class of answer.', ['class']);
  const attemptTime = histogram(
    'delivery_attempt_duration_seconds',
    'From the start of an attempt to its answer or failure.',
    ATTEMPT,
    ['class'],
  );
  const deliveryLag = histogram(
    'event_delivery_lag_seconds',
    'From the translation of an event to its acceptance by Ascent360, with all waiting and retrying; resent: from the first translation.',
    LAG,
    [],
  );
  const pageTime = histogram(
    'page_vital_seconds',
    'How fast a page was in a merchant’s browser, as App Bridge measured it. Good at the 75th percentile: LCP 2.5, INP 0.2.',
    PAGE,
    ['vital'],
  );
  const layoutShift = histogram(
    'page_layout_shift_score',
    'How much a page shifted in a merchant’s browser (CLS). Good at the 75th percentile: 0.1.',
    SHIFT,
    [],
  );
  for (const outcome of attemptClasses) attempts.inc({ class: outcome }, 0);
  for (const result of ['handled', 'failed']) processed.inc({ result }, 0);
  const look = stateGauges(deps, registry);
  collectDefaultMetrics({ register: registry, prefix: 'connector_' });

  return {
    webhookAnswered: (status, topic, ms) => {
      answered.inc({ status, topic });
      if (status === 200) acknowledgeTime.observe(ms / 1000);
    },
    webhookAcknowledged: (topic, isNew) => {
      acknowledged.inc({ topic });
      if (!isNew) duplicates.inc({ topic });
    },
    eventsProcessed: (lagsMs, ms) => {
      processed.inc({ result: 'handled' }, lagsMs.length);
      batchTime.observe(ms / 1000);
      for (const lag of lagsMs) processingLag.observe(Math.max(0, lag) / 1000);
    },
    eventFailed: () => processed.inc({ result: 'failed' }),
    attemptEnded: (outcome, ms) => {
      attempts.inc({ class: outcome });
      attemptTime.observe({ class: outcome }, ms / 1000);
    },
    deliveryAccepted: (deliveryId, now) => deliveryLag.observe(Math.max(0, now - madeAt(deliveryId)) / 1000),
    pageVital: (name, value) => {
      if (name === 'CLS') layoutShift.observe(value);
      else pageTime.observe({ vital: name }, value / 1000);
    },
    registry,
    render: async () => {
      await look();
      return await registry.metrics();
    },
  };
}
