import { countingFrom, type Recipient } from '../../domain/consent/decide.ts';
import type { ConsentFact } from '../../domain/consent.ts';
import { isoOf } from '../../domain/days.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { ChannelConsent } from './api.ts';

/**
 * Compares two facts: above 0 if `a` counts as the later one. Undated facts are oldest. At the same
 * moment an opt-out wins, and Shopify's answer wins over an opt-in that it hasn't confirmed.
 */
function later(a: ConsentFact, b: ConsentFact, at: (fact: ConsentFact) => Instant): number {
  if (at(a) !== at(b)) return at(a) > at(b) ? 1 : -1;
  const optOut = (fact: ConsentFact) => (fact.state === 'unsubscribed' ? 1 : 0);
  const heard = (fact: ConsentFact) => (fact.heardAt == null ? 0 : 1);
  return optOut(a) - optOut(b) || heard(b) - heard(a) || (a.id > b.id ? 1 : -1);
}

/** `ids`: the person, and the customers who were merged into them. */
type Whose = Pick<Recipient, 'canBeAsked' | 'askedAt'> & { ids: readonly string[] };

/**
 * The newest thing Shopify said about a person's address, and what Ascent360 accepted. An unticked
 * box says nothing. Neither does another customer's subscription, once Shopify has said what this
 * person chose at the address.
 */
export function consentOf(
  address: string | null,
  facts: readonly ConsentFact[],
  told: { accepted: boolean | null; acceptedAt: Instant | null },
  whose: Whose,
): ChannelConsent {
  const countsFrom = countingFrom(facts, whose);
  const at = (fact: ConsentFact) => countsFrom(fact) ?? -Infinity;
  const all = facts.filter((fact) => fact.state !== 'unticked');
  const isOwn = ({ personId }: ConsentFact) => personId != null && whose.ids.includes(personId);
  const said = all.some(isOwn) ? all.filter((fact) => isOwn(fact) || fact.state !== 'subscribed') : all;
  const newest = said.reduce<ConsentFact | null>(
    (best, fact) => (!best || later(fact, best, at) > 0 ? fact : best),
    null,
  );
  return {
    address,
    state: newest?.state ?? null,
    level: newest?.level ?? null,
    since: isoOf(newest && countsFrom(newest)),
    source: newest?.source ?? null,
    eventId: newest?.eventId ?? null,
    told: told.accepted,
    toldAt: isoOf(told.acceptedAt),
  };
}
