/**
 * A choice in a message that names no address: the app takes it to be about whichever address it
 * knows, or learns of later.
 */
import { type Account, type Fact, NEVER, type Sighting, UNDATED } from './account.ts';

/** @param date when it was chosen, by its own date; null: it has none */
export function learnNameless(account: Account, fact: Fact, date: number | null, triggeredAt: number): void {
  const { customer, channel, state } = fact;
  const seen = account.sightings.filter((one) => one.customer === customer && one.channel === channel);
  for (const address of new Set([fact.address, ...seen.map((one) => one.address)])) {
    account.facts.push({ ...fact, address, must: NEVER });
  }
  if (customer === null || channel === 'phone' || channel === 'postal') return;
  account.nameless.push({ fact, at: fact.latest === UNDATED ? UNDATED : fact.earliest });
  account.words.push({ customer, channel, state, date, at: triggeredAt, must: NEVER });
}

/** Who opted in again before they moved has said nothing about the new address. */
const hadOptedIn = ({ words }: Account, { customer, channel, at }: Sighting, since: number) =>
  words.some(
    (word) =>
      word.customer === customer &&
      word.channel === channel &&
      word.state === 'subscribed' &&
      word.must !== NEVER &&
      (word.date ?? word.at) >= since &&
      word.at <= at,
  );

/**
 * Whether it is certain that a customer opted out elsewhere, and is back where they, or a guest, had opted in: they
 * have opted out there, too, unless they chose anew, or somebody else has had the address.
 */
function isBack({ facts, sightings, merged }: Account, { customer, channel, address, at, must }: Sighting, out: Fact) {
  const isCertain = (one: { must: number }) => one.must < must;
  const there = sightings.filter((one) => one.channel === channel && one.address === address);
  const theirs = facts.filter((one) => one.channel === channel && one.customer === customer);
  const optIns = facts.filter(
    (one) =>
      one.channel === channel &&
      one.address === address &&
      (one.from === 'box' ? one.state === 'ticked' : one.customer === customer && one.state === 'subscribed'),
  );
  return (
    must !== NEVER &&
    isCertain(out) &&
    !merged.has(customer) &&
    there.every((one) => one.customer === customer) &&
    there.some((one) => isCertain(one) && one.at < out.earliest) &&
    sightings.some(
      (one) => isCertain(one) && one.customer === customer && one.address === out.address && one.at < at,
    ) &&
    optIns.some((one) => isCertain(one) && one.undatedSince === null && one.latest <= out.earliest) &&
    theirs.every((one) => one.state === 'unsubscribed' || one.latest < out.earliest) &&
    out.latest < at
  );
}

/**
 * Whoever opted out and is back at an address where they, or a guest, had opted in may have opted out there, too.
 */
export function learnBack(account: Account, fact: Fact, address: string, known: Pick<Fact, 'may' | 'must'>): void {
  const { customer, channel } = fact;
  const hadOptIn = account.facts.some(
    (one) =>
      one.channel === channel &&
      one.address === address &&
      (one.customer === customer || one.customer === null) &&
      (one.state === 'subscribed' || one.state === 'ticked'),
  );
  if (hadOptIn && address !== fact.address) account.facts.push({ ...fact, address, ...known });
}

/** The customer has the address: from `may` on, the app may know that. */
export function see(account: Account, sighting: Sighting, may: number): void {
  account.sightings.push(sighting);
  const { customer, channel, address } = sighting;
  const outs = account.facts.filter(
    (fact) => fact.customer === customer && fact.channel === channel && fact.state === 'unsubscribed',
  );
  for (const fact of outs) {
    const must = isBack(account, sighting, fact) ? sighting.must : NEVER;
    learnBack(account, fact, address, { may: Math.max(may, fact.may), must });
  }
  for (const { fact, at } of account.nameless) {
    if (fact.customer !== customer || fact.channel !== channel || hadOptedIn(account, sighting, at)) continue;
    account.facts.push({ ...fact, address, may: Math.max(may, fact.may), must: NEVER });
  }
}
