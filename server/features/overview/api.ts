import { z } from 'zod';
import { importAnswer } from '../../domain/imports.ts';
import { attentionReasons } from '../../domain/states.ts';
import { textContract } from '../../domain/wording/text-contract.ts';
import type { ApiRoute } from '../../http/api-description.ts';
import { seenAnswers } from '../../store/shops/proof.ts';

const moment = z.iso.datetime();
const count = z.int().nonnegative();

/** `received` is always the sum of the others; `waiting` includes events being sent or retried. */
const counts = z.object({
  received: count,
  accepted: count,
  merged: count,
  skipped: count,
  waiting: count,
  attention: count,
});

/** For each figure, the query of `GET /api/activity` that opens exactly the events it counts. */
const query = z.string();
const figureQueries = z.object({
  received: query,
  accepted: query,
  merged: query,
  skipped: query,
  waiting: query,
  attention: query,
});
export type FigureQueries = z.infer<typeof figureQueries>;

/**
 * Something that needs the merchant's attention. `action`: the page that helps. `since` in ISO
 * 8601.
 */
const problem = z.object({
  kind: z.enum([
    'admin_access',
    'fields_denied',
    'shopify_failing',
    'connection_problem',
    'opt_outs_undelivered',
    'privacy_due',
    'privacy_request',
    'expiring',
    'webhooks_missed',
    'silent',
    'not_connected',
    'attention',
  ]),
  message: z.string(),
  text: textContract,
  reason: z.enum(attentionReasons).exactOptional(),
  since: moment.exactOptional(),
  count: count.exactOptional(),
  query: query.exactOptional(),
  action: z.enum(['settings', 'activity', 'privacy']).exactOptional(),
});

/**
 * `GET /api/overview`. Times in ISO 8601; `undeliveredOptOuts`: events whose opt-out wasn't
 * accepted yet, whether they wait or need attention; of several with the same one, the oldest.
 */
const overviewAnswer = z.object({
  connection: z.object({
    state: z.enum(['not_connected', 'connected', 'paused', 'problem', 'uninstalled']),
    message: z.string(),
    text: textContract,
    /** Since when it is so; null: not known, or as long as the app is installed. */
    since: moment.nullable(),
    /** When Ascent360 last accepted anything under this GUID; null: never. */
    provenAt: moment.nullable(),
    /** Whether the merchant found it in Ascent360; null: not answered. */
    seen: z.object({ answer: z.enum(seenAnswers), at: moment }).nullable(),
    /** A day after the first acceptance, until it is answered. */
    askSeen: z.boolean(),
  }),
  /** Each window ends now. */
  counts: z.object({ '24h': counts, '7d': counts, '30d': counts }),
  /** Days are in the shop's time zone, `date` as `YYYY-MM-DD`, today last. */
  daily: z.array(z.object({ date: z.iso.date(), ...counts.shape })),
  queries: z.object({
    '24h': figureQueries,
    '7d': figureQueries,
    '30d': figureQueries,
    /** In the order of `daily`. */
    daily: z.array(figureQueries),
    oldestWaiting: query,
    undeliveredOptOuts: query,
  }),
  /** Whether the app may read the shop through the Admin API. */
  adminAccess: z.object({ state: z.enum(['ok', 'missing', 'needs_opening']), message: z.string(), text: textContract }),
  timeZone: z.string(),
  problems: z.array(problem),
  lastEventAt: moment.nullable(),
  oldestWaitingAt: moment.nullable(),
  /**
   * Set once a silence was looked into: `quiet` if Shopify confirms that nothing happened. Null:
   * webhooks come as usual.
   */
  silence: z
    .object({ state: z.enum(['quiet', 'silent', 'unknown']), since: moment, message: z.string(), text: textContract })
    .nullable(),
  undeliveredOptOuts: count,
  /** Imports that are counting, running or paused, newest first. */
  imports: z.array(importAnswer),
});
export type OverviewAnswer = z.infer<typeof overviewAnswer>;
export type Connection = OverviewAnswer['connection'];
export type OverviewCounts = Pick<OverviewAnswer, 'counts' | 'daily'> & {
  queries: Pick<OverviewAnswer['queries'], '24h' | '7d' | '30d' | 'daily'>;
};
export type Counts = z.infer<typeof counts>;
export type Problem = z.infer<typeof problem>;

export const overviewApi: readonly ApiRoute[] = [
  {
    method: 'get',
    path: '/overview',
    does: 'Says how the shop stands: connection, counts, days, open problems, imports under way.',
    answer: { json: overviewAnswer },
  },
];
