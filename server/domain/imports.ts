import { z } from 'zod';
import type { Instant, ShopifyId } from './scalars.ts';
import type { Histories } from './settings.ts';
import { type SkippedReason, skippedReasons } from './states.ts';
import type { Text } from './wording/text.ts';
import { textContract } from './wording/text-contract.ts';

/** Those of an import that isn't over. */
export const unendedStates = ['counting', 'counted', 'running', 'paused'] as const;
const importStates = [...unendedStates, 'done', 'cancelled', 'failed'] as const;
export type ImportState = (typeof importStates)[number];

type Flags = { true: number; false: number };
/** How many flags and lists are sent: each once per address. */
export type ToldCounts = { EmailPermission: Flags; SMSPermission: Flags; lists: number };
/** An import's counts. Each record is a contact, or is skipped, merged or needs attention. */
export type CountedCounts = ToldCounts & {
  records: number;
  contacts: number;
  merged: number;
  attention: number;
  skipped: Partial<Record<SkippedReason, number>>;
};

/**
 * The answers in the first steps to whether Ascent360 already has the customers, by how they treat
 * earlier email choices. Neither sends earlier SMS opt-ins.
 */
export const ANSWERS = {
  optOuts: { email: 'optOuts', sms: 'optOuts' },
  all: { email: 'all', sms: 'optOuts' },
} as const satisfies Record<string, Histories>;
export type Answer = keyof typeof ANSWERS;
export const answers = ['optOuts', 'all'] as const satisfies readonly Answer[];

/** An import's counts under the current settings, and under each answer. */
export type Counted = CountedCounts & { byAnswer: Record<Answer, CountedCounts> };

/** How many events have a state. */
export type End = { state: string; reason: SkippedReason | null; count: number };
export type Tally = { ends: End[]; told: ToldCounts };

export const noneTold = (): ToldCounts => ({
  EmailPermission: { true: 0, false: 0 },
  SMSPermission: { true: 0, false: 0 },
  lists: 0,
});
export const noneCounted = (): CountedCounts => ({
  ...noneTold(),
  records: 0,
  contacts: 0,
  merged: 0,
  attention: 0,
  skipped: {},
});

export const noneAnswered = (): Counted => ({
  ...noneCounted(),
  byAnswer: { optOuts: noneCounted(), all: noneCounted() },
});

/** None of its events has been counted for good. */
export const nothingSettled = (): Pick<Import, 'settledTo' | 'settled'> => ({
  settledTo: null,
  settled: { ends: [], told: noneTold() },
});

export type Import = {
  id: string;
  kind: ImportRequest['kind'];
  state: ImportState;
  /** What to say about it besides its state; null: nothing. */
  text: Text | null;
  from: Instant | null;
  segmentId: string | null;
  listed: boolean;
  operationId: string | null;
  fileSize: number | null;
  readAt: Instant | null;
  expiresAt: Instant | null;
  /** Opens without a password: only for downloading, never in an answer or a log. */
  url: string | null;
  metafields: string[];
  /** The fields the bulk operation left out because the app may not see them. */
  denied: string[];
  listCursor: string | null;
  count: Position;
  feed: Position;
  fed: number;
  fedAt: Instant | null;
  counted: Counted;
  told: ToldCounts;
  /** Every event before this one has ended, and their totals are stored. */
  settledTo: string | null;
  settled: Tally;
  total: number | null;
  rate: number | null;
  rateAt: Instant | null;
  rateDone: number;
  dueAt: Instant;
  createdAt: Instant;
  startedAt: Instant | null;
  pausedAt: Instant | null;
  endedAt: Instant | null;
};

const count = z.int().nonnegative();
const flags = z.object({ true: count, false: count });
const skipped = z.partialRecord(z.enum(skippedReasons), count);
const moment = z.iso.datetime().nullable();

/** What would be sent under one answer of the first steps. */
const answerCounts = z.object({ contacts: count, skipped, EmailPermission: flags, SMSPermission: flags });
export type AnswerCounts = z.infer<typeof answerCounts>;

/** Why part of a started import isn't sent now. */
const wait = z.object({
  reason: z.enum([
    'not_connected',
    'paused',
    'connection_problem',
    'down',
    'retrying',
    'behind_earlier',
    'reading_shopify',
    'live_events',
  ]),
  /** Records; 0: all that are left. */
  count,
  message: z.string(),
  text: textContract,
  /** The page that helps. */
  action: z.literal('settings').exactOptional(),
});
export type Wait = z.infer<typeof wait>;

/** An import as the merchant API returns it. `rate`: records per second; moments in ISO 8601. */
export const importAnswer = z.object({
  id: z.uuid(),
  kind: z.enum(['customers', 'orders']),
  /** Which customers: all, or those since `from`; those in a list of ids; those in a segment. */
  which: z.enum(['all', 'some', 'segment']),
  from: moment,
  state: z.enum(importStates),
  message: z.string(),
  /** Null: there is nothing to say besides its state. */
  text: textContract.nullable(),
  createdAt: moment,
  startedAt: moment,
  /** Since when it is paused; null: it isn't. */
  pausedAt: moment,
  endedAt: moment,
  done: count,
  total: count,
  rate: z.number().positive().nullable(),
  secondsLeft: count.nullable(),
  /** What a started import is waiting for. */
  waits: z.array(wait),
  /** Settings changed, or another import was sent, since it was counted: the counts may be different now. */
  outdated: z.boolean(),
  /**
   * What would be sent for each answer of the first steps about earlier email choices; null: the
   * import has started.
   */
  byAnswer: z.object({ optOuts: answerCounts, all: answerCounts }).nullable(),
  /** Before it starts: what would be sent, so far while it is counted; afterwards, or once it has ended: what was sent. */
  counts: z.object({
    records: count,
    contacts: count,
    accepted: count,
    merged: count,
    waiting: count,
    attention: count,
    skipped,
    flags: z.object({ EmailPermission: flags, SMSPermission: flags }),
    lists: count,
    /** Texts that Ascent360 may send because of an SMS opt-in. */
    smsOptInTexts: count,
  }),
});
export type ImportAnswer = z.infer<typeof importAnswer>;

/** The states of an import's events. */
export type Standing = {
  fed: number;
  accepted: number;
  merged: number;
  waiting: number;
  attention: number;
  skipped: Partial<Record<SkippedReason, number>>;
  /** Those that have ended. */
  done: number;
};

/** What an import reads: customers or orders, all or some of them. */
export type ImportRequest = {
  kind: 'customers' | 'orders';
  from: Instant | null;
  customerIds: ShopifyId[] | null;
  segmentId: ShopifyId | null;
};

/** A place between two records: the next line, and the byte of the file where it starts. */
export type Position = { line: number; offset: number };
