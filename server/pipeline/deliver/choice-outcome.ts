import { meaningOf } from '../../domain/consent/meaning-of.ts';
import { rulesFor } from '../../domain/consent/rules-for.ts';
import {
  type AddressChannel,
  addressChannels,
  type ConsentFact,
  type FlagChannel,
  type FlagDecision,
} from '../../domain/consent.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Settings } from '../../domain/settings.ts';
import type { Settled, SkippedReason } from '../../domain/states.ts';
import { type Detail, detailOf, keepDetail } from '../../domain/wording/details.ts';
import type { ToldRow } from '../../store/consent/told-flags.ts';

/** What decides how an event ends that is sent only for its choice. */
export type ChoiceInput = {
  facts: Record<FlagChannel, readonly ConsentFact[]>;
  told: Record<FlagChannel, ToldRow>;
  settings: Settings;
  eventReceivedAt: Instant;
  /** The customer was deleted: only an opt-out is sent, with only its address. */
  isGone: boolean;
};

/** How a delivery ends without being sent. */
export type Ending = { kind: 'settle'; settled: Settled; detail: Detail | null; mergedInto: string | null };

export const settle = (settled: Settled, detail: Detail | null = null, mergedInto: string | null = null): Ending => ({
  kind: 'settle',
  settled,
  detail,
  mergedInto,
});

export const skip = (reason: SkippedReason, detail: Detail | null = null): Ending =>
  settle({ state: 'skipped', reason }, detail);

const NOT_ASKED_AGAIN = keepDetail({ code: 'timeline.reason.not_asked_again' });

export const isAnyDue = (decisions: Record<FlagChannel, FlagDecision>) =>
  Object.values(decisions).some(({ send }) => send !== null);

export const noChoice = skip('no_choice');
const dateOf = (fact: ConsentFact) => fact.chosenAt ?? Number.NEGATIVE_INFINITY;

export const gone = skip('deleted_person');

/**
 * A consent event gets a delivery only for a flag it makes due. Otherwise it ends here, with the
 * reason.
 */
export function consentOutcome(
  input: ChoiceInput,
  about: { channel: AddressChannel; factId: string },
  decision: FlagDecision,
): Ending | null {
  const nothing = input.isGone ? gone : noChoice;
  const fact = decision.fact;
  const own = input.facts[about.channel].find((known) => known.id === about.factId);
  const meaning = own ? meaningOf(own, rulesFor(about.channel, input.settings).optInLevel) : 'none';
  if (!own || fact === null || meaning === 'none') return nothing;
  // The same choice received twice is one choice. A newer one from a consent event has its own
  // delivery.
  const same = fact.state === own.state && fact.chosenAt === own.chosenAt;
  const older = dateOf(fact) < dateOf(own);
  const isHeldByOther = decision.reason === 'held_by_holder' || decision.reason === 'being_asked';
  if (
    decision.reason === 'held_by_newer_state' ||
    (!isHeldByOther && !same && !older && fact.source === 'consent_topic')
  ) {
    return settle({ state: 'merged', reason: 'superseded' }, null, fact.eventId);
  }
  if (decision.send !== null) return null;
  // An opt-in from before the person had this address is no choice for it, whatever else is known.
  if (older && meaning === 'opt_in' && !isHeldByOther) return nothing;
  switch (decision.reason) {
    case 'already_told': {
      const toldAt = input.told[about.channel].acceptedAt;
      return toldAt !== null && toldAt >= input.eventReceivedAt
        ? settle({ state: 'merged', reason: 'told_with_another' })
        : skip(
            'already_told',
            toldAt === null ? null : detailOf('accepted_at', { at: new Date(toldAt).toISOString() }),
          );
    }
    case 'history_held':
    case 'unticked_box':
      return skip(decision.reason);
    case 'held_by_holder':
    case 'being_asked':
      return input.isGone ? gone : skip('no_choice', keepDetail({ code: `timeline.reason.${decision.reason}` }));
    case 'not_asked_again':
      return input.isGone ? gone : skip('history_held', NOT_ASKED_AGAIN);
    default:
      return nothing;
  }
}

/**
 * A read gets a delivery of its own only for a flag. Usually none is due any more, or another
 * delivery carried it.
 */
export function readOutcome(input: ChoiceInput, decisions: Record<FlagChannel, FlagDecision>): Ending | null {
  if (isAnyDue(decisions)) return null;
  const isToldSince = (channel: AddressChannel) =>
    decisions[channel].reason === 'already_told' && (input.told[channel].acceptedAt ?? 0) >= input.eventReceivedAt;
  if (addressChannels.some(isToldSince)) return settle({ state: 'merged', reason: 'told_with_another' });
  const reasons = new Set(Object.values(decisions).map(({ reason }) => reason));
  for (const reason of ['history_held', 'unticked_box', 'already_told'] as const) {
    if (reasons.has(reason)) return skip(reason);
  }
  return noChoice;
}
