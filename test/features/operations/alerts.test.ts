import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { leftOut } from '../../fakes/left-out.ts';

const promtool = (process.env['PATH'] ?? '')
  .split(':')
  .map((folder) => join(folder, 'promtool'))
  .find((file) => existsSync(file));
if (!promtool) leftOut('those of alerts in Prometheus', 'install promtool (Debian: prometheus)');

const rules = fileURLToPath(new URL('../../../docs/operations/alerts.yaml', import.meta.url));
const written = z
  .object({
    groups: z.array(
      z.object({
        rules: z.array(
          z.object({
            alert: z.string(),
            labels: z.record(z.string(), z.string()),
            annotations: z.record(z.string(), z.string()),
          }),
        ),
      }),
    ),
  })
  .parse(parse(readFileSync(rules, 'utf8')))
  .groups.flatMap((group) => group.rules);

/**
 * A series in Prometheus' shorthand, one value a minute: `0+5x60` grows by 5 sixty times; `1x60`
 * stays.
 */
type Series = Record<string, string>;
const web = 'job="ascent360-connector",instance="web"';
const worker = 'job="ascent360-connector",instance="worker"';

/**
 * What two processes report for an hour and a half, when the alert must have fired, and what it
 * must stay silent about. A counter with a label that was never counted appears with its first
 * value, as in prom-client.
 */
const rows: [alert: string, fires: { after: string; of: Series }, silent: { title: string; of: Series }[]][] = [
  [
    'ConnectorDown',
    { after: '4m', of: { [`up{${worker}}`]: '1 0x90', [`up{${web}}`]: '1x90' } },
    [{ title: 'a restart of one minute', of: { [`up{${worker}}`]: '1 0 1x90' } }],
  ],
  [
    'ConnectorNotScraped',
    { after: '15m', of: { [`up{${web}}`]: '1x3 stale', [`up{${worker}}`]: '1x3 stale' } },
    [{ title: 'processes that are scraped, if in vain', of: { [`up{${web}}`]: '0x90' } }],
  ],
  [
    'ConnectorRestarting',
    { after: '5m', of: { [`connector_process_start_time_seconds{${worker}}`]: '1000+60x90' } },
    [
      {
        title: 'a version that is rolled out, and rolled back',
        of: { [`connector_process_start_time_seconds{${worker}}`]: '1000x20 2000x3 3000x66' },
      },
      {
        title: 'many processes that each start once',
        of: Object.fromEntries(
          ['a', 'b', 'c', 'd', 'e'].map((name) => [
            `connector_process_start_time_seconds{job="ascent360-connector",instance="${name}"}`,
            '1000x20 2000x70',
          ]),
        ),
      },
    ],
  ],
  [
    'ConnectorDatabaseDown',
    { after: '3m', of: { [`connector_database_up{${web}}`]: '0x90', [`connector_database_up{${worker}}`]: '0x90' } },
    [
      {
        title: 'one process that can’t reach it while another can',
        of: { [`connector_database_up{${web}}`]: '0x90', [`connector_database_up{${worker}}`]: '1x90' },
      },
    ],
  ],
  [
    'ConnectorStateUnreadable',
    {
      after: '20m',
      of: { [`connector_state_age_seconds{${web}}`]: '0+60x90', [`connector_database_up{${web}}`]: '1x90' },
    },
    [
      {
        title: 'a database that is down, which has its own alert',
        of: { [`connector_state_age_seconds{${web}}`]: '0+60x90', [`connector_database_up{${web}}`]: '0x90' },
      },
      {
        title: 'one process that reads it while another doesn’t',
        of: {
          [`connector_state_age_seconds{${web}}`]: '0+60x90',
          [`connector_state_age_seconds{${worker}}`]: '3x90',
          [`connector_database_up{${web}}`]: '1x90',
        },
      },
    ],
  ],
  [
    'ConnectorWebhooksRefused',
    { after: '15m', of: { [`connector_webhooks_answered_total{${web},status="503",topic="order"}`]: '_x4 1+3x80' } },
    [
      {
        title: 'webhooks that are all acknowledged',
        of: { [`connector_webhooks_answered_total{${web},status="200",topic="order"}`]: '0+100x90' },
      },
    ],
  ],
  [
    'ConnectorSignaturesRefused',
    {
      after: '35m',
      of: { [`connector_webhooks_answered_total{${web},status="401",topic="unknown"}`]: '1+10x90' },
    },
    [
      {
        title: 'a stranger who knocks less often than Shopify',
        of: {
          [`connector_webhooks_answered_total{${web},status="401",topic="unknown"}`]: '1+10x90',
          [`connector_webhooks_answered_total{${web},status="200",topic="order"}`]: '1+20x90',
        },
      },
    ],
  ],
  [
    'ConnectorHeadersRefused',
    {
      after: '10m',
      of: { [`connector_webhooks_answered_total{${web},status="400",topic="unknown"}`]: '1+1x90' },
    },
    [
      {
        title: 'a workflow whose runs name no customer',
        of: { [`connector_webhooks_answered_total{${web},status="400",topic="flow"}`]: '1+1x90' },
      },
    ],
  ],
  [
    'ConnectorAcknowledgingSlow',
    {
      after: '20m',
      of: {
        [`connector_webhook_acknowledge_duration_seconds_bucket{${web},le="1"}`]: '0+90x90',
        [`connector_webhook_acknowledge_duration_seconds_bucket{${web},le="2.5"}`]: '0+100x90',
        [`connector_webhook_acknowledge_duration_seconds_bucket{${web},le="+Inf"}`]: '0+100x90',
      },
    },
    [
      {
        title: 'one slow webhook in two hundred',
        of: {
          [`connector_webhook_acknowledge_duration_seconds_bucket{${web},le="1"}`]: '0+199x90',
          [`connector_webhook_acknowledge_duration_seconds_bucket{${web},le="2.5"}`]: '0+200x90',
          [`connector_webhook_acknowledge_duration_seconds_bucket{${web},le="+Inf"}`]: '0+200x90',
        },
      },
    ],
  ],
  [
    'ConnectorNotTranslating',
    { after: '10m', of: { [`connector_oldest_received_age_seconds{${web}}`]: '0+60x90' } },
    [{ title: 'a batch that takes a minute', of: { [`connector_oldest_received_age_seconds{${web}}`]: '60x90' } }],
  ],
  [
    'ConnectorEventsFailing',
    { after: '5m', of: { [`connector_events_processed_total{${worker},result="failed"}`]: '0x3 1x87' } },
    [
      {
        title: 'events that are translated',
        of: {
          [`connector_events_processed_total{${worker},result="failed"}`]: '0x90',
          [`connector_events_processed_total{${worker},result="handled"}`]: '0+100x90',
        },
      },
    ],
  ],
  [
    'ConnectorDeliveriesLate',
    { after: '20m', of: { [`connector_oldest_due_age_seconds{${web},hold="due"}`]: '0+60x90' } },
    [
      {
        title: 'deliveries of a paused shop',
        of: {
          [`connector_oldest_due_age_seconds{${web},hold="paused"}`]: '0+60x90',
          [`connector_oldest_due_age_seconds{${web},hold="due"}`]: '0x90',
        },
      },
    ],
  ],
  [
    'ConnectorReceiverFailing',
    {
      after: '30m',
      of: {
        [`connector_delivery_attempts_total{${worker},class="retry"}`]: '0+5x90',
        [`connector_delivery_attempts_total{${worker},class="unknown"}`]: '0+1x90',
        [`connector_delivery_attempts_total{${worker},class="accepted"}`]: '0+4x90',
      },
    },
    [
      {
        title: 'failures that are less than half of the attempts',
        of: {
          [`connector_delivery_attempts_total{${worker},class="retry"}`]: '0+4x90',
          [`connector_delivery_attempts_total{${worker},class="accepted"}`]: '0+6x90',
        },
      },
      {
        title: 'no attempts at all',
        of: {
          [`connector_delivery_attempts_total{${worker},class="retry"}`]: '7x90',
          [`connector_delivery_attempts_total{${worker},class="accepted"}`]: '9x90',
        },
      },
    ],
  ],
  [
    'ConnectorBreakersOpen',
    { after: '35m', of: { [`connector_breakers_open{${web}}`]: '1x90' } },
    [{ title: 'one that closes after 20 minutes', of: { [`connector_breakers_open{${web}}`]: '1x20 0x70' } }],
  ],
  [
    'ConnectorGuidRefused',
    { after: '65m', of: { [`connector_shops_connection_problem{${web}}`]: '2x90' } },
    [{ title: 'one fixed within half an hour', of: { [`connector_shops_connection_problem{${web}}`]: '1x30 0x60' } }],
  ],
  [
    'ConnectorRejecting',
    { after: '60m', of: { [`connector_delivery_attempts_total{${worker},class="rejected"}`]: '0+1x90' } },
    [
      {
        title: 'a few within an hour',
        of: { [`connector_delivery_attempts_total{${worker},class="rejected"}`]: '0x10 0+1x5 5x70' },
      },
    ],
  ],
  [
    'ConnectorNeedsAttention',
    {
      after: '85m',
      of: {
        [`connector_events_unfinished{${web},state="attention"}`]: '4x60 5x30',
        [`connector_events_unfinished{${worker},state="attention"}`]: '4x60 5x30',
      },
    },
    [
      {
        title: 'what has needed attention for long',
        of: { [`connector_events_unfinished{${web},state="attention"}`]: '4x90' },
      },
      {
        title: 'what is resent or dismissed',
        of: { [`connector_events_unfinished{${web},state="attention"}`]: '4x60 1x30' },
      },
      {
        title: 'a process that starts later',
        of: {
          [`connector_events_unfinished{${web},state="attention"}`]: '4x90',
          [`connector_events_unfinished{${worker},state="attention"}`]: '_x60 4x30',
        },
      },
    ],
  ],
  [
    'ConnectorOptOutsLate',
    {
      after: '1m',
      of: {
        [`connector_opt_outs_late{${web},hold="due"}`]: '1x90',
        [`connector_opt_outs_late{${worker},hold="due"}`]: '1x90',
      },
    },
    [
      {
        title: 'those of merchants who paused or disconnected, as their overview says',
        of: {
          [`connector_opt_outs_late{${web},hold="paused"}`]: '3x90',
          [`connector_opt_outs_late{${web},hold="not_connected"}`]: '3x90',
          [`connector_opt_outs_late{${web},hold="due"}`]: '0x90',
        },
      },
    ],
  ],
  [
    'ConnectorShopsSilent',
    { after: '20m', of: { [`connector_shops_silent{${web}}`]: '1x90', [`connector_shops_silent{${worker}}`]: '1x90' } },
    [{ title: 'one whose webhooks come again', of: { [`connector_shops_silent{${web}}`]: '1x10 0x80' } }],
  ],
];

const folder = mkdtempSync(join(tmpdir(), 'alerts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Runs one case in Prometheus' own evaluator. Throws its report if an alert fires that shouldn't,
 * or the reverse.
 */
function evaluate(of: Series, expected: { at: string; alert: string; fires: boolean }[]): void {
  const firing = (alert: string) => {
    const rule = written.find((candidate) => candidate.alert === alert);
    // promtool compares the whole alert, including the labels of series that aren't sums.
    const job = { job: 'ascent360-connector' };
    const own = {
      ConnectorDown: { ...job, instance: 'worker' },
      ConnectorNotScraped: job,
      ConnectorRestarting: { ...job, instance: 'worker' },
    }[alert];
    return [{ exp_labels: { ...rule?.labels, ...own }, exp_annotations: rule?.annotations }];
  };
  // Processes that answer, unless the case is about that.
  const answering = Object.keys(of).some((series) => series.startsWith('up{')) ? {} : { [`up{${web}}`]: '1x90' };
  const file = join(folder, 'case.yaml');
  writeFileSync(
    file,
    stringify({
      rule_files: [rules],
      evaluation_interval: '1m',
      tests: [
        {
          interval: '1m',
          input_series: Object.entries({ ...of, ...answering }).map(([series, values]) => ({ series, values })),
          alert_rule_test: expected.map(({ at, alert, fires }) => ({
            eval_time: at,
            alertname: alert,
            exp_alerts: fires ? firing(alert) : [],
          })),
        },
      ],
    }),
  );
  execFileSync(promtool ?? '', ['test', 'rules', file], { stdio: 'pipe', encoding: 'utf8' });
}

it('every alert has a row here', () => {
  expect(rows.map(([alert]) => alert)).toEqual(written.map(({ alert }) => alert));
});

describe.skipIf(!promtool)('in Prometheus’ own evaluator (promtool)', () => {
  it.each(rows)('%s fires, alone, in time', (alert, { after, of }) => {
    const others = written.filter((other) => other.alert !== alert);
    evaluate(of, [
      { at: after, alert, fires: true },
      ...others.map((other) => ({ at: after, alert: other.alert, fires: false })),
    ]);
  });

  it.each(rows.flatMap(([alert, , silent]) => silent.map(({ title, of }) => ({ alert, title, of }))))(
    '$alert stays silent about $title',
    ({ alert, of }) => {
      evaluate(
        of,
        Array.from({ length: 90 }, (_, minute) => ({ at: `${minute}m`, alert, fires: false })),
      );
    },
  );
});
