import { z } from 'zod';
import { attemptClasses, attentionReasons } from '../../domain/states.ts';
import { textContract } from '../../domain/wording/text-contract.ts';
import { type ApiRoute, jsonObject } from '../../http/api-description.ts';
import { activityItem } from '../../store/events/event-list.ts';
import {
  dismissManyContract,
  filterContract,
  issuesContract,
  listContract,
  manyContract,
  oneContract,
} from './contract.ts';

const moment = z.iso.datetime();
const flag = z.object({ true: z.int(), false: z.int() });
const flags = z.object({ EmailPermission: flag, SMSPermission: flag });

/**
 * Everything known about one event. `event`: Shopify's body, `{raw}` if it is not a JSON object,
 * null once erased. `payload` and `fields`: from the last attempt, or what would have been sent.
 * `isOpenRequest`: a privacy request that isn't done, which can't be dismissed.
 * `class` null: the attempt is still running. `answer`: the start of Ascent360's answer.
 * `earlierAttempts`: those that `attempts` leaves out, as a probe is made every few minutes of a long outage.
 */
const activityDetail = activityItem.extend({
  triggeredAt: moment,
  settledAt: moment.nullable(),
  mergedInto: z.uuid().nullable(),
  isOpenRequest: z.boolean(),
  event: jsonObject.nullable(),
  payload: jsonObject.nullable(),
  fields: z.array(z.object({ key: z.string(), from: z.string().nullable(), reason: z.string(), text: textContract })),
  attempts: z.array(
    z.object({
      at: moment,
      status: z.int().nullable(),
      class: z.enum(attemptClasses).nullable(),
      ms: z.int().nullable(),
      error: z.string().nullable(),
      answer: z.string().nullable(),
    }),
  ),
  earlierAttempts: z.object({ count: z.int().positive(), since: moment }).nullable(),
});
export type ActivityDetail = z.infer<typeof activityDetail>;
/** `total`: how many events match the filter, on all pages; `totalMore`: there are more than that. */
const activityPage = z.object({
  items: z.array(activityItem),
  nextCursor: z.string().nullable(),
  total: z.int().nonnegative(),
  totalMore: z.boolean(),
});
export type EventsPage = z.infer<typeof activityPage>;

/**
 * What could not be sent for one cause, about one person. `suspect`: the value that is most likely
 * the cause. `requests`: how many are privacy requests that aren't done, which can't be dismissed.
 * `query`: what opens exactly its events in the activity; of a resolved issue, everything
 * accepted of that person. Times in ISO 8601.
 */
const issue = z.object({
  reason: z.enum(attentionReasons).nullable(),
  message: z.string(),
  text: textContract,
  person: z
    .object({
      id: z.uuid(),
      customerId: z.string().nullable(),
      name: z.string().nullable(),
      email: z.string().nullable(),
    })
    .nullable(),
  count: z.int().positive(),
  requests: z.int().nonnegative(),
  since: moment,
  eventId: z.uuid(),
  suspect: z.object({ key: z.string(), value: z.string() }).nullable(),
  query: z.string(),
});
export type Issue = z.infer<typeof issue>;
/** `more`: there are older events than the newest 1,000, and the issues don't count them. */
const issueList = z.object({ items: z.array(issue), more: z.boolean() });
export type IssueList = z.infer<typeof issueList>;

/** Events that can't be resent, by why. */
const leftOut = z.array(z.object({ message: z.string(), text: textContract, count: z.int().positive() }));

/**
 * `together`: how many events are of an order or customer that is sent for another of them anyway.
 * `skippedAgain`: how many would not be sent because of the settings, the format or their message.
 */
const sentAgain = z.object({ count: z.int(), together: z.int(), flags, skippedAgain: z.int(), leftOut });
export type SentAgain = z.infer<typeof sentAgain>;
/** What would be sent. */
export type DueFlags = Omit<SentAgain, 'count' | 'together' | 'leftOut'>;
/** `more`: the filter matches more events than one call can resend. */
const sentManyAgain = sentAgain.extend({ more: z.boolean() });

/** `more`: the filter matches more events than one call dismisses. */
const dismissedMany = z.object({ count: z.int(), more: z.boolean() });
export type DismissedMany = z.infer<typeof dismissedMany>;

export const activityApi: readonly ApiRoute[] = [
  {
    method: 'get',
    path: '/activity',
    does: 'Lists events, newest first. `waiting` also means what is being sent or tried again.',
    query: listContract('UTC'),
    answer: { json: activityPage },
    refusals: [422],
  },
  {
    method: 'get',
    path: '/activity.csv',
    does: 'Gives all events of a filter as a file.',
    query: filterContract('UTC'),
    answer: { file: 'text/csv' },
    refusals: [422],
  },
  {
    method: 'get',
    path: '/activity/:id',
    does: 'Gives one event: what Shopify sent, what Ascent360 was sent, why for each field, and the attempts.',
    answer: { json: activityDetail },
    refusals: [404],
  },
  {
    method: 'post',
    path: '/activity/retry',
    does: 'Sends all events of a filter again, or with `dryRun` says what that would send.',
    body: manyContract('UTC'),
    answer: { status: 202, json: sentManyAgain },
    refusals: [422],
  },
  {
    method: 'post',
    path: '/activity/:id/retry',
    does: 'Sends one event again, or with `dryRun` says what that would send.',
    body: oneContract,
    answer: { status: 202, json: sentAgain },
    refusals: [404, 409, 422],
  },
  {
    method: 'get',
    path: '/issues',
    does: 'Groups by cause and person what needs attention, of the newest 1,000 events: open, resolved, or ignored.',
    query: issuesContract,
    answer: { json: issueList },
    refusals: [422],
  },
  {
    method: 'post',
    path: '/activity/dismiss',
    does: 'Dismisses the events of a filter that need attention, the newest first; more: there are others. dryRun: only says how many.',
    body: dismissManyContract('UTC'),
    answer: { json: dismissedMany },
    refusals: [422],
  },
  {
    method: 'post',
    path: '/activity/:id/dismiss',
    does: 'Turns an event that needs attention into one that was dismissed.',
    answer: { json: activityItem },
    refusals: [404, 409, 422],
  },
];
