/** What Ascent360 must have once nothing happens any more (SPEC 6.2). */
import { type Account, type Channel, type Fact, keyOf } from './account.ts';
import {
  certainOf,
  certainOptIns,
  isPerhapsHeld,
  isPerhapsUnticked,
  newest,
  possibleOf,
  possibleOptIns,
  type View,
} from './choices.ts';

const addresses = (account: Account): { channel: Channel; address: string }[] => [
  ...new Map(account.facts.map(({ channel, address }) => [keyOf(channel, address), { channel, address }])).values(),
];

const viewOf = (account: Account, { channel, address }: { channel: Channel; address: string }): View => ({
  account,
  channel,
  address,
  place: account.place,
});

const holds = (account: Account, { channel, address }: View, value: boolean): boolean => {
  const held = account.held.get(keyOf(channel, address));
  return held?.value === value && held.unsure.every((other) => other === value);
};

/**
 * Opt-outs that are due and that Ascent360 doesn't have.
 * @param isDemanded whether Ascent360 must have those of an address by now
 */
export function missingOptOuts(account: Account, now: number, isDemanded = (_key: string) => true): string[] {
  return addresses(account).flatMap((one) => {
    const view = viewOf(account, one);
    const lastIn = newest(possibleOptIns(view).map(({ latest }) => latest));
    const due = certainOf(view, 'out').filter(
      (fact) =>
        (possibleOptIns(view).length === 0 || fact.earliest >= lastIn) &&
        !isPerhapsHeld(view, fact.earliest, false, now) &&
        !isPerhapsUnticked(view, fact),
    );
    const key = keyOf(one.channel, one.address);
    return due.length > 0 && isDemanded(key) && !holds(account, view, false) ? [`the opt-out of ${key}`] : [];
  });
}

/**
 * Whether an order on which a guest ticked the box is a customer's by now: it goes out with them, so
 * the opt-in does, too, if at all.
 */
const isClaimed = ({ orders, buyers, askedBuyers }: Account, { from, earliest }: Fact): boolean =>
  from === 'box' &&
  [...orders].some(([id, order]) => order.createdAt === earliest && (buyers.has(id) || askedBuyers.has(id)));

/**
 * Opt-ins that were due when their event arrived, and that Ascent360 doesn't have a while later.
 */
export function missingOptIns(account: Account, now: number): string[] {
  if (account.reinstalledAt !== null) return [];
  return addresses(account).flatMap((one) => {
    const view = viewOf(account, one);
    if (account.refused.has(keyOf(one.channel, one.address))) return [];
    const lastOther = newest([...possibleOf(view, 'out'), ...possibleOf(view, 'none')].map(({ latest }) => latest));
    const due = certainOptIns(view).filter(
      (fact) =>
        (fact.from === 'topic' || fact.from === 'box') &&
        (fact.customer === null || !(account.deleted.has(fact.customer) || account.merged.has(fact.customer))) &&
        !account.shortened.has(`${fact.channel}:${fact.customer}`) &&
        !isClaimed(account, fact) &&
        fact.earliest > lastOther &&
        fact.earliest > Math.max(account.settingsAt, account.expiredTo) &&
        !isPerhapsHeld(view, fact.earliest, true, now),
    );
    return due.length > 0 && !holds(account, view, true) ? [`the opt-in of ${keyOf(one.channel, one.address)}`] : [];
  });
}

/** Whether a customer is deleted, or whoever they were merged into. */
function isGone(account: Account, customer: number): boolean {
  const kept = account.mergedInto.get(customer);
  return account.deleted.has(customer) || (kept !== undefined && isGone(account, kept));
}

/** After so many it is given up, and needs attention. */
const MOST_TRIES = 5;

/** Orders for which Ascent360 has another state than the newest acknowledged one. */
export function wrongOrders(account: Account): string[] {
  if (account.leftOrdersOut) return [];
  return [...account.orders].flatMap(([id, { status, customer, createdAt, updatedAt, triggeredAt, usual }]) => {
    if (!usual) return [];
    const sent = account.sentOrders.get(id);
    // An order that comes again without its customer still is theirs (SPEC 6.4).
    const buyers = [customer, ...(account.buyers.get(id) ?? []), account.askedBuyers.get(id)];
    if (buyers.some((buyer) => buyer != null && isGone(account, buyer))) return [];
    if (account.reinstalledAt !== null && createdAt < account.reinstalledAt) return [];
    if (sent?.refused || triggeredAt <= account.expiredTo) return [];
    if (sent && sent.unknown > 0)
      return sent.unknown < MOST_TRIES ? [`order ${id}, of which nothing says that it arrived`] : [];
    const asked = account.askedOrders.filter((one) => one.order === id && one.updatedAt >= updatedAt);
    return sent?.status === status || asked.some((one) => one.status === sent?.status)
      ? []
      : [`order ${id} as ${status}: it holds ${sent?.status ?? 'nothing'}`];
  });
}
