/** The states of an event and an attempt, and the reasons for them: the codes of SPEC 7. */
import type { Instant } from './scalars.ts';
import type { Text } from './wording/text.ts';

export const eventStates = ['waiting', 'sending', 'retrying', 'accepted', 'merged', 'skipped', 'attention'] as const;
export type EventState = (typeof eventStates)[number];

const waitingReasons = [
  'due',
  'not_connected',
  'paused',
  'connection_problem',
  'behind_earlier',
  'reading_shopify',
] as const;
export type WaitingReason = (typeof waitingReasons)[number];

export const mergedReasons = ['superseded', 'told_with_another'] as const;
export type MergedReason = (typeof mergedReasons)[number];

export const skippedReasons = [
  'nothing_new',
  'stale',
  'no_contact',
  'no_choice',
  'already_told',
  'history_held',
  'unticked_box',
  'test_order',
  'channel_excluded',
  'topic_off',
  'recorded',
  'lifecycle',
  'privacy',
  'uninstalled',
  'deleted_person',
  'redacted',
  'merge_not_completed',
  'unknown_topic',
  'dismissed',
  'expired',
] as const;
export type SkippedReason = (typeof skippedReasons)[number];

export const attentionReasons = ['rejected', 'gave_up', 'invalid_payload', 'unreadable', 'translation_failed'] as const;
export type AttentionReason = (typeof attentionReasons)[number];

/** The reasons an event ends with: each belongs to one state. */
export const endReasons = [...mergedReasons, ...skippedReasons, ...attentionReasons] as const;
export type EndReason = (typeof endReasons)[number];

export const reasons = [...waitingReasons, ...mergedReasons, ...skippedReasons, ...attentionReasons] as const;
export type Reason = (typeof reasons)[number];

/** How an event ended, before anything was sent or after the last attempt. */
export type Settled =
  | { state: 'accepted'; reason: null }
  | { state: 'merged'; reason: MergedReason }
  | { state: 'skipped'; reason: SkippedReason }
  | { state: 'attention'; reason: AttentionReason };

/**
 * The class of one attempt's answer, by who acts next (SPEC 7.1). accepted: nobody; retry: us,
 * later; rejected: nobody, show it; connection_problem: the merchant; unknown: us, now (the process
 * died midway, so we don't know the outcome).
 */
export const attemptClasses = ['accepted', 'retry', 'rejected', 'connection_problem', 'unknown'] as const;
export type AttemptClass = (typeof attemptClasses)[number];

/**
 * Whether the flags of an attempt count as told. Only after a 4xx are we sure that they weren't
 * taken.
 */
export type FlagOutcome = 'accepted' | 'refused' | 'unknown';

/** The breaker of one shop, as delivery/breaker changes it. Plain JSON: it is stored. */
export type BreakerState = {
  /** Null: closed. */
  openedAt: Instant | null;
  /** When the last probe since opening left; null: none yet. */
  probedAt: Instant | null;
  /**
   * Counts by slice of the window, oldest first; `at` is the slice's first attempt. Empty while
   * open.
   */
  slices: readonly { at: Instant; attempts: number; failures: number }[];
};

/** One payload key, present or left out, and why: SPEC 4.2 `fields`. */
export type FieldReason = { key: string; from: string | null; text: Text };

/**
 * Where an event comes from. `person`: resent or sent by the merchant; `read`: a flag that a read
 * of the Admin API, or the daily check of the ledger, made due.
 */
export const eventSources = ['webhook', 'reconciliation', 'flow', 'import', 'person', 'read'] as const;
export type EventSource = (typeof eventSources)[number];

/**
 * The sources in the counts. Imports have their own counts, and a send by the merchant isn't an
 * event from Shopify.
 */
export const countedNames = ['webhook', 'reconciliation', 'flow'] as const satisfies readonly EventSource[];
/** The same as SQL. */
export const countedSources = `(${countedNames.map((name) => `'${name}'`).join(', ')})`;
