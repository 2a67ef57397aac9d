/**
 * What an import says (SPEC 6.2: a way in of the ledger). Shopify writes its file, or answers about
 * those in a list, at one moment, and the records are fed later: from that moment on the app may know
 * them, and once the import is done it certainly does.
 */
import { type Customer, type Order, stateOf } from '../shopify.ts';
import { type Account, NEVER } from './account.ts';
import { learnAskedOrder, learnRead } from './learn.ts';

/** A customer as the file has them, and since when they have had each address. */
type Imported = { customer: Customer; since: Record<'email' | 'sms', number> };
/** What Shopify said at one moment. */
export type ImportFile = { at: number; place: number; people: Imported[]; orders: Order[] };

/** Shopify has written the file. */
export function learnFile(account: Account, file: ImportFile): void {
  for (const { customer, since } of file.people) {
    const known = { may: file.place, must: NEVER };
    learnRead(account, customer, { since, now: file.at, bulk: false, ...known });
  }
  for (const order of file.orders) learnAskedOrder(account, order);
}

/** Everything in the file has been handled. Of whoever is gone by now, nothing was due any more. */
export function learnImported(account: Account, file: ImportFile): void {
  const place = ++account.place;
  const isGone = (id: number) => account.deleted.has(id) || account.erasedAt.has(id) || account.merged.has(id);
  for (const { customer, since } of file.people) {
    if (isGone(customer.id)) continue;
    const known = { may: file.place, must: place };
    learnRead(account, customer, { since, now: file.at, bulk: false, ...known });
  }
  for (const { id, customer, email, createdAt, updatedAt, from, ...order } of file.orders) {
    if ((customer !== null && isGone(customer)) || account.redactedOrders.has(id)) continue;
    const before = account.orders.get(id);
    if (before && before.updatedAt >= updatedAt) continue;
    const address = email.toLowerCase();
    if (customer === null && createdAt <= (account.erasedAddresses.get(address) ?? -Infinity)) continue;
    account.orders.set(id, {
      customer,
      address,
      createdAt,
      updatedAt,
      status: stateOf(order),
      usual: from === 'web',
      triggeredAt: file.at,
      must: place,
    });
  }
}
