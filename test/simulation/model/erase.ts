/** What is left of someone whom Shopify asks to erase (SPEC 9). */
import type { Said } from '../webhooks.ts';
import { type Account, keyOf, NEVER } from './account.ts';

/** What was known about them may be forgotten, and so may what was sent for them. */
export function erase(
  account: Account,
  { customer, orders, addresses }: Extract<Said, { says: 'redacted' }>,
  { at, must }: { at: number; must: number },
): void {
  const seen = account.sightings.filter((one) => one.customer === customer).map(({ address }) => address);
  const theirs = new Set([...addresses, ...seen]);
  const ends = <T extends { must: number }>(one: T): T => ({ ...one, must: NEVER });
  account.facts = account.facts.map((one) => (one.customer === customer || theirs.has(one.address) ? ends(one) : one));
  account.sightings = account.sightings.map((one) => (one.customer === customer ? ends(one) : one));
  account.tagWords = account.tagWords.map((one) => (one.customer === customer ? ends(one) : one));
  account.words = account.words.map((one) => (one.customer === customer ? ends(one) : one));
  account.nameless = account.nameless.filter((one) => one.customer !== customer);
  account.met.delete(customer);
  account.contents.clear();
  for (const address of theirs) {
    for (const channel of ['email', 'sms'] as const) account.told.delete(keyOf(channel, address));
    account.listsTold.delete(address);
  }
  for (const channel of ['phone', 'postal'] as const) account.told.delete(keyOf(channel, `C${customer}`));
  for (const order of orders) {
    account.redactedOrders.add(order);
    account.orders.delete(order);
  }
  // A guest's order from before that waits is erased with the address.
  for (const [id, order] of account.orders) {
    if (order.customer === null && order.createdAt <= at && theirs.has(order.address)) account.orders.delete(id);
  }
  if (must === NEVER) return;
  account.redacted.set(customer, { at, must });
  account.erasedAt.set(customer, at);
  for (const address of theirs) account.erasedAddresses.set(address, at);
}
