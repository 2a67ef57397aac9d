import { WEEK } from '../../durations.ts';
import { type Account, type Channel, type Fact, type History, type Level, UNDATED } from './account.ts';

const UNTICKED_SURELY = 2 * 60_000;
const UNTICKED_PERHAPS = 15 * 60_000;

type Meaning = 'in' | 'out' | 'none' | 'unticked';

const rulesOf = (account: Account, channel: Channel): { optInLevel: Level; history: History } => {
  if (channel === 'email' || channel === 'sms') return account.rules[channel];
  return { optInLevel: 'any', history: 'optOuts' };
};

function meaningOf(account: Account, { channel, from, state, level }: Fact): Meaning {
  const wanted = rulesOf(account, channel).optInLevel;
  const said = state.toLowerCase();
  if (from === 'tag') return said === 'in' ? 'in' : said === 'out' ? 'out' : 'none';
  if (from === 'box') return said === 'unticked' ? 'unticked' : wanted === 'confirmed' ? 'none' : 'in';
  if (said === 'unsubscribed') return 'out';
  if (said !== 'subscribed') return 'none';
  const words = wanted === 'single' ? ['single_opt_in', 'confirmed_opt_in'] : ['confirmed_opt_in'];
  return wanted === 'any' || words.includes(level ?? '') ? 'in' : 'none';
}

/**
 * What the app certainly knew at a place, what it may have known, and which of it is about an
 * address.
 */
export type View = { account: Account; channel: Channel; address: string; place: number };

const about = ({ account, channel, address }: View) =>
  account.facts.filter((fact) => fact.channel === channel && fact.address === address);
export const possible = (view: View) => about(view).filter(({ may }) => may <= view.place);
const certain = (view: View) => about(view).filter(({ must }) => must <= view.place);

/** An opt-in older than the customer's having the address doesn't count for it: is that certain? */
function isSurelyAnothers({ account, place }: View, fact: Fact): boolean {
  const { addressSince, customer, channel, latest } = fact;
  if (addressSince === null || customer === null || latest >= addressSince) return false;
  return account.sightings.some(
    (seen) =>
      seen.must <= place &&
      seen.customer === customer &&
      seen.channel === channel &&
      seen.address !== fact.address &&
      seen.at < addressSince,
  );
}

function isPerhapsAnothers({ account }: View, { addressSince, customer, channel, address, earliest }: Fact): boolean {
  if (addressSince === null || earliest > addressSince) return false;
  return account.sightings.some(
    (seen) => seen.customer === customer && seen.channel === channel && seen.address !== address,
  );
}

/** The latest time at which an opt-in may have been chosen. */
export function latestOf(view: View, fact: Fact): number {
  if (fact.undatedSince === null) return fact.latest;
  const outs = certain(view).some((other) => meaningOf(view.account, other) === 'out');
  const confirmed = possible(view).some(
    (other) => other.from === 'read' && other.state === 'subscribed' && other.may > fact.may,
  );
  return outs && !confirmed ? UNDATED : fact.latest;
}

/** Opt-ins that may count, and those that certainly do. */
export const possibleOptIns = (view: View) =>
  possible(view).filter((fact) => meaningOf(view.account, fact) === 'in' && !isSurelyAnothers(view, fact));
export const certainOptIns = (view: View) =>
  certain(view).filter(
    (fact) => meaningOf(view.account, fact) === 'in' && fact.undatedSince === null && !isPerhapsAnothers(view, fact),
  );
export const possibleOf = (view: View, meaning: Meaning) =>
  possible(view).filter((fact) => meaningOf(view.account, fact) === meaning);
export const certainOf = (view: View, meaning: Meaning) =>
  certain(view).filter((fact) => meaningOf(view.account, fact) === meaning);

export const newest = (dates: readonly number[]) => Math.max(UNDATED, ...dates);

/**
 * Whether a choice with that date is held back as history, however the uncertain parts turn out.
 */
export function isSurelyHeld({ account, channel }: View, at: number, optIn: boolean, now: number): boolean {
  const { history } = rulesOf(account, channel);
  if (history === 'all' || (history === 'optOuts' && !optIn)) return false;
  const before = Math.max(account.installed.earliest, account.accountSince);
  return at === UNDATED || at < before || (optIn && now - at > WEEK);
}

export function isPerhapsHeld({ account, channel }: View, at: number, optIn: boolean, now: number): boolean {
  const { history } = rulesOf(account, channel);
  if (history === 'all' || (history === 'optOuts' && !optIn)) return false;
  const before = Math.max(account.installed.latest, account.accountSince);
  return at === UNDATED || at < before || (optIn && now - at > WEEK - 3_600_000);
}

const leavesBoxesOut = ({ account, channel }: View) =>
  channel === 'email' && account.rules.email.untickedBox === 'leaveOut';
const isNear = (a: number, b: number, within: number) => Math.abs(a - b) <= within;

/** A guest may be any customer; another customer's order explains nothing. */
const mayBeOf = (box: Fact, { customer }: Fact) =>
  box.customer === null || customer === null || box.customer === customer;
export const isSurelyUnticked = (view: View, fact: Fact) =>
  leavesBoxesOut(view) &&
  certainOf(view, 'unticked').some(
    (box) =>
      mayBeOf(box, fact) &&
      isNear(box.earliest, fact.earliest, UNTICKED_SURELY) &&
      isNear(box.latest, fact.latest, UNTICKED_SURELY),
  );
export const isPerhapsUnticked = (view: View, fact: Fact) =>
  leavesBoxesOut(view) &&
  possibleOf(view, 'unticked').some(
    (box) => isNear(box.earliest, fact.earliest, UNTICKED_PERHAPS) || isNear(box.latest, fact.latest, UNTICKED_PERHAPS),
  );
