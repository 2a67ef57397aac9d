import type { ConsentFact, FlagChannel, FlagDecision } from '../domain/consent.ts';
import type { Instant } from '../domain/scalars.ts';

/** The payload key that a channel's flag is about. */
export type AddressKey = 'Email' | 'Mobile' | 'Phone' | 'Address';

/**
 * Where the choice behind a flag was recorded, in Shopify's words (`customers_email_marketing_consent/update`), and a
 * sentence for the merchant on why the flag goes out or stays out. Times are written
 * in UTC and say so, `2026-05-03 at 14:05 UTC`: who shows one may put it into a time zone. Names no address and no person: of
 * Shopify's free texts only known states are repeated.
 */
export function explainFlag(
  channel: FlagChannel,
  decision: FlagDecision,
  address: { key: AddressKey; present: boolean },
): { from: string | null; reason: string } {
  const { fact } = decision;
  const from = fact === null ? null : originOf(fact, channel);
  if (!address.present) return { from, reason: `Left out: the payload has no ${address.key}` };
  if (decision.send !== null) {
    return { from, reason: `${decision.send ? 'Opted in' : 'Opted out'}${on(fact)}; Ascent360 had not been told` };
  }
  switch (decision.reason) {
    case 'already_told':
      return { from, reason: `${choiceOf(fact)}${on(fact)}; Ascent360 was already told` };
    case 'no_choice':
      return { from, reason: `No explicit choice is known${stateOf(fact)}, so nothing is said` };
    case 'held_by_newer_state':
      return { from, reason: `A newer state without a choice${stateOf(fact)} holds back an older opt-in` };
    case 'held_by_holder':
      return { from, reason: `Another customer’s opt-in; who has the address now has not opted in${stateOf(fact)}` };
    case 'not_asked_again':
      return {
        from,
        reason: `${choiceOf(fact)}${on(fact)}; the app was installed again since, and Shopify has yet to confirm it`,
      };
    case 'history_held':
      return { from, reason: `${choiceOf(fact)}${on(fact)}; this is history, and the settings hold it back` };
    case 'unticked_box':
      return { from, reason: `The box was left unticked at checkout${on(fact)}; the settings leave that out` };
    case 'no_address':
      return { from, reason: `Left out: no ${address.key} is known that the choice is about` };
    case 'due':
      return { from, reason: 'Left out' };
  }
}

function originOf(fact: ConsentFact, channel: FlagChannel): string {
  switch (fact.source) {
    case 'consent_topic':
      return channel === 'email' ? 'customers_email_marketing_consent/update' : 'customers_marketing_consent/update';
    case 'order_box':
      return 'orders/create buyer_accepts_marketing';
    case 'tag':
      return 'customer.tags';
    case 'admin_read':
      return 'Admin API';
    case 'reconciliation':
      return 'Admin API (reconciliation)';
    case 'import':
      return 'Admin API (import)';
  }
}

function choiceOf(fact: ConsentFact | null): string {
  const state = fact?.state;
  if (state === 'subscribed' || state === 'ticked' || state === 'tag_opt_in') return 'Opted in';
  if (state === 'unsubscribed' || state === 'unticked' || state === 'tag_opt_out') return 'Opted out';
  return 'A choice was made';
}

function on(fact: ConsentFact | null): string {
  if (fact === null) return '';
  const moment = momentOf(fact.chosenAt);
  return moment === null ? ' at a time that Shopify does not tell' : ` on ${moment}`;
}

const STATES = new Set([
  'subscribed',
  'not_subscribed',
  'never_subscribed',
  'pending',
  'invalid',
  'redacted',
  'tag_none',
]);

function stateOf(fact: ConsentFact | null): string {
  if (fact?.state === undefined || fact.state === null || !STATES.has(fact.state)) return '';
  const moment = momentOf(fact.chosenAt);
  const level = fact.state === 'subscribed' ? ' with a lower opt-in level than the settings ask for' : '';
  return ` (Shopify says ${fact.state === 'tag_none' ? 'no mapped tag' : fact.state}${level}${moment === null ? '' : ` since ${moment}`})`;
}

function momentOf(instant: Instant | null): string | null {
  if (instant === null) return null;
  const date = new Date(instant);
  return Number.isNaN(date.getTime()) ? null : date.toISOString().replace(/T(\d\d:\d\d).*/, ' at $1 UTC');
}
