import type { Recipient } from '../../domain/consent/decide.ts';
import { meaningOf } from '../../domain/consent/meaning-of.ts';
import type { ChoiceMeaning, FlagDecision, FlagReason } from '../../domain/consent.ts';
import type { Contact } from '../../domain/contact.ts';
import type { Settings } from '../../domain/settings.ts';
import type { Text } from '../../domain/wording/text.ts';
import type { ToldRow } from '../../store/consent/told-flags.ts';

/** What decides whether a delivery carries the provider and its lists. */
export type ListsInput = {
  contact: Pick<Contact, 'email'>;
  settings: Pick<Settings, 'listsFor' | 'consent'>;
  told: { email: Pick<ToldRow, 'lists'> };
  /** The person the lists would go out with. */
  to: Pick<Recipient, 'canBeAsked'>;
  /**
   * Key of the list set that would be sent; compared with what was sent with this address before.
   */
  listSet: string | null;
  /**
   * Shopify says the person's data may not be sold or shared, so they never go on a list. Null:
   * unknown.
   */
  dataSaleOptOut: boolean | null;
  /** The person couldn't be read in time: Shopify may know more. */
  unread: boolean;
};

type ListsCode = 'no_provider' | 'no_email' | 'data_sale' | 'unread' | 'opted_out' | 'subscribed_only' | 'sent';

const NOT_THEIRS: ReadonlySet<FlagReason> = new Set(['held_by_holder', 'not_asked_again', 'being_asked']);

/**
 * Another person's opt-in says nothing about this one's choice, and one that Shopify must confirm
 * nothing yet.
 */
function choiceOf({ settings, to }: ListsInput, { fact, reason }: FlagDecision): ChoiceMeaning {
  if (fact === null || NOT_THEIRS.has(reason)) return 'none';
  if (to.canBeAsked && fact.heardAt != null) return 'none';
  return meaningOf(fact, settings.consent.email.optInLevel);
}

/**
 * Lists are sent once per address and list set, and never for a person who opted out.
 * @param email what the flag's rules say, asked only where lists could be sent
 */
export function listsDecision(input: ListsInput, email: () => FlagDecision): { send: boolean; text: Text } {
  const no = (code: ListsCode) => ({ send: false, text: { code: `field.lists_${code}` } }) as const;
  const { settings } = input;
  if (input.listSet === null) return no('no_provider');
  if (!input.contact.email) return no('no_email');
  if (input.dataSaleOptOut) return no('data_sale');
  if (input.unread || input.dataSaleOptOut === null) return no('unread');
  const choice = choiceOf(input, email());
  if (choice === 'opt_out') return no('opted_out');
  if (choice !== 'opt_in' && settings.listsFor === 'subscribed') {
    return no('subscribed_only');
  }
  if (input.told.email.lists === input.listSet) {
    return no('sent');
  }
  return { send: true, text: { code: 'field.lists_first' } };
}
