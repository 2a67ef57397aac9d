import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Db, Sql } from './db.ts';
import type { Instant } from './domain/scalars.ts';
import type { AttemptClass } from './domain/states.ts';
import type { Log } from './log.ts';
import { countedSources } from './overview/counts.ts';

/** How long the numbers from the database are kept, and which part of its time it may spend on them at most. */
const KEPT_MS = 5000;
const COST_PERCENT = 5;
/** How long a scrape waits for the database, and how long the database may work on it. */
const WAIT_MS = 2000;
const STATEMENT_MS = 10_000;
/** When an answer that does not come is given up: its connection may be dead while others live. */
const GIVEN_UP_MS = 30_000;

const FAST = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const ATTEMPT = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30];
const LAG = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200, 43_200, 86_400, 604_800];

const attemptClasses: readonly AttemptClass[] = ['accepted', 'retry', 'rejected', 'connection', 'unknown'];
const holds = ['due', 'paused', 'connection_problem', 'not_connected', 'breaker'] as const;
const unfinished = ['waiting', 'sending', 'retrying', 'attention'] as const;
const recent = ['accepted', 'merged', 'skipped', 'waiting', 'attention'] as const;

/** What the stages tell. Labels are statuses, classes and topic families: never a shop, and nothing about a person. */
export type Metrics = {
  /** `POST /webhooks` was answered. @param topic its family; `unknown` before the signature is known to be right */
  webhookAnswered(status: number, topic: string, ms: number): void;
  /** A webhook was committed, or had been before, and answered with 200. */
  webhookAcknowledged(topic: string, isNew: boolean): void;
  /** A batch was translated and committed. @param lagsMs since each event was received */
  eventsProcessed(lagsMs: readonly number[], ms: number): void;
  /** An event could not be translated and needs attention. */
  eventFailed(): void;
  /** An attempt ended. */
  attemptEnded(outcome: AttemptClass, ms: number): void;
  /** Ascent360 took a delivery. @param deliveryId a UUID v7, made when its event was translated */
  deliveryAccepted(deliveryId: string, now: Instant): void;
  registry: Registry;
  /** Everything in Prometheus' text format, the numbers from the database renewed if they may be. Never rejects. */
  render(): Promise<string>;
};

/** The time in a UUID v7, in milliseconds since 1970 (RFC 9562, section 5.7). */
const timeOf = (id: string): Instant => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

type MetricsDeps = { db: Pick<Db, 'query' | 'transaction'>; log: Log };

/** @param registry takes the metrics of one process; each process reports its own counters, and all the same gauges */
export function createMetrics(deps: MetricsDeps, registry: Registry = new Registry()): Metrics {
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
    'Events translated (handled), or put under attention because they could not be (failed).',
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
    'From the receiving of an event to the commit of its translation.',
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
    'From the translation of an event to its acceptance by Ascent360, with all waiting and retrying; sent again: from the first translation.',
    LAG,
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
    deliveryAccepted: (deliveryId, now) => deliveryLag.observe(Math.max(0, now - timeOf(deliveryId)) / 1000),
    registry,
    render: async () => {
      await look();
      return await registry.metrics();
    },
  };
}

type State = {
  unfinished: Record<(typeof unfinished)[number], number>;
  recent: Record<(typeof recent)[number], number>;
  oldestReceived: number;
  oldestDue: Record<(typeof holds)[number], number>;
  breakers: number;
  problems: number;
  lateOptOuts: number;
};

/** Registers the gauges that come from the database. @returns renews them; never rejects, and takes 2 s at most */
function stateGauges({ db, log }: MetricsDeps, registry: Registry): () => Promise<void> {
  const registers = [registry];
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Gauge({ name: `connector_${name}`, help, labelNames, registers });

  const up = gauge('database_up', '1 while the database answers, else 0.', []);
  const age = gauge(
    'state_age_seconds',
    'How old the gauges from the database are; they keep their last values while it cannot be asked.',
    [],
  );
  const unfinishedEvents = gauge(
    'events_unfinished',
    'Events that have not ended, and those that need attention, by state.',
    ['state'],
  );
  const recentEvents = gauge(
    'events_last_hour',
    'Events received in the last hour, by the state they are in now; waiting includes sending and retrying.',
    ['state'],
  );
  const oldestReceived = gauge('oldest_received_age_seconds', 'Age of the oldest event not yet translated.', []);
  const oldestDue = gauge(
    'oldest_due_age_seconds',
    'How long the oldest delivery that could go has been due, by what holds it: due means nothing but the workers. One behind an earlier of its address is not due.',
    ['hold'],
  );
  const breakers = gauge('breakers_open', 'Shops whose breaker is open: Ascent360 fails for them.', []);
  const problems = gauge('shops_connection_problem', 'Shops whose GUID Ascent360 refuses.', []);
  const lateOptOuts = gauge(
    'opt_outs_late',
    'Opt-outs that wait for more than 3 days, since the first attempt or since they came. Laws give 10 business days.',
    [],
  );

  let askedAt = Number.NEGATIVE_INFINITY;
  let keptMs = KEPT_MS;
  let freshAt = performance.now();
  let asking: Promise<void> | null = null;
  let isUp = false;

  async function ask(): Promise<void> {
    const began = performance.now();
    let answers = false;
    try {
      await db.query('SELECT 1');
      answers = true;
      isUp = true;
      const state = await readState(db);
      for (const name of unfinished) unfinishedEvents.set({ state: name }, state.unfinished[name]);
      for (const name of recent) recentEvents.set({ state: name }, state.recent[name]);
      for (const hold of holds) oldestDue.set({ hold }, state.oldestDue[hold]);
      oldestReceived.set(state.oldestReceived);
      breakers.set(state.breakers);
      problems.set(state.problems);
      lateOptOuts.set(state.lateOptOuts);
      freshAt = performance.now();
    } catch (error) {
      isUp = answers;
      log.warn({ stage: 'metrics', databaseUp: answers, err: error }, 'the state could not be read for the metrics');
    }
    const took = performance.now() - began;
    keptMs = Math.max(KEPT_MS, (took * 100) / COST_PERCENT);
  }

  return async () => {
    const since = performance.now() - askedAt;
    if (asking === null ? since >= keptMs : since > GIVEN_UP_MS) {
      isUp = false;
      askedAt = performance.now();
      keptMs = KEPT_MS;
      const mine = ask().finally(() => {
        if (asking === mine) asking = null;
      });
      asking = mine;
    }
    if (asking !== null) await withinWait(asking);
    up.set(isUp ? 1 : 0);
    age.set((performance.now() - freshAt) / 1000);
  };
}

/** Resolves with the promise, or without it after the wait. */
async function withinWait(promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, WAIT_MS);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}

/**
 * Two statements over the indexes of what is open or recent; their cost follows the backlog and the last hour, not the
 * history. The order of holds is the order in which a shop's troubles count for the merchant.
 */
async function readState(db: MetricsDeps['db']): Promise<State> {
  return await db.transaction(async (sql) => {
    await sql.query(`SET LOCAL statement_timeout = ${STATEMENT_MS}`);
    const state: State = {
      unfinished: { waiting: 0, sending: 0, retrying: 0, attention: 0 },
      recent: { accepted: 0, merged: 0, skipped: 0, waiting: 0, attention: 0 },
      oldestReceived: 0,
      oldestDue: { due: 0, paused: 0, connection_problem: 0, not_connected: 0, breaker: 0 },
      breakers: 0,
      problems: 0,
      lateOptOuts: 0,
    };
    for (const row of await readBacklog(sql)) {
      for (const name of unfinished) state.unfinished[name] += row[name];
      state.oldestReceived = Math.max(state.oldestReceived, row.oldest_received);
      state.oldestDue[row.hold] = row.oldest_due;
      state.breakers += row.breakers;
      state.problems += row.problems;
      state.lateOptOuts += row.late;
    }
    const rows = await sql.query<{ state: (typeof recent)[number]; count: number }>(
      `SELECT CASE WHEN e.state IN ('received', 'open') THEN 'waiting' ELSE e.state END AS state, count(*) AS count
       FROM shops s JOIN events e ON e.shop_id = s.id
       WHERE e.received_at >= now() - interval '1 hour' AND e.source IN ${countedSources} GROUP BY 1`,
    );
    for (const row of rows) state.recent[row.state] = row.count;
    return state;
  });
}

type BacklogRow = Record<(typeof unfinished)[number], number> & {
  hold: (typeof holds)[number];
  oldest_received: number;
  oldest_due: number;
  breakers: number;
  problems: number;
  late: number;
};

async function readBacklog(sql: Sql): Promise<BacklogRow[]> {
  return await sql.query<BacklogRow>(
    `SELECT CASE WHEN c.guid IS NULL THEN 'not_connected'
         WHEN (c.document->>'paused')::boolean THEN 'paused'
         WHEN c.problem_since IS NOT NULL THEN 'connection_problem'
         WHEN c.breaker->>'openedAt' IS NOT NULL THEN 'breaker'
         ELSE 'due' END AS hold,
       coalesce(sum(r.count + o.waiting), 0)::int8 AS waiting, coalesce(sum(o.sending), 0)::int8 AS sending,
       coalesce(sum(o.retrying), 0)::int8 AS retrying, coalesce(sum(a.count), 0)::int8 AS attention,
       coalesce(sum(p.late), 0)::int8 AS late,
       count(*) FILTER (WHERE c.breaker->>'openedAt' IS NOT NULL) AS breakers,
       count(*) FILTER (WHERE c.guid IS NOT NULL AND c.problem_since IS NOT NULL) AS problems,
       greatest(0, coalesce(extract(epoch FROM now() - min(r.oldest)), 0))::float8 AS oldest_received,
       greatest(0, coalesce(extract(epoch FROM now() - min(f.due_at)), 0))::float8 AS oldest_due
     FROM shops s LEFT JOIN settings c ON c.shop_id = s.id
     CROSS JOIN LATERAL (SELECT count(*) AS count, min(e.received_at) AS oldest
       FROM events e WHERE e.shop_id = s.id AND e.state = 'received') r
     CROSS JOIN LATERAL (SELECT count(*) AS count FROM events e WHERE e.shop_id = s.id AND e.state = 'attention') a
     CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE d.lease_until IS NULL AND d.attempts = 0) AS waiting,
         count(*) FILTER (WHERE d.lease_until IS NOT NULL) AS sending,
         count(*) FILTER (WHERE d.lease_until IS NULL AND d.attempts > 0) AS retrying
       FROM deliveries d WHERE d.shop_id = s.id AND d.open) o
     CROSS JOIN LATERAL (SELECT count(*) AS late FROM deliveries d JOIN events e ON e.id = d.event_id
       WHERE d.shop_id = s.id AND d.open AND d.carries_opt_out
         AND coalesce(d.first_attempt_at, e.received_at) < now() - interval '3 days') p
     LEFT JOIN LATERAL (SELECT d.due_at FROM deliveries d
       WHERE d.shop_id = s.id AND d.open AND d.lease_until IS NULL AND d.due_at <= now()
         AND NOT EXISTS (SELECT 1 FROM deliveries b WHERE b.shop_id = d.shop_id AND b.open AND b.email_lane = d.email_lane
           AND b.id <> d.id AND (b.seq < d.seq OR b.lease_until IS NOT NULL))
         AND NOT EXISTS (SELECT 1 FROM deliveries b WHERE b.shop_id = d.shop_id AND b.open AND b.phone_lane = d.phone_lane
           AND b.id <> d.id AND (b.seq < d.seq OR b.lease_until IS NOT NULL))
       ORDER BY d.due_at LIMIT 1) f ON true
     GROUP BY 1`,
  );
}

/** `GET /metrics` for whoever holds the token: `Authorization: Bearer …`. */
export function metricsRoute(metrics: Metrics, token: string): RequestHandler {
  // Digests have one length, which timingSafeEqual needs, and say nothing about the token's.
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(token);
  return async (req, res) => {
    const [, given] = /^Bearer +(\S.*)$/i.exec(req.get('authorization') ?? '') ?? [];
    if (given === undefined || !timingSafeEqual(digest(given), expected)) {
      res
        .set('WWW-Authenticate', 'Bearer')
        .status(401)
        .json({ errors: [{ message: 'The metrics need their token' }] });
      return;
    }
    const text = await metrics.render();
    res.set('Content-Type', metrics.registry.contentType).send(text);
  };
}
