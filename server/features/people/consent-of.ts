import { countingFrom, othersOptIns, type Whose } from '../../domain/consent/decide.ts';
import { meaningOf } from '../../domain/consent/meaning-of.ts';
import type { ConsentFact } from '../../domain/consent.ts';
import { isoOf } from '../../domain/days.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { ChannelConsent } from './api.ts';

/**
 * Compares two facts: above 0 if `a` counts as the later one. Undated facts are oldest. At the same
 * moment an opt-out wins, then an opt-in, unless it is an undated one that Shopify hasn't confirmed.
 */
function later(a: ConsentFact, b: ConsentFact, at: (fact: ConsentFact) => Instant): number {
  if (at(a) !== at(b)) return at(a) > at(b) ? 1 : -1;
  const rank = (fact: ConsentFact) => {
    const meaning = meaningOf(fact, 'any');
    if (meaning === 'opt_out') return 3;
    if (meaning !== 'opt_in') return 1;
    return fact.heardAt == null || at(fact) > -Infinity ? 2 : 0;
  };
  return rank(a) - rank(b) || (a.id > b.id ? 1 : -1);
}

/**
 * The newest thing Shopify said about a person's address, and what Ascent360 accepted. An unticked
 * box says nothing, nor does another's opt-in that isn't this person's.
 */
export function consentOf(
  address: string | null,
  facts: readonly ConsentFact[],
  told: { accepted: boolean | null; acceptedAt: Instant | null },
  whose: Whose,
): ChannelConsent {
  const countsFrom = countingFrom(facts, whose);
  const at = (fact: ConsentFact) => countsFrom(fact) ?? -Infinity;
  const others = othersOptIns(facts, whose);
  const said = facts.filter((fact) => fact.state !== 'unticked' && !others.includes(fact));
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
