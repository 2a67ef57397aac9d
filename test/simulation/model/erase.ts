/** What is left of someone whom Shopify asks to erase (SPEC 9). */
import type { Said } from '../webhooks.ts';
import { type Account, keyOf, NEVER } from './account.ts';
import { customerSubject, orderSubject } from './repeats.ts';

/** A customer, and who was merged into them: the same person, whom the app erases with them. */
function familyOf({ mergedInto }: Account, customer: number): number[] {
  const family = new Set([customer]);
  for (const one of family) {
    for (const [gone, kept] of mergedInto) if (kept === one) family.add(gone);
  }
  return [...family];
}

/** What was known about them may be forgotten, and so may what was sent for them. */
export function erase(
  account: Account,
  { customer, orders, addresses }: Extract<Said, { says: 'redacted' }>,
  { at, must }: { at: number; must: number },
): void {
  const named = account.sightings.filter((one) => addresses.includes(one.address)).map((one) => one.customer);
  const family = (customer === null ? named : [customer]).flatMap((one) => familyOf(account, one));
  const isTheirs = (one: number | null) => one !== null && family.includes(one);
  const seen = account.sightings.filter((one) => isTheirs(one.customer)).map(({ address }) => address);
  const theirs = new Set([...addresses, ...seen]);
  const ends = <T extends { must: number }>(one: T): T => ({ ...one, must: NEVER });
  account.facts = account.facts.map((one) => (isTheirs(one.customer) || theirs.has(one.address) ? ends(one) : one));
  account.sightings = account.sightings.map((one) => (isTheirs(one.customer) ? ends(one) : one));
  account.tagWords = account.tagWords.map((one) => (isTheirs(one.customer) ? ends(one) : one));
  account.words = account.words.map((one) => (isTheirs(one.customer) ? ends(one) : one));
  account.nameless = account.nameless.filter(({ fact }) => !isTheirs(fact.customer));
  for (const one of family) account.met.delete(one);
  account.contents.clear();
  for (const order of orders) account.erasedSubjects.add(orderSubject(order));
  for (const one of family) account.erasedSubjects.add(customerSubject(`C${one}`));
  for (const address of theirs) {
    for (const channel of ['email', 'sms'] as const) {
      account.told.delete(keyOf(channel, address));
      account.perhapsForgotten.add(keyOf(channel, address));
    }
    account.listsTold.delete(address);
  }
  for (const one of family) {
    for (const channel of ['phone', 'postal'] as const) account.told.delete(keyOf(channel, `C${one}`));
  }
  for (const order of orders) {
    account.redactedOrders.add(order);
    account.orders.delete(order);
  }
  if (customer === null) {
    for (const one of family) account.perhapsErasedAt.set(one, at);
    for (const [id, order] of account.orders) if (isTheirs(order.customer)) account.orders.delete(id);
  }
  // A guest's order from before that waits is erased with the address.
  for (const [id, order] of account.orders) {
    if (order.customer === null && order.createdAt <= at && theirs.has(order.address)) {
      account.orders.delete(id);
      account.erasedSubjects.add(orderSubject(id));
    }
  }
  if (must === NEVER) return;
  if (customer !== null) {
    account.redacted.set(customer, { at, must });
    account.erasedAt.set(customer, at);
  }
  for (const address of theirs) account.erasedAddresses.set(address, at);
  if (customer === null) for (const address of addresses) account.goneAddresses.set(address, must);
}
