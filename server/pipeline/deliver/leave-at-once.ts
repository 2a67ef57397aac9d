import { CLOSED, mayAttempt } from '../../domain/delivery/breaker.ts';
import { keepDecisions } from '../../store/consent/decisions.ts';
import { type ClaimedDelivery, FIRST_FENCE, type NewDelivery } from '../../store/deliveries/deliveries.ts';
import { hasDue, mayHoldChoices } from '../../store/deliveries/due-work.ts';
import { openLanes } from '../../store/deliveries/lanes.ts';
import type { EventRow } from '../../store/events/stored-events.ts';
import type { Person } from '../../store/people/people.ts';
import type { StoredSettings } from '../../store/shops/settings.ts';
import type { InShop } from '../in-shop.ts';
import type { ChooseLeaving, ChosenToLeave, KnownInBatch } from '../process/batch.ts';
import { type ClaimDeps, mayClaim, newLanes } from './claim.ts';
import { addLedger, type DeliveryContext } from './context.ts';
import { evaluate, type View } from './evaluate.ts';
import { noteLeaving, type ReadyDelivery, readyToLease, withFence } from './lease-and-note.ts';
import { addToPlan, emptyPlan, holdBackChoices, type Plan } from './plan.ts';

/** What left, and whether the shop may have more to claim. */
export type Left = { ready: readonly ReadyDelivery[]; due: boolean };

/** How many may leave at once, and who posts them; called after the commit. */
export type AtOnce = Pick<ClaimDeps, 'log' | 'leaseMs' | 'breakerProbeMs' | 'now'> & {
  room: number;
  take(left: Left): void;
};

/** `left`: null until something was chosen. */
type Departure = { choose: ChooseLeaving; left(): Left | null };

const isWaiting = ({ readWaitMs, settleMs }: NewDelivery) => readWaitMs != null || settleMs != null;

/** The first new delivery of each lane, unless it waits for something or takes another's place. */
export function firstInLanes(opened: readonly NewDelivery[]): NewDelivery[] {
  const [email, phone] = [new Set<string>(), new Set<string>()];
  return opened.filter((one) => {
    const { emailLane, phoneLane } = one;
    const isFirst = !(emailLane && email.has(emailLane)) && !(phoneLane && phone.has(phoneLane));
    if (emailLane) email.add(emailLane);
    if (phoneLane) phone.add(phoneLane);
    return isFirst && one.takesPlaceOf === null && !isWaiting(one);
  });
}

const lanesIn = (news: readonly NewDelivery[], lane: 'emailLane' | 'phoneLane') =>
  news.flatMap((one) => one[lane] ?? []);

/** As claiming it would have it. */
export const claimedAtOnce = (
  one: NewDelivery,
  event: Pick<EventRow, 'topic' | 'received_at' | 'triggered_at'>,
): ClaimedDelivery => ({
  id: one.id,
  eventId: one.eventId,
  kind: one.kind,
  entity: one.entity,
  personId: one.personId,
  subject: one.subject,
  attempts: 0,
  firstAttemptAt: null,
  again: false,
  reassert: false,
  unread: false,
  choice: one.choice ?? false,
  topic: event.topic,
  eventReceivedAt: event.received_at.getTime(),
  eventTriggeredAt: event.triggered_at.getTime(),
});

/** The settings to send with, when the shop may send as usual; null: not now, or only a probe. */
export function settingsToSend({ life, stored, at }: Pick<InShop, 'life' | 'stored' | 'at'>, breakerProbeMs: number) {
  if (life.uninstalledAt !== null || !mayClaim(stored) || stored.problem !== null) return null;
  return mayAttempt(stored.breaker ?? CLOSED, at, breakerProbeMs) === 'yes' ? stored : null;
}

/** What a delivery would send, if it would send something; what else becomes of it is found by claiming it. */
export function addIfSent(view: View, delivery: ClaimedDelivery, plan: Plan): void {
  const own = emptyPlan();
  addToPlan(view, evaluate(view, delivery), own);
  if (own.leaving.length === 0) return;
  plan.leaving.push(...own.leaving);
  plan.decisions.push(...own.decisions);
}

type Candidate = { one: NewDelivery; person: Person | null; delivery: ClaimedDelivery };

/** The new deliveries that nothing of the same batch goes before, as claiming them would have them. */
function candidatesOf(
  opened: readonly NewDelivery[],
  { people, sending }: KnownInBatch,
  events: ReadonlyMap<string, EventRow>,
): Candidate[] {
  return firstInLanes(opened).flatMap((one) => {
    if (one.entity !== null && sending.has(one.entity)) return [];
    const event = events.get(one.eventId);
    const person = one.personId === null ? null : people.byId(one.personId);
    // Somebody who was merged meanwhile is looked up again.
    return event && (person === null || person?.id === one.personId)
      ? [{ one, person, delivery: claimedAtOnce(one, event) }]
      : [];
  });
}

/** What claiming them would load, with the people and states that the batch has already. */
async function contextOf(
  { sql, shop }: InShop,
  stored: StoredSettings,
  candidates: readonly Candidate[],
  { entities }: KnownInBatch,
): Promise<DeliveryContext> {
  const people = candidates.flatMap(({ person }) => person ?? []);
  return await addLedger(
    { sql, shop, stored },
    candidates.map(({ delivery }) => delivery),
    {
      damaged: new Set(),
      profiles: new Map(people.map(({ id, profile }) => [id, profile])),
      deleted: new Set(people.flatMap(({ id, deletedAt }) => (deletedAt === null ? [] : [id]))),
      entities,
    },
  );
}

/**
 * Claims what a batch has just opened, before it is written: a delivery that nothing goes before,
 * that waits for nothing, and that is certain to send something. It is inserted leased, in the
 * transaction that translated it, which already holds the shop's lock. Everything else is claimed
 * later, as are these while the shop has a backlog: what is due longest goes first.
 * @param rows the batch's events
 */
export function leaveAtOnce(held: InShop, atOnce: AtOnce, rows: readonly EventRow[]): Departure {
  let left: Left | null = null;
  const { sql, shop } = held;
  const events = new Map(rows.map((row) => [row.id, row]));

  async function choose(opened: readonly NewDelivery[], known: KnownInBatch): Promise<ChosenToLeave | null> {
    const stored = settingsToSend(held, atOnce.breakerProbeMs);
    if (!stored || atOnce.room <= 0) return null;
    const found = candidatesOf(opened, known, events);
    if (found.length === 0) return null;
    const news = found.map(({ one }) => one);
    const [busy, hasBacklog, context] = await Promise.all([
      openLanes(sql, shop, { email: lanesIn(news, 'emailLane'), phone: lanesIn(news, 'phoneLane') }),
      hasDue(sql, shop),
      contextOf(held, stored, found, known),
    ]);
    if (hasBacklog) return null;
    const view = { shop, stored, life: held.life, found: context, now: atOnce.now() };
    const plan = emptyPlan();
    for (const { one, delivery } of found) {
      if (plan.leaving.length >= atOnce.room) break;
      const lanes = { emailLane: one.emailLane, phoneLane: one.phoneLane };
      const isBehind = busy.email.has(lanes.emailLane ?? '') || busy.phone.has(lanes.phoneLane ?? '');
      try {
        if (!isBehind && !newLanes(shop, context, { ...delivery, lanes })) addIfSent(view, delivery, plan);
      } catch (error) {
        // Claiming it finds the same, and says so.
        atOnce.log.debug({ stage: 'leave', shop: shop.id, delivery: delivery.id, err: error });
      }
    }
    if (plan.leaving.length > 0 && (await mayHoldChoices(sql, shop.id))) holdBackChoices(plan);
    const ready = readyToLease(view, plan, { guid: stored.guid, probe: false });
    const leasings = new Map(ready.map((one) => [one.id, one]));
    left = {
      ready: ready.map((one) => withFence(one, FIRST_FENCE)),
      due: opened.some((one) => !leasings.has(one.id) && !isWaiting(one)),
    };
    return {
      leasings,
      leaseMs: atOnce.leaseMs,
      note: async () => {
        await Promise.all([noteLeaving(sql, view, ready), keepDecisions(held, plan.decisions, view.now)]);
      },
    };
  }

  return { choose, left: () => left };
}
