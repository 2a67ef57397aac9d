import type { ConsentFact } from '../../domain/consent.ts';
import { isoOf } from '../../domain/days.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { ChannelConsent } from './api.ts';

/**
 * How much later one fact counts than another. Undated facts are oldest; at the same moment an
 * opt-out wins.
 */
function later(a: ConsentFact, b: ConsentFact): number {
  const at = (fact: ConsentFact) => fact.chosenAt ?? -Infinity;
  if (at(a) !== at(b)) return at(a) > at(b) ? 1 : -1;
  const optOut = (fact: ConsentFact) => (fact.state === 'unsubscribed' ? 1 : 0);
  return optOut(a) - optOut(b) || (a.id > b.id ? 1 : -1);
}

/**
 * The newest thing Shopify said about an address, and what Ascent360 accepted. An unticked box says
 * nothing.
 */
export function consentOf(
  address: string | null,
  facts: readonly ConsentFact[],
  told: { accepted: boolean | null; acceptedAt: Instant | null },
): ChannelConsent {
  const said = facts.filter((fact) => fact.state !== 'unticked');
  const newest = said.reduce<ConsentFact | null>((best, fact) => (!best || later(fact, best) > 0 ? fact : best), null);
  return {
    address,
    state: newest?.state ?? null,
    level: newest?.level ?? null,
    since: isoOf(newest?.chosenAt ?? null),
    source: newest?.source ?? null,
    eventId: newest?.eventId ?? null,
    told: told.accepted,
    toldAt: isoOf(told.acceptedAt),
  };
}
