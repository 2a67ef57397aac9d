/** How the model learns: from what was acknowledged, and from what Shopify answered. */
import type { Customer, Order } from '../shopify.ts';
import { addressOf, stateOf } from '../shopify.ts';
import type { Said, Webhook } from '../webhooks.ts';
import { type Account, type Fact, NEVER, UNDATED } from './account.ts';
import { erase } from './erase.ts';
import { learnBack, learnNameless, see } from './nameless.ts';
import { TAGS } from './tags.ts';

const INSTALLED_BEFORE = 10 * 60_000;

type Known = { may: number; must: number };

function factOf(said: Extract<Said, { says: 'choice' }>, triggeredAt: number): Omit<Fact, 'may' | 'must'> {
  const { channel, address, customer, level, date, dated } = said;
  const state = said.state.toLowerCase();
  const at = Math.min(date ?? triggeredAt, triggeredAt);
  const undatedOptIn = dated !== 'dated' && state === 'subscribed';
  return {
    channel,
    address,
    customer,
    state,
    level,
    from: 'topic',
    earliest: dated === 'dated' ? at : dated === 'undated' && !undatedOptIn ? triggeredAt : UNDATED,
    latest: dated === 'unreadable' && undatedOptIn ? UNDATED : at,
    undatedSince: undatedOptIn ? triggeredAt : null,
    addressSince: null,
  };
}

function learn(account: Account, said: Said, triggeredAt: number, known: Known): void {
  switch (said.says) {
    case 'choice': {
      if (!said.named) {
        learnNameless(account, { ...factOf(said, triggeredAt), ...known }, said.date, triggeredAt);
        return;
      }
      const fact = { ...factOf(said, triggeredAt), ...known };
      account.facts.push(fact);
      const had = account.sightings.filter((one) => one.customer === fact.customer && one.channel === fact.channel);
      if (fact.state === 'unsubscribed') {
        for (const address of new Set(had.map((one) => one.address)))
          learnBack(account, fact, address, { may: fact.may, must: NEVER });
      }
      const { customer, channel, address } = said;
      if (customer === null) return;
      account.redacted.delete(customer);
      const word = { customer, channel, state: said.state.toLowerCase(), date: said.date };
      account.words.push({ ...word, at: triggeredAt, must: known.must });
      see(account, { customer, channel, address, at: triggeredAt, must: known.must }, known.may);
      return;
    }
    case 'box': {
      const at = Math.min(said.at, triggeredAt);
      account.facts.push({
        channel: 'email',
        address: said.address,
        customer: said.customer,
        state: said.ticked ? 'ticked' : 'unticked',
        level: null,
        from: 'box',
        earliest: at,
        latest: at,
        undatedSince: null,
        addressSince: null,
        ...known,
        ...(!said.usual && { unusual: true, must: NEVER, ...(!account.rules.everyOrder && { may: NEVER }) }),
      });
      return;
    }
    case 'seen':
      see(account, { ...said, must: known.must }, known.may);
      account.redacted.delete(said.customer);
      if (known.must !== NEVER) account.met.add(said.customer);
      return;
    case 'merged':
      account.merged.add(said.kept).add(said.gone);
      account.mergedInto.set(said.gone, said.kept);
      // That was no deletion.
      account.deleted.delete(said.gone);
      return;
    case 'redacted':
      erase(account, said, { at: triggeredAt, must: known.must });
      return;
    case 'uninstalled':
      account.uninstalledFrom = known.must;
      return;
    case 'deleted':
      if (account.mergedInto.has(said.customer)) return;
      account.deleted.set(said.customer, { at: triggeredAt, must: known.must });
      return;
    case 'order': {
      // What the app reads of a deleted customer's order, once its message was shortened, looks like a guest's.
      if (said.customer !== null && known.must !== NEVER)
        account.buyers.set(said.order, new Set(account.buyers.get(said.order)).add(said.customer));
      // It may go out, but need not.
      if (known.must === NEVER) account.askedOrders.push(said);
      if (known.must === NEVER || account.redactedOrders.has(said.order)) return;
      const before = account.orders.get(said.order);
      const newer =
        !before ||
        said.updatedAt > before.updatedAt ||
        (said.updatedAt === before.updatedAt && triggeredAt > before.triggeredAt);
      if (newer) account.orders.set(said.order, { ...said, triggeredAt, must: known.must });
      return;
    }
    case 'tags':
      for (const tag of said.tags) {
        const { customer, added, at } = said;
        account.tagWords.push({ customer, tag, present: added, at, dated: true, ...known });
      }
      return;
  }
}

/** @param sure acknowledged; otherwise it may have been stored without anyone being told */
export function learnWebhook(account: Account, webhook: Webhook, sure: boolean): void {
  const place = ++account.place;
  const known = { may: place, must: sure && !webhook.short ? place : NEVER };
  account.installed.earliest = Math.min(
    account.installed.earliest,
    webhook.triggeredAt - INSTALLED_BEFORE - account.behind,
  );
  account.mayGoBare ||= webhook.source === 'flow' || webhook.said.some(({ says }) => says === 'tags');
  for (const said of webhook.said) {
    if (webhook.short && said.says === 'choice') account.shortened.add(`${said.channel}:${said.customer}`);
    const erasedAt = 'customer' in said && said.customer !== null ? account.erasedAt.get(said.customer) : undefined;
    const isSkipped = said.says !== 'redacted' && erasedAt !== undefined && webhook.triggeredAt <= erasedAt;
    if (isSkipped) continue;
    const isErasedGuest =
      (said.says === 'order' || said.says === 'box') &&
      said.customer === null &&
      (said.says === 'order' ? said.createdAt : said.at) <= (account.erasedAddresses.get(said.address) ?? -Infinity);
    const perhapsAt =
      'customer' in said && said.customer !== null ? account.perhapsErasedAt.get(said.customer) : undefined;
    const isPerhapsSkipped = perhapsAt !== undefined && webhook.triggeredAt <= perhapsAt;
    if ('address' in said) account.goneAddresses.delete(said.address);
    learn(account, said, webhook.triggeredAt, isErasedGuest || isPerhapsSkipped ? { ...known, must: NEVER } : known);
  }
}

/**
 * Whether the app certainly knew an address or its customer before. A comparison notes choices, not
 * whose an address is.
 */
const isKnown = (account: Account, customer: Customer, address: string) =>
  account.sightings.some(
    (seen) => seen.must !== NEVER && (seen.customer === customer.id || (seen.address === address && !seen.bulk)),
  ) || account.facts.some((fact) => fact.must !== NEVER && fact.address === address);

/** Wherever the customer had been seen before, they may have made the choice there. */
function learnElsewhere(account: Account, fact: Fact): void {
  const { channel, customer } = fact;
  const seen = account.sightings.filter((one) => one.customer === customer && one.channel === channel);
  for (const address of new Set(seen.map((one) => one.address))) {
    if (address !== fact.address) account.facts.push({ ...fact, address, must: NEVER });
  }
}

/**
 * Shopify said what it has on a customer.
 * @param how since when they have had their addresses, when it was said, and from when on the app
 * may know and certainly knows
 */
export function learnRead(
  account: Account,
  customer: Customer,
  how: Known & { since: Record<'email' | 'sms', number>; now: number; bulk: boolean },
): void {
  const { since, now, may, must } = how;
  account.saleWords.push({ customer: customer.id, optOut: customer.dataSaleOptOut, at: now, may, must });
  if (!how.bulk) {
    for (const tag of TAGS) {
      const present = customer.tags.has(tag);
      account.tagWords.push({ customer: customer.id, tag, present, at: now, dated: false, may, must });
    }
  }
  // A comparison reads everybody: what it notes of a stranger makes nobody known.
  const isMet = !how.bulk || account.sightings.some((seen) => seen.must !== NEVER && seen.customer === customer.id);
  for (const channel of ['email', 'sms'] as const) {
    const address = addressOf(customer, channel)?.toLowerCase();
    if (address === undefined) continue;
    account.goneAddresses.delete(address);
    const { state, level, at } = customer.consent[channel];
    // For a person unknown to the app, only what was chosen since the installation counts.
    const wasKnown = !how.bulk || isKnown(account, customer, address);
    const isOwed = wasKnown || (at !== null && at >= account.installed.latest);
    // Without a date it is older than all that have one.
    const isLast = !account.facts.some(
      (one) => one.channel === channel && one.address === address && one.state !== 'unticked' && one.latest !== UNDATED,
    );
    const isNoted = !how.bulk || at !== null || (isLast && state.toLowerCase() === 'unsubscribed');
    const known = { may, must: isOwed && isNoted ? must : NEVER };
    const date = at === null ? UNDATED : Math.min(at, now);
    const fact: Fact = {
      channel,
      address,
      customer: customer.id,
      state: state.toLowerCase(),
      level,
      from: 'read',
      earliest: state.toLowerCase() === 'subscribed' ? date - account.behind : date,
      latest: date,
      undatedSince: null,
      addressSince: since[channel],
      ...known,
    };
    account.facts.push(fact);
    if (fact.state === 'unsubscribed' && at !== null) learnElsewhere(account, fact);
    account.words.push({
      customer: customer.id,
      channel,
      state: state.toLowerCase(),
      date: at,
      at: now,
      must: known.must,
    });
    const seen = { customer: customer.id, channel, address, at: now, must: isMet ? must : NEVER };
    see(account, { ...seen, bulk: how.bulk }, may);
  }
}

/**
 * Shopify said what state an order is in: this state may be sent, and what its box says may be
 * known.
 */
export function learnAskedOrder(account: Account, order: Order): void {
  account.goneAddresses.delete(order.email.toLowerCase());
  if (order.customer !== null) account.askedBuyers.set(order.id, order.customer);
  account.askedOrders.push({ order: order.id, updatedAt: order.updatedAt, status: stateOf(order) });
  if (order.customer === null || !order.ticked) {
    const said = {
      customer: order.customer,
      address: order.email.toLowerCase(),
      ticked: order.ticked,
      at: order.createdAt,
      usual: order.from === 'web',
    };
    learn(account, { says: 'box', ...said }, order.createdAt, { may: account.place, must: NEVER });
  }
}
