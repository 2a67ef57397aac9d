import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { SamplingDecision, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../../fakes/connector.ts';
import { type ConnectorProcess, sharedPostgres, type World } from '../../fakes/connector-process.ts';
import { judge, SURVIVED, sendAll, settled, someCustomer } from '../../fakes/fault-oracle.ts';
import { freePort } from '../../fakes/free-port.ts';
import { type FakeCollector, type ReceivedSpan, startCollector } from '../../fakes/otlp-collector.ts';
import { scratchFolder } from '../../fakes/scratch.ts';
import { worldOfTest } from '../../fakes/world-of-test.ts';

async function collecting(options: { hangs?: boolean } = {}): Promise<FakeCollector> {
  const collector = await startCollector(options);
  onTestFinished(collector.close);
  return collector;
}

async function worldTracingTo(endpoint: string, env: Record<string, string> = {}): Promise<World> {
  const world = await worldOfTest({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...env } });
  return world;
}

async function webAndWorker(world: World): Promise<[ConnectorProcess, ConnectorProcess]> {
  const both = await Promise.all([world.run({ ROLE: 'web' }), world.run({ ROLE: 'worker' })]);
  await world.connect(both[0]);
  return both;
}

/** A span with those under it, by name. */
type Tree = { name: string; role: unknown; under: Tree[] };

function treeOf(spans: readonly ReceivedSpan[], parent: string | null): Tree[] {
  return spans
    .filter((span) => span.parent === parent)
    .sort((a, b) => a.name.localeCompare(b.name))
    .map(({ name, role, spanId }) => ({ name, role, under: treeOf(spans, spanId) }));
}

const leaf = (name: string, role: string): Tree => ({ name, role, under: [] });

async function eventIds(world: World): Promise<string[]> {
  const rows = await world.read(async (db) => await db.query<{ id: string }>('SELECT id FROM events ORDER BY id'));
  return rows.map(({ id }) => id);
}

/** Every script the processes loaded, as V8 lists them when a process ends. */
function scriptsIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const dump: { result: { url: string }[] } = JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
    return dump.result.map(({ url }) => url);
  });
}

const isOfTheSdk = (url: string) => /@opentelemetry\/(?!api\/)|features\/operations\/traces\.ts$/.test(url);

describe.skipIf(!sharedPostgres())('traces', () => {
  it('show one webhook as one trace, from its receiving in one process to every answer of Ascent360 in another', async () => {
    const collector = await collecting();
    const world = await worldTracingTo(collector.url, { OTEL_SERVICE_NAME: 'our-connector' });
    const [web] = await webAndWorker(world);
    world.ascent360.behave([{ status: 503 }, 'accept']);
    const { topic, body, webhookId } = someCustomer();
    expect((await web.send(topic, body, { webhookId })).status).toBe(200);
    // The same once more: recognized, so nothing is added.
    expect((await web.send(topic, body, { webhookId })).status).toBe(200);
    const spans = await until('all spans came', async () =>
      collector.spans().length >= 7 ? collector.spans() : undefined,
    );
    const [id = ''] = await eventIds(world);
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([id.replaceAll('-', '')]));
    expect(treeOf(spans, null)).toEqual([
      {
        name: 'receive',
        role: 'web',
        under: [
          { name: 'deliver', role: 'worker', under: [leaf('answer', 'worker')] },
          { name: 'deliver', role: 'worker', under: [leaf('answer', 'worker')] },
          leaf('store', 'web'),
          leaf('translate', 'worker'),
        ],
      },
    ]);
    expect(spans.map(({ service }) => service)).toEqual(spans.map(() => 'our-connector'));
    const answers = spans.filter(({ name }) => name === 'answer').sort((a, b) => Number(a.from - b.from));
    expect(answers.map(({ attributes, failed }) => ({ ...attributes, failed }))).toEqual([
      { 'connector.class': 'retry', 'http.response.status_code': 503, failed: true },
      { 'connector.class': 'accepted', 'http.response.status_code': 200, failed: false },
    ]);
    for (const span of spans) {
      const above = spans.find(({ spanId }) => spanId === span.parent);
      expect(span.to).toBeGreaterThanOrEqual(span.from);
      if (above && above.role === span.role) expect(span.from).toBeGreaterThanOrEqual(above.from);
    }
  });

  it('are kept by event, not by span: of a share of the events every span, of the others none', async () => {
    const collector = await collecting();
    const world = await worldTracingTo(collector.url, { OTEL_TRACES_SAMPLER_ARG: '0.5' });
    const [web, worker] = await webAndWorker(world);
    const sent = await sendAll(
      () => web,
      Array.from({ length: 40 }, () => someCustomer()),
    );
    expect(judge(sent, await settled(world, web, sent), world.ascent360)).toEqual(SURVIVED);
    const traces = (await eventIds(world)).map((id) => id.replaceAll('-', ''));
    const sampler = new TraceIdRatioBasedSampler(0.5);
    const isPicked = (trace: string) =>
      sampler.shouldSample(ROOT_CONTEXT, trace).decision === SamplingDecision.RECORD_AND_SAMPLED;
    const picked = traces.filter(isPicked);
    expect(picked.length).toBeGreaterThan(0);
    expect(picked.length).toBeLessThan(traces.length);
    const whole = ['answer', 'deliver', 'receive', 'store', 'translate'].flatMap((name) =>
      picked.map((trace) => `${trace} ${name}`),
    );
    await until('all spans came', async () => collector.spans().length >= whole.length || undefined);
    await Promise.all([web.terminate(), worker.terminate()]);
    expect(
      collector
        .spans()
        .map(({ traceId, name }) => `${traceId} ${name}`)
        .sort(),
    ).toEqual(whole.sort());
  });

  it.each(['never answers', 'is not there'])('hold up nothing when the collector %s', async (trouble) => {
    const hanging = trouble === 'never answers' ? await collecting({ hangs: true }) : null;
    const world = await worldTracingTo(hanging?.url ?? `http://127.0.0.1:${await freePort()}`);
    const began = performance.now();
    const connector = await world.run();
    await world.connect(connector);
    // More than the 2,048 spans that may wait.
    const sent = await sendAll(
      () => connector,
      Array.from({ length: 500 }, () => someCustomer()),
    );
    expect(judge(sent, await settled(world, connector, sent), world.ascent360)).toEqual(SURVIVED);
    if (hanging) expect(hanging.requests()).toBeGreaterThan(0);
    await until('the log says so', async () => (connector.output().includes('"stage":"traces"') ? true : undefined));
    expect((await connector.terminate()).code).toBe(0);
    const minutes = Math.ceil((performance.now() - began) / 60_000);
    expect(connector.output().match(/"stage":"traces"/g)?.length).toBeLessThanOrEqual(minutes);
  });

  it('cost nothing when off: no process loads anything of OpenTelemetry’s SDK', async () => {
    const collector = await collecting();
    const loaded: Record<string, boolean> = {};
    for (const [state, env] of Object.entries({ off: {}, on: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } })) {
      const folder = await scratchFolder('scripts');
      onTestFinished(async () => await rm(folder, { recursive: true }));
      const world = await worldOfTest({ env: { ...env, NODE_V8_COVERAGE: folder } });
      const connector = await world.run();
      await world.connect(connector);
      const sent = await sendAll(() => connector, [someCustomer()]);
      await settled(world, connector, sent);
      expect((await connector.terminate()).code).toBe(0);
      const scripts = scriptsIn(folder);
      expect(scripts.filter((url) => url.endsWith('/server/start.ts'))).toHaveLength(1);
      loaded[state] = scripts.some(isOfTheSdk);
    }
    expect(loaded).toEqual({ off: false, on: true });
  });
});
