/**
 * Provider and lists (SPEC 5 and 6): never for someone who opted out, never while we don't know
 * whether data may be sold.
 */
import type { Account } from './account.ts';
import { certainOf, newest, possibleOptIns, type View } from './choices.ts';

/** The customer, and whoever they are since a merge: what Shopify says of that one holds for both. */
function isWho({ mergedInto }: Pick<Account, 'mergedInto'>, customer: number, other: number): boolean {
  const kept = mergedInto.get(customer);
  return customer === other || (kept !== undefined && isWho({ mergedInto }, kept, other));
}

export function whyNoLists(view: View, customer: number | null, lists: readonly string[]): string | null {
  const { account, address, place } = view;
  const optIns = possibleOptIns(view);
  const outs = certainOf(view, 'out');
  const lastOut = newest(outs.map(({ earliest }) => earliest));
  if (outs.length > 0 && !optIns.some(({ latest }) => latest > lastOut)) return 'lists for an opted-out person';
  if (account.rules.listsFor === 'subscribed' && optIns.length === 0) return 'lists for somebody who did not opt in';
  if (account.listsTold.get(address) === setOf(lists)) return 'lists that went out already';
  if (customer === null) return null;
  const words = account.saleWords.filter((word) => isWho(account, customer, word.customer) && word.may <= place);
  if (words.length === 0) return 'lists while it is not known whether the data may be sold';
  const last = newest(words.map(({ at }) => at));
  const lastWords = words.filter(({ at }) => at === last);
  const isSure = lastWords.some(({ must }) => must <= place);
  return isSure && lastWords.every(({ optOut }) => optOut) ? 'lists in spite of a data-sale opt-out' : null;
}

const setOf = (lists: readonly string[]) => lists.toSorted().join();

/** Ascent360 accepted these lists with this address. */
export function noteLists(account: Account, address: string, lists: readonly string[]): void {
  account.listsTold.set(address, setOf(lists));
}
