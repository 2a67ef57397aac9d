import type { ConsentFact, FlagChannel, FlagDecision } from '../domain/consent.ts';
import type { Instant } from '../domain/scalars.ts';
import { inTurn, type Text } from '../domain/wording/text.ts';

/** The payload key that a channel's flag is about. */
export type AddressKey = 'Email' | 'Mobile' | 'Phone' | 'Address';

/**
 * Where the choice behind a flag was recorded, in Shopify's words
 * (`customers_email_marketing_consent/update`), and why the flag is sent or left out. Names no
 * address or person: of Shopify's free text, only known states are repeated.
 */
export function explainFlag(
  channel: FlagChannel,
  decision: FlagDecision,
  address: { key: AddressKey; present: boolean },
): { from: string | null; text: Text } {
  const { fact } = decision;
  const from = fact === null ? null : originOf(fact, channel);
  const { key } = address;
  if (!address.present) return { from, text: { code: 'field.without_address', params: { key } } };
  if (decision.send !== null) {
    return { from, text: inTurn(dated(decision.send ? 'choice_in' : 'choice_out', fact), { code: 'field.new' }) };
  }
  switch (decision.reason) {
    case 'already_told':
    case 'history_held':
    case 'not_asked_again':
    case 'being_asked':
      return { from, text: inTurn(dated(choiceOf(fact), fact), { code: `field.${decision.reason}` }) };
    case 'no_choice':
    case 'held_by_newer_state':
    case 'held_by_holder':
      return { from, text: inTurn({ code: `field.${decision.reason}` }, stateOf(fact)) };
    case 'unticked_box':
      return { from, text: inTurn(dated('unticked', fact), { code: 'field.unticked_box' }) };
    case 'no_address':
      return { from, text: { code: 'field.no_address', params: { key } } };
    case 'due':
      return { from, text: { code: 'field.left_out' } };
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

type Choice = 'choice_in' | 'choice_out' | 'choice_made';

function choiceOf(fact: ConsentFact | null): Choice {
  const state = fact?.state;
  if (state === 'subscribed' || state === 'ticked' || state === 'tag_opt_in') return 'choice_in';
  if (state === 'unsubscribed' || state === 'unticked' || state === 'tag_opt_out') return 'choice_out';
  return 'choice_made';
}

/** A sentence from the catalog with the day of the choice, if it has one. */
function dated(code: Choice | 'unticked', fact: ConsentFact | null): Text {
  const at = momentOf(fact?.chosenAt ?? null);
  return at === null ? { code: `field.${code}_undated` } : { code: `field.${code}`, params: { at } };
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

function stateOf(fact: ConsentFact | null): Text | null {
  if (fact?.state === undefined || fact.state === null || !STATES.has(fact.state)) return null;
  const at = momentOf(fact.chosenAt);
  const { state } = fact;
  const says: Text =
    at === null ? { code: 'field.says_undated', params: { state } } : { code: 'field.says', params: { state, at } };
  return state === 'subscribed' ? inTurn(says, { code: 'field.low_level' }) : says;
}

function momentOf(instant: Instant | null): string | null {
  if (instant === null) return null;
  const date = new Date(instant);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
