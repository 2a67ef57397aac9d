/** What may never be sent (SPEC 6.2), checked for each request as it is sent. */
import { type Account, keyOf, type Told, type Word } from './account.ts';
import {
  certainOf,
  certainOptIns,
  isSurelyHeld,
  isSurelyUnticked,
  latestOf,
  newest,
  possible,
  possibleOf,
  possibleOptIns,
  type View,
} from './choices.ts';

import { whyNoTagFlag } from './tags.ts';

export type Flag = { channel: 'email' | 'sms' | 'phone' | 'postal'; address: string; value: boolean };

const nothing: Told = { accepted: null, unknown: [] };
const toldOf = (account: Account, { channel, address }: Pick<Flag, 'channel' | 'address'>) =>
  account.told.get(keyOf(channel, address)) ?? nothing;

const NOT_CHOSEN = new Set(['not_subscribed', 'never_subscribed']);

/** A message may tell of an older state than one before it did. */
const hasOptedInSince = (words: readonly Word[], date: number | null) =>
  words.some((word) => word.state === 'subscribed' && (date === null || word.date === null || word.date > date));

/**
 * Whether the last thing the app certainly heard from Shopify about the customer is that they
 * haven't chosen, and it can have heard nothing else since.
 */
function hasNotChosen({ account, channel, place }: View, customer: number, optInAt: number): boolean {
  // Sent while it may not have been known, or as whoever was merged away.
  if (account.mergedInto.has(customer)) return false;
  const words = account.words.filter((word) => word.customer === customer && word.channel === channel);
  const sure = words.filter(({ must }) => must <= place);
  const lastSure = newest(sure.map(({ at }) => at));
  const lastWords = words.filter(({ at }) => at >= lastSure);
  return (
    sure.length > 0 &&
    lastWords.every(
      ({ state, date }) => NOT_CHOSEN.has(state) && (date ?? optInAt) >= optInAt && !hasOptedInSince(words, date),
    )
  );
}

/**
 * Whether the customer said something newer in a message without an address, about which Shopify
 * has not been asked since.
 */
function isHeldByNameless({ account, channel, address, place }: View, customer: number, optInAt: number): boolean {
  const seen = account.sightings.filter((one) => one.customer === customer && one.channel === channel);
  if (seen.some((one) => one.address !== address)) return false;
  const reads = account.facts.filter((fact) => fact.from === 'read' && fact.customer === customer);
  return account.nameless.some(
    ({ fact, at }) =>
      fact.customer === customer &&
      fact.channel === channel &&
      fact.state !== 'subscribed' &&
      fact.must <= place &&
      at > optInAt &&
      reads.every(({ may }) => may < fact.must),
  );
}

function whyNoOptIn(view: View, customer: number | null, now: number): string | null {
  const { account } = view;
  const optIns = possibleOptIns(view);
  if (optIns.length === 0) return 'an opt-in that nobody chose';
  const lastOut = newest(certainOf(view, 'out').map(({ earliest }) => earliest));
  const newer = optIns.filter((fact) => latestOf(view, fact) > lastOut);
  const noOut = certainOf(view, 'out').length === 0;
  const standing = noOut ? optIns : newer;
  if (standing.length === 0) return 'an opt-in after a newer opt-out that was acknowledged';
  const fresh = standing.filter((fact) => !isSurelyHeld(view, latestOf(view, fact), true, now));
  if (fresh.length === 0) return 'an opt-in that is history';
  const { accepted, unknown } = toldOf(account, view);
  if (accepted !== true || unknown.includes(false)) {
    const lastWithout = newest(certainOf(view, 'none').map(({ earliest }) => earliest));
    if (fresh.every((fact) => latestOf(view, fact) < lastWithout))
      return 'an opt-in with a newer state that is no choice';
    if (customer !== null && hasNotChosen(view, customer, newest(fresh.map((fact) => latestOf(view, fact))))) {
      return 'an opt-in for a customer of whom Shopify says that they have not chosen';
    }
  }
  if (customer !== null && isHeldByNameless(view, customer, newest(fresh.map((fact) => latestOf(view, fact))))) {
    return 'an opt-in in spite of a newer state whose address is not known yet';
  }
  const { reinstalledAt, reinstalledPlace } = account;
  const beforeReinstall = reinstalledAt !== null && fresh.every((fact) => latestOf(view, fact) < reinstalledAt);
  const isConfirmed = possible(view).some(
    (fact) =>
      fact.from === 'read' &&
      fact.state === 'subscribed' &&
      fact.may > reinstalledPlace &&
      (fact.customer === customer || account.merged.has(fact.customer ?? 0)),
  );
  if (beforeReinstall && customer !== null && !isConfirmed) {
    return 'an opt-in from before the reinstallation that Shopify, asked anew, did not confirm';
  }
  return null;
}

function whyNoOptOut(view: View, now: number): string | null {
  const outs = possibleOf(view, 'out');
  if (outs.length === 0) return 'an opt-out that nobody chose';
  const lastIn = newest(certainOptIns(view).map(({ earliest }) => earliest));
  const standing = certainOptIns(view).length === 0 ? outs : outs.filter(({ latest }) => latest >= lastIn);
  if (standing.length === 0) return 'an opt-out after a newer opt-in that was acknowledged';
  if (standing.every(({ latest }) => isSurelyHeld(view, latest, false, now)))
    return 'an opt-out that is held as history';
  if (standing.every((fact) => isSurelyUnticked(view, fact))) return 'an opt-out that only left a box unticked';
  return null;
}

/**
 * @param customer the request's customer; null: unknown
 * @param place what was learned before the claim began
 * @returns what is wrong with the flag; null: nothing
 */
export function whyNot(
  account: Account,
  flag: Flag,
  { customer, place, now }: { customer: number | null; place: number; now: number },
): string | null {
  const view = { account, channel: flag.channel, address: flag.address, place };
  const { accepted, unknown } = toldOf(account, flag);
  if (flag.channel === 'phone' || flag.channel === 'postal') {
    if (customer === null || account.merged.has(customer)) return null;
    const why = whyNoTagFlag({ account, customer, place }, flag.channel, flag.value, now);
    if (why !== null) return why;
  }
  if (!account.mayReassert && accepted === flag.value && unknown.every((value) => value === flag.value))
    return 'the repeat of an accepted flag';
  if (flag.channel === 'phone' || flag.channel === 'postal') return null;
  return flag.value ? whyNoOptIn(view, customer, now) : whyNoOptOut(view, now);
}

/** Whether the app certainly knows that it was uninstalled, and not that it is back: sending stops. */
export const isWithoutApp = ({ uninstalledFrom, workedOff }: Account): boolean =>
  uninstalledFrom !== null && uninstalledFrom <= workedOff;

/** Why a request without an order, a flag or lists may not be sent; null: it may. */
export const whyNotBare = ({ rules, mayGoBare }: Account): string | null =>
  rules.customers || mayGoBare ? null : 'a customer, and customers are left out';

function keptOf(account: Account, customer: number): number {
  const kept = account.mergedInto.get(customer);
  return kept === undefined ? customer : keptOf(account, kept);
}

/** Whether the newest state of an order that was acknowledged, and that nothing newer may replace, names another customer. */
function isAnothers(account: Account, { customer, order, place }: { customer: number; order: number; place: number }) {
  const newest = account.orders.get(order);
  if (!newest || newest.customer === null || newest.must > place) return false;
  if (account.askedOrders.some((one) => one.order === order && one.updatedAt >= newest.updatedAt)) return false;
  return keptOf(account, newest.customer) !== keptOf(account, customer);
}

/**
 * Once the deletion was handled, nothing of a deleted customer's is sent except an opt-out with its
 * address.
 */
export function whyNotOf(
  account: Account,
  { customer, order, place }: { customer: number | null; order: number | null; place: number },
): string | null {
  const isGone = (id: number | null | undefined) => {
    const deletion = typeof id === 'number' ? account.deleted.get(id) : undefined;
    return deletion !== undefined && deletion.must <= account.workedOff;
  };
  const erased = customer === null ? undefined : account.redacted.get(customer);
  if (erased && erased.must <= account.workedOff) return 'the data of an erased person';
  if (order !== null && !account.rules.orders) return 'an order, and orders are left out';
  const buyers = order === null ? [] : [...(account.buyers.get(order) ?? [])];
  const asked = order === null ? undefined : account.askedBuyers.get(order);
  if (buyers.length > 0 && [...buyers, asked ?? buyers[0]].every(isGone)) return 'an order of a deleted customer';
  if (order !== null && customer !== null && isAnothers(account, { customer, order, place }))
    return 'an order with the data of a customer who no longer has it';
  return isGone(customer) ? 'the data of a deleted customer' : null;
}
