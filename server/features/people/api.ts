import { z } from 'zod';
import { channels, factSources, flagReasons } from '../../domain/consent.ts';
import { attemptClasses, eventStates, reasons } from '../../domain/states.ts';
import { textContract } from '../../domain/wording/text-contract.ts';
import type { ApiRoute } from '../../http/api-description.ts';
import { queryContract } from './contract.ts';

const moment = z.iso.datetime();

/** A person in a list. Times in ISO 8601. */
const personItem = z.object({
  id: z.uuid(),
  customerId: z.string().nullable(),
  email: z.string().nullable(),
  phone: z.string().nullable(),
  mobile: z.string().nullable(),
  name: z.string().nullable(),
  seenAt: moment,
  deletedAt: moment.nullable(),
});
export type PersonItem = z.infer<typeof personItem>;

/** What is known about one address. `state`, `level`: Shopify's words. Times in ISO 8601. */
const channelConsent = z.object({
  address: z.string().nullable(),
  state: z.string().nullable(),
  level: z.string().nullable(),
  /** When the person chose; null: Shopify gives no date. */
  since: moment.nullable(),
  source: z.enum(factSources).nullable(),
  eventId: z.uuid().nullable(),
  /** The last flag that Ascent360 accepted; null: none. */
  told: z.boolean().nullable(),
  toldAt: moment.nullable(),
});
export type ChannelConsent = z.infer<typeof channelConsent>;

/**
 * What sending a person now would say for a channel. `send` null: no flag, and `reason` says why.
 */
const flagNow = z.object({ send: z.boolean().nullable(), reason: z.enum(flagReasons) });
export type FlagNow = z.infer<typeof flagNow>;

/**
 * What is known about a person besides contact and consent. `readAt` in ISO 8601; null: never read
 * through the Admin API.
 */
const knownBesides = z.object({
  readAt: moment.nullable(),
  /** The customer's tags, as written. */
  tags: z.array(z.string()),
  /** By `namespace.key`, for the keys in the settings; an empty list: the customer has no value. */
  metafields: z.record(z.string(), z.array(z.string())),
  /** Opted out of the sale of their data: never put on a list. Null: not known. */
  dataSaleOptOut: z.boolean().nullable(),
});
export type KnownBesides = z.infer<typeof knownBesides>;

const entry = {
  at: moment,
  /** English: the title and the text. */
  message: z.string(),
  title: textContract.nullable(),
  text: textContract.nullable(),
  eventId: z.uuid().nullable(),
};
/** The address that it is about, as written; null: it is about calls or post, or the person no longer has it. */
const address = z.string().nullable();
/**
 * An event in a person's history. `at` in ISO 8601: for a fact, when the person chose, if known.
 */
const timelineEntry = z.discriminatedUnion('kind', [
  z.object({
    ...entry,
    kind: z.literal('fact'),
    channel: z.enum(channels),
    address,
    state: z.string().nullable(),
    level: z.string().nullable(),
    source: z.enum(factSources),
    chosenAt: moment.nullable(),
    recordedAt: moment,
  }),
  z.object({
    ...entry,
    kind: z.literal('decision'),
    channel: z.enum(channels),
    address,
    /** `refused`: a record carried it, and Ascent360 did not take the record. */
    decision: z.enum(['told', 'refused', 'held', 'left_out', 'superseded']),
    value: z.boolean().nullable(),
    reason: z.enum(flagReasons),
    /**
     * The outcome of the attempt that carried the flag; null: no attempt did, or it is still
     * running.
     */
    outcome: z.enum(attemptClasses).nullable(),
    /** How often it was decided for this event with this outcome: the first time at `since`, the last time at `at`. */
    times: z.int().positive(),
    since: moment,
  }),
  z.object({
    ...entry,
    kind: z.literal('delivery'),
    topic: z.string(),
    /** When Ascent360 last accepted it, whatever its state is now; null: never, or long ago. */
    acceptedAt: moment.nullable(),
    what: z.string().nullable(),
    state: z.enum(eventStates),
    reason: z.enum(reasons).nullable(),
  }),
  /** The last read through the Admin API. */
  z.object({ ...entry, kind: z.literal('read') }),
]);
export type TimelineEntry = z.infer<typeof timelineEntry>;

/**
 * `damaged`: what was last known of them can't be opened, so that they can't be sent; what else is known is here.
 * `timelineCut`: there are more entries than those shown.
 */
const personDetail = personItem.extend({
  damaged: z.boolean(),
  consent: z.object({
    email: channelConsent.extend({ now: flagNow }),
    sms: channelConsent.extend({ now: flagNow }),
  }),
  /** Other data that Shopify has on them. */
  read: knownBesides,
  timeline: z.array(timelineEntry),
  timelineCut: z.boolean(),
});
export type PersonDetail = z.infer<typeof personDetail>;

export const peopleApi: readonly ApiRoute[] = [
  {
    method: 'get',
    path: '/people',
    does: 'Finds people by a whole email address, phone number or customer id.',
    query: queryContract,
    answer: { json: z.object({ items: z.array(personItem) }) },
    refusals: [422],
  },
  {
    method: 'get',
    path: '/people/:id',
    does: 'Gives one person: consent for each channel, what Ascent360 was last told, and the timeline.',
    answer: { json: personDetail },
    refusals: [404],
  },
  {
    method: 'post',
    path: '/people/:id/send',
    does: 'Sends the person as last known; answers with the id of the event that this makes.',
    answer: { status: 202, json: z.object({ id: z.uuid() }) },
    refusals: [404, 409, 422],
  },
];
