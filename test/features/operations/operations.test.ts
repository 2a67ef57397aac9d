import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { nodeFlags, startArguments, startEnv } from '../../fakes/start-command.ts';
import { documentUrl, emptyRegistry, printMetrics, renew } from './print-metrics.ts';

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const operations = readFileSync(documentUrl, 'utf8');

const alerts = z
  .strictObject({
    groups: z
      .array(
        z.strictObject({
          name: z.string(),
          rules: z
            .array(
              z.strictObject({
                alert: z.string().regex(/^Connector[A-Za-z]+$/),
                expr: z.string().min(1),
                for: z
                  .string()
                  .regex(/^\d+[mh]$/)
                  .optional(),
                labels: z.strictObject({ severity: z.enum(['page', 'ticket']) }),
                annotations: z.strictObject({ summary: z.string().min(1), runbook: z.string() }),
              }),
            )
            .min(1),
        }),
      )
      .min(1),
  })
  .parse(parse(read('docs/operations/alerts.yaml')))
  .groups.flatMap((group) => group.rules);

const registry = await emptyRegistry();
const metrics = new Map((await registry.getMetricsAsJSON()).map(({ name, type }) => [name, String(type)]));

/** The names a query may use; for a histogram, those of its parts. */
const queried = [...metrics].flatMap(([name, type]) =>
  type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
);

it('the table of metrics matches the registry (node test/features/operations/print-metrics.ts --write)', async () => {
  expect(renew(operations, await printMetrics())).toBe(operations);
});

it.each([...metrics])('%s (%s) has the prefix, its unit in the name, and the suffix of its type', (name, type) => {
  expect(name).toMatch(/^connector_[a-z0-9_]+$/);
  expect(name).not.toMatch(/_(ms|milliseconds|minutes|hours|kb|mb)(_|$)/);
  if (/^connector_(process|nodejs)_/.test(name)) return;
  expect(name.endsWith('_total')).toBe(type === 'counter');
  if (type === 'histogram') expect(name).toMatch(/_(seconds|score)$/);
});

describe.each(alerts)('the alert $alert', ({ expr, annotations, alert }) => {
  it('reads metrics that exist', () => {
    const used = [...expr.matchAll(/connector_\w+/g)].map(([name]) => name);
    expect(used.filter((name) => !queried.includes(name))).toEqual([]);
    expect(used.length > 0 || /\bup\{/.test(expr)).toBe(true);
  });

  it('aggregates what every process reports alike to one value, and sums counters', () => {
    const wrong = [...expr.matchAll(/(\w+)\((?:rate\(|increase\()?(connector_(?!process_)\w+)/g)].filter(
      ([, how, name = '']) =>
        metrics.get(name) === 'gauge' ? how !== 'max' && how !== 'min' : how !== 'sum' && how !== 'rate',
    );
    expect(wrong.map(([text]) => text)).toEqual([]);
  });

  it('has a runbook with its name', () => {
    expect(annotations.runbook).toBe(alert.toLowerCase());
    expect(operations.split('\n')).toContain(`### ${alert}`);
  });
});

it('every runbook belongs to an alert, and alert names are unique', () => {
  const names = alerts.map(({ alert }) => alert);
  expect([...operations.matchAll(/^### (\w+)$/gm)].map(([, name]) => name)).toEqual(names);
  expect(new Set(names).size).toBe(names.length);
});

it('the document’s internal links lead somewhere', () => {
  const anchors = [...operations.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
  const links = [...operations.matchAll(/\]\(#([^)]+)\)/g)].map(([, link]) => link);
  expect(links.length).toBeGreaterThan(10);
  expect(links.filter((link) => link === undefined || !anchors.includes(link))).toEqual([]);
});

describe('the table of log lines', () => {
  const [, section = ''] = operations.split('\n## Log lines\n');
  const [table = ''] = section.split('\n## ');
  const rows = [...table.matchAll(/^\| (.+?) \| (debug|info|warn|error) \| (.+?) \|/gm)];
  const said = rows.flatMap(([, , , message = '']) => (message.startsWith('–') ? [] : [message]));
  const source = globSync('server/**/*.ts', { cwd: new URL('../../../', import.meta.url) })
    .map(read)
    .join('\n');
  const logged = [...source.matchAll(/\blog\.(?:info|warn|error)\(\s*(?:\{[^{}]*\},\s*)?'([^']+)'/g)].flatMap(
    ([, message]) => message ?? [],
  );
  const stages = [...source.matchAll(/\blog\.(?:info|warn|error)\(\s*\{\s*stage: '(\w+)'/g)].flatMap(
    ([, stage]) => stage ?? [],
  );
  /** A message in the table may leave its end open. */
  const isSaidAs = (message: string, inTable: string) =>
    inTable.endsWith('…') ? message.startsWith(inTable.slice(0, -1)) : message === inTable;

  it('has every message that the app logs, and no other', () => {
    expect(logged.length).toBeGreaterThan(20);
    expect(logged.filter((message) => !said.some((inTable) => isSaidAs(message, inTable)))).toEqual([]);
    expect(said.filter((inTable) => !logged.some((message) => isSaidAs(message, inTable)))).toEqual([]);
  });

  it('has every stage', () => {
    const named = rows.flatMap(([, cell = '']) => [...cell.matchAll(/`(\w+)`/g)].map(([, stage]) => stage));
    expect(stages.filter((stage) => !named.includes(stage))).toEqual([]);
  });
});

describe('the containers', () => {
  const service = z.looseObject({
    image: z.string(),
    read_only: z.literal(true),
    security_opt: z.tuple([z.literal('no-new-privileges:true')]),
    cap_drop: z.tuple([z.literal('ALL')]),
    cap_add: z.never().optional(),
    tmpfs: z.array(z.string()),
    mem_limit: z.string(),
    cpus: z.number(),
    pids_limit: z.number(),
    user: z.string().optional(),
    environment: z.record(z.string(), z.string()).optional(),
    depends_on: z.record(z.string(), z.strictObject({ condition: z.string() })).optional(),
  });
  const compose = z
    .looseObject({ services: z.record(z.string(), service) })
    .parse(parse(read('compose.yaml'), { merge: true }));
  const { services } = compose;

  it('are PostgreSQL, Valkey, the migrations run once, one web and one worker process', () => {
    expect(Object.keys(services)).toEqual(['postgres', 'valkey', 'migrate', 'web', 'worker']);
    expect(services['postgres']).toMatchObject({ image: expect.stringContaining(':-postgres:17@'), user: 'postgres' });
    expect(services['valkey']).toMatchObject({ image: expect.stringContaining(':-valkey/valkey:8@'), user: 'valkey' });
  });

  it('come from images pinned by digest, and CI runs tests on the same', () => {
    const pinned = /[\w/]+:[\w.-]+@sha256:[0-9a-f]{64}\b/;
    for (const { image } of [services['postgres'], services['valkey']].flatMap((one) => one ?? [])) {
      expect(image).toMatch(pinned);
      expect(read('.github/workflows/ci.yml')).toContain(`image: ${pinned.exec(image)?.[0]}\n`);
    }
    expect(read('Dockerfile').match(/^ARG NODE_IMAGE=.*$/m)?.[0]).toMatch(pinned);
  });

  it('each write only to volumes and memory, gain no privileges and have limits: the schema above rejects others', () => {
    expect(Object.values(services).map(({ cap_drop, read_only }) => [cap_drop, read_only])).toEqual(
      Array(5).fill([['ALL'], true]),
    );
  });

  it('include a Valkey that asks for a password, which its own check and the app have', () => {
    const text = read('compose.yaml');
    expect(text).toContain('requirepass $$REDISCLI_AUTH');
    expect(text.match(/\$\{VALKEY_PASSWORD:\?/g)).toHaveLength(2);
  });

  it.each([
    ['web', 'web'],
    ['worker', 'worker'],
  ])('run %s after the migrations, for production, in its role', (name, role) => {
    expect(services[name]?.environment).toMatchObject({
      ROLE: role,
      NODE_ENV: 'production',
      DATABASE_URL: expect.stringMatching(/@postgres:5432\/connector$/),
      REDIS_URL: expect.stringMatching(/^redis:\/\/:\$\{VALKEY_PASSWORD:\?[^}]*\}@valkey:6379$/),
    });
    expect(services[name]?.depends_on?.['migrate']).toEqual({ condition: 'service_completed_successfully' });
  });

  it('start the process itself, so that SIGTERM reaches it, and not as root', () => {
    const lines = read('Dockerfile').split('\n');
    expect(startArguments).toEqual([...nodeFlags, 'server/run.js', 'server/index.ts']);
    const command = ['node', ...nodeFlags, 'server/index.ts'];
    expect(lines.filter((line) => line.startsWith('CMD'))).toEqual([
      `CMD ${JSON.stringify(command).replaceAll(',', ', ')}`,
    ]);
    const settings = lines.findLast((line) => line.startsWith('ENV'))?.split(' ');
    expect(settings).toEqual(
      expect.arrayContaining(Object.entries(startEnv).map(([name, value]) => `${name}=${value}`)),
    );
    expect(lines.findLast((line) => line.startsWith('USER'))).toBe('USER node');
    expect(lines.some((line) => line.startsWith('ENTRYPOINT'))).toBe(false);
  });
});
