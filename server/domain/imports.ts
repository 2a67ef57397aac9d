import type { Instant, ShopifyId } from './scalars.ts';
import type { Histories } from './settings.ts';
import type { SkippedReason } from './states.ts';
import type { Gate } from './wording/describe-state.ts';

export type ImportState = 'counting' | 'counted' | 'running' | 'paused' | 'done' | 'cancelled' | 'failed';

type Flags = { true: number; false: number };
/** Flags and lists, as many as go out: once per address. */
export type ToldCounts = { EmailPermission: Flags; SMSPermission: Flags; lists: number };
/** What an import comes to: each record is a contact, or skipped, merged or in need of attention. */
export type CountedCounts = ToldCounts & {
  records: number;
  contacts: number;
  merged: number;
  attention: number;
  skipped: Partial<Record<SkippedReason, number>>;
};

/**
 * The answers of the first steps to whether Ascent360 holds the customers already, by what they make of the e-mail choices
 * from before. SMS opt-ins from before go out under neither.
 */
export const ANSWERS = {
  optOuts: { email: 'optOuts', sms: 'optOuts' },
  all: { email: 'all', sms: 'optOuts' },
} as const satisfies Record<string, Histories>;
export type Answer = keyof typeof ANSWERS;
export const answers = ['optOuts', 'all'] as const satisfies readonly Answer[];

/** What an import comes to with the settings as they are, and under each answer. Null: counted before that was done. */
export type Counted = CountedCounts & { byAnswer: Record<Answer, CountedCounts> | null };

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

export type Import = {
  id: string;
  kind: ImportRequest['kind'];
  state: ImportState;
  message: string;
  from: Instant | null;
  segmentId: string | null;
  listed: boolean;
  operationId: string | null;
  fileSize: number | null;
  readAt: Instant | null;
  expiresAt: Instant | null;
  /** Opens without a password: for downloading only, never for an answer or a log. */
  url: string | null;
  metafields: string[];
  /** The fields that the bulk operation left out, as the app may not see them. */
  denied: string[];
  listCursor: string | null;
  count: Position;
  feed: Position;
  fed: number;
  fedAt: Instant | null;
  counted: Counted;
  told: ToldCounts;
  /** The event before which all have ended, and what those came to. */
  settledTo: string | null;
  settled: Tally;
  total: number | null;
  rate: number | null;
  rateAt: Instant | null;
  rateDone: number;
  dueAt: Instant;
  createdAt: Instant;
  startedAt: Instant | null;
  endedAt: Instant | null;
};

/** What would go out under one answer of the first steps. */
export type AnswerCounts = Pick<CountedCounts, 'contacts' | 'skipped' | 'EmailPermission' | 'SMSPermission'>;

/** An import as the merchant API has it. `rate`: records a second; moments in ISO 8601. */
export type ImportAnswer = {
  id: string;
  kind: Import['kind'];
  /** Of which customers: everybody or those since `from`; those of a list of ids; those of a segment. */
  which: 'all' | 'some' | 'segment';
  from: string | null;
  state: ImportState;
  message: string;
  createdAt: string | null;
  startedAt: string | null;
  endedAt: string | null;
  done: number;
  total: number;
  rate: number | null;
  secondsLeft: number | null;
  /** What a started one waits for. */
  waits: Wait[];
  /** The settings were changed since it was counted, and other counts may be true now. */
  outdated: boolean;
  /** Before the start, by what the answer of the first steps makes of e-mail choices from before; null: not known. */
  byAnswer: Record<Answer, AnswerCounts> | null;
  /** Before it starts: what would go out; then: what did. */
  counts: Omit<Standing, 'fed' | 'done'> & {
    records: number;
    contacts: number;
    flags: Pick<ToldCounts, 'EmailPermission' | 'SMSPermission'>;
    lists: number;
    /** Texts that Ascent360 may send because of an SMS opt-in. */
    smsOptInTexts: number;
  };
};

/** Why some of a started import does not go out now. Moments in `message` are written as `2026-05-03 at 14:05 UTC`. */
export type Wait = {
  reason: Exclude<Gate, null> | 'down' | 'retrying' | 'behind_earlier' | 'reading_shopify' | 'live_events';
  /** Records; 0: all that is left. */
  count: number;
  message: string;
  /** The page that helps. */
  action?: 'settings';
};

/** How the events of an import stand. */
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

/** What an import reads: customers or orders, all of them or some. */
export type ImportRequest = {
  kind: 'customers' | 'orders';
  from: Instant | null;
  customerIds: ShopifyId[] | null;
  segmentId: ShopifyId | null;
};

/** A place between two records: the next line, and the byte of the file where it begins. */
export type Position = { line: number; offset: number };
