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
 * Whoever opted out and is back at an address where they, or a guest, had opted in may have opted out there, too:
 * from `may` on, the app may know that.
 */
export function learnBack(account: Account, fact: Fact, address: string, may: number): void {
  const { customer, channel } = fact;
  const hadOptIn = account.facts.some(
    (one) =>
      one.channel === channel &&
      one.address === address &&
      (one.customer === customer || one.customer === null) &&
      (one.state === 'subscribed' || one.state === 'ticked'),
  );
  if (hadOptIn && address !== fact.address) account.facts.push({ ...fact, address, may, must: NEVER });
}

/** The customer has the address: from `may` on, the app may know that. */
export function see(account: Account, sighting: Sighting, may: number): void {
  account.sightings.push(sighting);
  const { customer, channel, address } = sighting;
  const outs = account.facts.filter(
    (fact) => fact.customer === customer && fact.channel === channel && fact.state === 'unsubscribed',
  );
  for (const fact of outs) learnBack(account, fact, address, Math.max(may, fact.may));
  for (const { fact, at } of account.nameless) {
    if (fact.customer !== customer || fact.channel !== channel || hadOptedIn(account, sighting, at)) continue;
    account.facts.push({ ...fact, address, may: Math.max(may, fact.may), must: NEVER });
  }
}
