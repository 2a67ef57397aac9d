/** The choices that Shopify has of its customers, as the weekly comparison compares and records them. Pure. */
import { v5 as uuidv5 } from 'uuid';
import { type ConsentFact, type FoundFact, isAboutAddress, isOptInWord } from '../../domain/consent.ts';
import { isoOf } from '../../domain/days.ts';
import type { Instant, ShopifyId } from '../../domain/scalars.ts';
import type { CustomerRead } from '../../domain/translated.ts';
import { entryOf, type LedgerEntry } from '../../store/consent/facts.ts';
import type { Finding } from '../../store/events/found-events.ts';
import { addressHash, customerKey } from '../../store/people/identifiers.ts';
import type { Shop } from '../../store/shops/shops.ts';

/** The UUID namespace for the ids of facts without an event. */
const FACTS = '5d1c2a0e-7a66-4d5f-9a5c-0c7f3b1f9d27';

/** A consent state in Shopify. */
export type Choice = {
  customerId: ShopifyId;
  /** The customer's, in people and redactions. */
  key: string;
  createdAt: Instant | null;
  fact: FoundFact;
  address: string;
  hash: string;
};

/** The choices that Shopify has of these customers, where their address is known. */
export const choicesOf = ({ vault }: Shop, customers: readonly CustomerRead[]): Choice[] =>
  customers.flatMap(({ id: customerId, createdAt, facts }) =>
    facts.flatMap((fact) => {
      const { address, channel } = fact;
      if (!address || !isAboutAddress(channel)) return [];
      const key = customerKey(vault, customerId);
      return [{ customerId, key, createdAt, fact, address, hash: addressHash(vault, channel, address) }];
    }),
  );

/**
 * Whether Shopify's state is newer than everything the ledger has for the address, or an opt-out
 * that it lacks: what is newer may be no choice, and doesn't hold an opt-out back. For an unknown
 * address of a customer we don't know, only a choice made after installation counts: the rest is
 * read when we first see the person. A customer we know may have come to the address unnoticed, and
 * one we don't know may have been a guest. Without a date, only an opt-out counts, and only where
 * no dated choice is known: it is older than that.
 * @param ofKnown we know the customer or the address
 */
export function isNews(
  fact: Pick<FoundFact, 'state' | 'chosenAt'>,
  known: readonly Pick<ConsentFact, 'state' | 'chosenAt' | 'source'>[],
  { installed, ofKnown }: { installed: Instant; ofKnown: boolean },
): boolean {
  const said = known.filter(({ source }) => source !== 'order_box');
  if (fact.chosenAt === null) {
    const outdoes = ({ chosenAt, state }: (typeof said)[number]) =>
      state === 'unsubscribed' || (chosenAt !== null && isOptInWord(state));
    return ofKnown && fact.state === 'unsubscribed' && !said.some(outdoes);
  }
  if (said.length === 0) return ofKnown || fact.chosenAt >= installed;
  if (said.some(({ chosenAt, state }) => chosenAt === fact.chosenAt && state === fact.state)) return false;
  const newest = Math.max(...said.map(({ chosenAt }) => chosenAt ?? Number.NEGATIVE_INFINITY));
  return fact.chosenAt >= newest || fact.state === 'unsubscribed';
}

/** Says the same as the missed webhook would have. */
export function findingOfChoice({ customerId, fact, hash }: Choice, readAt: Instant): Finding {
  const chosen = { state: fact.state, opt_in_level: fact.level, consent_updated_at: isoOf(fact.chosenAt) };
  const isEmail = fact.channel === 'email';
  const body = isEmail
    ? { customer_id: customerId, email_address: fact.addressAsWritten, email_marketing_consent: chosen }
    : { id: customerId, phone: fact.addressAsWritten, sms_marketing_consent: chosen };
  return {
    webhookId: `reconciliation:${fact.channel}:${hash}:${fact.state}:${fact.chosenAt}`,
    topic: isEmail ? 'customers_email_marketing_consent/update' : 'customers_marketing_consent/update',
    readAt,
    body: JSON.stringify(body),
  };
}

/** Recorded without an event. */
export const entryOfChoice = (shop: Shop, { fact, hash }: Choice, personId: string | null): LedgerEntry => ({
  id: uuidv5([shop.id, fact.channel, hash, fact.state, fact.chosenAt].join(' '), FACTS),
  ...entryOf(fact, { address: hash, personId, eventId: null }),
});
