import { z } from 'zod';
import { importAnswer } from '../../domain/imports.ts';
import { attentionReasons } from '../../domain/states.ts';
import { textContract } from '../../domain/wording/text-contract.ts';
import type { ApiRoute } from '../../http/api-description.ts';

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
    'not_connected',
    'attention',
  ]),
  message: z.string(),
  text: textContract,
  reason: z.enum(attentionReasons).exactOptional(),
  since: moment.exactOptional(),
  count: count.exactOptional(),
  action: z.enum(['settings', 'activity', 'privacy']).exactOptional(),
});

/**
 * `GET /api/overview`. Times in ISO 8601; `undeliveredOptOuts`: waiting deliveries that would send
 * an opt-out.
 */
export const overviewAnswer = z.object({
  connection: z.object({
    state: z.enum(['not_connected', 'connected', 'paused', 'problem', 'uninstalled']),
    message: z.string(),
    text: textContract,
  }),
  /** Each window ends now. */
  counts: z.object({ '24h': counts, '7d': counts, '30d': counts }),
  /** Days are in the shop's time zone, `date` as `YYYY-MM-DD`, today last. */
  daily: z.array(z.object({ date: z.iso.date(), ...counts.shape })),
  /** Whether the app may read the shop through the Admin API. */
  adminAccess: z.object({ state: z.enum(['ok', 'missing', 'needs_opening']), message: z.string(), text: textContract }),
  timeZone: z.string(),
  problems: z.array(problem),
  lastEventAt: moment.nullable(),
  oldestWaitingAt: moment.nullable(),
  undeliveredOptOuts: count,
  /** Imports that are counting, running or paused, newest first. */
  imports: z.array(importAnswer),
});
export type OverviewAnswer = z.infer<typeof overviewAnswer>;
export type Connection = OverviewAnswer['connection'];
export type OverviewCounts = Pick<OverviewAnswer, 'counts' | 'daily'>;
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
