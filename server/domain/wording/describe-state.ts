import type {
  AttemptClass,
  AttentionReason,
  EventState,
  MergedReason,
  Reason,
  SkippedReason,
  WaitingReason,
} from '../states.ts';
import { detailText } from './details.ts';
import { said } from './in-english.ts';
import { inTurn, type Text } from './text.ts';

/**
 * An event as its rows have it. `leased` to `behind` are from its open delivery, and null without
 * one. `reading`: what it lacks is being read through the Admin API.
 */
export type StateRow = {
  state: 'received' | 'open' | 'accepted' | 'merged' | 'skipped' | 'attention';
  reason: MergedReason | SkippedReason | AttentionReason | null;
  detail: string | null;
  leased: boolean | null;
  attempts: number | null;
  last_class: AttemptClass | null;
  behind: boolean | null;
  reading: boolean;
};

/** Why a shop may not send anything now; null: it may. */
export type Gate = Extract<WaitingReason, 'not_connected' | 'paused' | 'connection_problem'> | null;

export function gateOf(
  stored: { guid: string | null; settings: { paused: boolean }; problem: object | null } | null,
): Gate {
  if (!stored?.guid) return 'not_connected';
  if (stored.settings.paused) return 'paused';
  return stored.problem ? 'connection_problem' : null;
}

type Described = { state: EventState; reason: Reason | null; message: string; text: Text };

/** A sentence saying why an event has its state. */
export const reasonText = (reason: Reason): Text => ({ code: `state.${reason}` });

/**
 * The state of an event in the merchant's words. The reason for waiting is worked out here, from
 * the shop's current state.
 */
export function describeState(row: StateRow, gate: Gate): Described {
  switch (row.state) {
    case 'received':
      return waiting(gate ?? 'due');
    case 'open':
      if (row.leased) return { state: 'sending', reason: null, ...said({ code: 'state.sending' }) };
      if (row.attempts) {
        const last: Text = { code: `retry.${row.last_class ?? 'unknown'}` };
        return { state: 'retrying', reason: null, ...said(inTurn(last, gate && reasonText(gate))) };
      }
      return waiting(gate ?? (row.behind ? 'behind_earlier' : row.reading ? 'reading_shopify' : 'due'));
    case 'accepted':
      return { state: 'accepted', reason: null, ...said(inTurn({ code: 'state.accepted' }, detailText(row.detail))) };
    default: {
      const reason = row.reason ? reasonText(row.reason) : null;
      const detail = detailText(row.detail);
      const text = reason ? inTurn(reason, detail) : detail;
      return { state: row.state, reason: row.reason, ...said(text ?? { code: 'as_it_is', params: { sentence: '' } }) };
    }
  }
}

const waiting = (reason: WaitingReason): Described => ({ state: 'waiting', reason, ...said(reasonText(reason)) });
