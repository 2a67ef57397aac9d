import { setTimeout as wait } from 'node:timers/promises';
import {
  type Attributes,
  type Context,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  RandomIdGenerator,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Traces } from '../../pipeline/traces.ts';
import type { Config } from '../../platform/config.ts';
import type { Log } from '../../platform/log.ts';
import { topicOf } from '../../shopify/topics.ts';

/** How long a stop waits for the last spans, and one export for its answer, in milliseconds. */
const CLOSE_WITHIN_MS = 2000;
const EXPORT_WITHIN_MS = 5000;
/** A collector that is away is said this often at most, in milliseconds. */
const SAID_EVERY_MS = 60_000;

/**
 * An event's trace: the 128 bits of the event's own id, of which the last 62 are random, as samplers
 * expect. So every process knows the trace of an event, and nothing has to be stored or passed on.
 */
const traceOf = (eventId: string) => eventId.replaceAll('-', '');
/** The span that all others of the event's trace are under. */
const rootOf = (eventId: string) => traceOf(eventId).slice(16);

type Ids = { traceId: string; spanId?: string };
type Part = { name: string; kind: SpanKind; attributes: Attributes; from: number; to: number; failed?: boolean };

const underRoot = (eventId: string): Context =>
  trace.setSpanContext(ROOT_CONTEXT, {
    traceId: traceOf(eventId),
    spanId: rootOf(eventId),
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  });

/** Says that spans are lost, without the SDK's message: it may hold the collector's address or answer. */
function sayLosses(log: Log): void {
  let saidAt = Number.NEGATIVE_INFINITY;
  const say = () => {
    if (performance.now() - saidAt < SAID_EVERY_MS) return;
    saidAt = performance.now();
    log.warn({ stage: 'traces' }, 'spans could not be sent; nothing else is affected');
  };
  const ignore = () => {};
  const logger = { error: say, warn: say, info: ignore, debug: ignore, verbose: ignore };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
}

/**
 * Sends spans to an OpenTelemetry collector, in the background. When it is away, or slow, spans are
 * dropped: no more than 2,048 wait.
 */
export function openTraces(
  { endpoint, share, service }: NonNullable<Config['traces']>,
  role: string,
  log: Log,
): Traces {
  sayLosses(log);
  const random = new RandomIdGenerator();
  let next: Ids | null = null;
  const exporter = new OTLPTraceExporter({
    url: `${endpoint}/v1/traces`,
    timeoutMillis: EXPORT_WITHIN_MS,
    concurrencyLimit: 1,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'connector.role': role }),
    // By the event's id alone: every process picks the same events.
    sampler: new TraceIdRatioBasedSampler(share),
    idGenerator: {
      generateTraceId: () => next?.traceId ?? random.generateTraceId(),
      generateSpanId: () => next?.spanId ?? random.generateSpanId(),
    },
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('ascent360-connector');

  /** @returns the context of the span, for those under it */
  function add(part: Part, under: Context, ids: Ids | null = null): Context {
    const { name, kind, attributes } = part;
    // The span takes its ids at once, so nothing else can take these.
    next = ids;
    const span = tracer.startSpan(name, { kind, attributes, startTime: part.from }, under);
    next = null;
    if (part.failed) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(part.to);
    return trace.setSpan(under, span);
  }

  const asRoot = (eventId: string): Ids => ({ traceId: traceOf(eventId), spanId: rootOf(eventId) });
  /**
   * Turns moments of performance.now() into those of the clock; the same way for all of one report,
   * so that no span seems to begin before the one above it.
   */
  const clock = () => {
    const ahead = Date.now() - performance.now();
    return { at: (ticks: number) => ahead + ticks, now: ahead + performance.now() };
  };

  return {
    received: ({ id, shopId, family }, { began, storing, stored }) => {
      const { at, now } = clock();
      const attributes = { 'connector.event': id, 'connector.shop': shopId, 'connector.topic': family };
      const received = { name: 'receive', kind: SpanKind.SERVER, attributes, from: at(began), to: now };
      const under = add(received, ROOT_CONTEXT, asRoot(id));
      add({ name: 'store', kind: SpanKind.INTERNAL, attributes: {}, from: at(storing), to: at(stored) }, under);
    },
    translated: (shopId, events, began) => {
      const { at, now } = clock();
      for (const { id, topic, source, reason } of events) {
        const attributes = {
          'connector.event': id,
          'connector.shop': shopId,
          'connector.topic': topicOf(topic)?.family ?? 'unknown',
          'connector.batch': events.length,
        };
        const part = { name: 'translate', kind: SpanKind.CONSUMER, attributes, from: at(began), to: now };
        // What the app itself asked for, such as an import's record, was not received.
        if (source === 'webhook' || source === 'flow' || reason) add(part, underRoot(id));
        else add(part, ROOT_CONTEXT, asRoot(id));
      }
    },
    attempted: ({ delivery, result, ticks, settled, late }) => {
      if (!result || !ticks) return;
      const { at, now } = clock();
      const failed = result.class !== 'accepted';
      const state = settled?.state ?? (late ? 'late' : 'retrying');
      const attributes = {
        'connector.event': delivery.eventId,
        'connector.shop': delivery.shop.id,
        'connector.delivery': delivery.id,
        'connector.attempt': delivery.attempts + 1,
        'connector.state': state,
      };
      const deliver = {
        name: 'deliver',
        kind: SpanKind.INTERNAL,
        attributes,
        from: at(ticks.claimed),
        to: now,
        failed,
      };
      const under = add(deliver, underRoot(delivery.eventId));
      const status = result.status === null ? {} : { 'http.response.status_code': result.status };
      const answer = { 'connector.class': result.class, ...status };
      const [from, to] = [at(ticks.posted), at(ticks.answered)];
      add({ name: 'answer', kind: SpanKind.CLIENT, attributes: answer, from, to, failed }, under);
    },
    close: async () => {
      await Promise.race([provider.shutdown().catch(() => {}), wait(CLOSE_WITHIN_MS)]);
    },
  };
}
