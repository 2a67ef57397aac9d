import type { ChoiceMeaning, ConsentFact } from '../consent.ts';
import type { OptInLevel } from '../settings.ts';

/** Shopify's levels that satisfy the one asked for; `any` is satisfied without one, too. */
export const SHOPIFY_LEVELS: Record<OptInLevel, readonly string[]> = {
  any: [],
  single: ['single_opt_in', 'confirmed_opt_in'],
  confirmed: ['confirmed_opt_in'],
};

/**
 * What one fact says about the person's choice, under the opt-in level the merchant asks for.
 *
 * | said about           | word                        | meaning                                  |
 * |----------------------|-----------------------------|------------------------------------------|
 * | email, sms, whatsapp | `subscribed`                | `opt_in` if level satisfies, else `none` |
 * | email, sms, whatsapp | `unsubscribed`              | `opt_out`                                |
 * | email, order's box   | `ticked`                    | `opt_in` for `any`/`single`, else `none` |
 * | email, order's box   | `unticked`                  | `evidence` for an `unsubscribed` only    |
 * | phone, postal        | `tag_opt_in`, `tag_opt_out` | `opt_in`, `opt_out`                      |
 * | anything             | any other word, or none     | `none`: never read as an opt-out         |
 *
 * Words match in any case. A missing or unknown level satisfies only `any`. A word counts only
 * where it can come from: a box in a fact of source `order_box` about email, a tag word about phone
 * or postal. Shopify's states and levels:
 * https://shopify.dev/docs/api/admin-graphql/latest/enums/CustomerEmailMarketingState and
 * …/CustomerMarketingOptInLevel
 */
export function meaningOf(fact: ConsentFact, optInLevel: OptInLevel): ChoiceMeaning {
  const said = plain(fact.state);
  if (fact.channel === 'phone' || fact.channel === 'postal') {
    if (said === 'tag_opt_in') return 'opt_in';
    return said === 'tag_opt_out' ? 'opt_out' : 'none';
  }
  if (fact.source === 'order_box') {
    if (fact.channel !== 'email') return 'none';
    if (said === 'unticked') return 'evidence';
    return said === 'ticked' && optInLevel !== 'confirmed' ? 'opt_in' : 'none';
  }
  if (said === 'unsubscribed') return 'opt_out';
  if (said !== 'subscribed') return 'none';
  return optInLevel === 'any' || SHOPIFY_LEVELS[optInLevel].includes(plain(fact.level)) ? 'opt_in' : 'none';
}

function plain(word: string | null): string {
  return (word ?? '').trim().toLowerCase();
}
