import type { Position } from '../admin/bulk-file.ts';
import type { ImportRequest } from '../features/imports/contract.ts';
import type { Histories } from '../pipeline/dry-run.ts';
import type { Instant } from './scalars.ts';
import type { SkippedReason } from './states.ts';

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
