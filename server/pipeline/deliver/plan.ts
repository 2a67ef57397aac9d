import { addressChannels, flagChannels } from '../../domain/consent.ts';
import { newId } from '../../platform/database/ids.ts';
import type { KeptDecision } from '../../store/consent/decisions.ts';
import type { LedgerKey } from '../../store/consent/facts.ts';
import { keptPayload } from '../../store/deliveries/deliveries.ts';
import type { DueDelivery } from '../../store/deliveries/find-due.ts';
import type { EventUpdate } from '../../store/events/events.ts';
import { type Evaluated, isNothingNew, type View } from './evaluate.ts';

/** What a claim writes, collected delivery by delivery and written together. */
export type Plan = {
  leaving: {
    evaluated: Evaluated;
    prepared: Extract<Evaluated['prepared'], { kind: 'send' }>;
    attemptId: string;
    contentHash: string;
  }[];
  updates: EventUpdate[];
  closed: string[];
  kept: { id: string; kept: string }[];
  decisions: KeptDecision[];
  moved: ({ id: string } & DueDelivery['lanes'])[];
  /** Something ended that may have carried an opt-out that is still due. */
  mayOwe: boolean;
  /** Addresses with a due opt-out that the ledger's check expected these deliveries to carry. */
  owed: LedgerKey[];
};

export const emptyPlan = (): Plan => ({
  leaving: [],
  updates: [],
  closed: [],
  kept: [],
  decisions: [],
  moved: [],
  mayOwe: false,
  owed: [],
});

export function addToPlan({ shop, found, stored }: View, evaluated: Evaluated, plan: Plan): void {
  const { delivery, keys, prepared } = evaluated;
  const attemptId = newId();
  for (const channel of flagChannels) {
    const key = keys[channel];
    if (!key) continue;
    const { eventId, personId } = delivery;
    const sentWith = prepared.kind === 'send' ? attemptId : null;
    const decision = prepared.decisions[channel];
    plan.decisions.push({ ...key, channel, personId, decision, eventId, attemptId: sentWith });
  }
  if (prepared.kind === 'settle') {
    const optedOut = addressChannels.filter((channel) => prepared.decisions[channel].send === false);
    plan.closed.push(delivery.id);
    plan.updates.push({ id: delivery.eventId, ...prepared });
    // It was being sent when its customer was deleted: what it carried may still be due.
    plan.mayOwe ||= prepared.settled.reason === 'deleted_person' && delivery.kind !== 'consent';
    if (prepared.settled.state === 'skipped') plan.owed.push(...optedOut.flatMap((channel) => keys[channel] ?? []));
    return;
  }
  const contentHash = shop.vault.hash('content', prepared.content);
  if (isNothingNew(evaluated, found.entities, contentHash, stored.account)) {
    plan.closed.push(delivery.id);
    plan.kept.push({ id: delivery.id, kept: keptPayload(JSON.stringify(prepared.payload), prepared.fields) });
    plan.updates.push({ id: delivery.eventId, settled: { state: 'skipped', reason: 'nothing_new' } });
    return;
  }
  plan.leaving.push({ evaluated, prepared, attemptId, contentHash });
}

/**
 * While an untranslated event may be a newer choice, a claim sends nothing that tells one or puts a person
 * on a list.
 * @returns the deliveries that wait for that
 */
export function holdBackChoices(plan: Plan): string[] {
  const tellsChoice = ({ prepared }: Plan['leaving'][number]) => !prepared.onlyContent;
  const held = plan.leaving.filter(tellsChoice).map(({ evaluated }) => evaluated.delivery);
  const events = new Set(held.map(({ eventId }) => eventId));
  plan.leaving = plan.leaving.filter((one) => !tellsChoice(one));
  plan.decisions = plan.decisions.filter(({ eventId }) => !events.has(eventId));
  return held.map(({ id }) => id);
}
