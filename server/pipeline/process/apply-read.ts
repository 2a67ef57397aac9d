import { v5 as uuidv5 } from 'uuid';
import { askedChannels, type ConsentFact, isOptInWord } from '../../domain/consent.ts';
import { AHEAD_MS } from '../../domain/days.ts';
import { heard, learnSaleOptOut, noTags, type PersonProfile, type PersonRead, tagKey } from '../../domain/person.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { CustomerRead } from '../../domain/translated.ts';
import { entryOf, type LedgerEntry, ledgerKey } from '../../store/consent/facts.ts';
import { addressesOf, addressHash } from '../../store/people/identifiers.ts';
import type { People, Person } from '../../store/people/people.ts';
import type { Shop } from '../../store/shops/shops.ts';
import { mergeContact } from './merge-contact.ts';

/** A read gives the whole set of tags, without dates. A tag we already knew keeps its date. */
function mergeTags(known: PersonProfile['tags'], read: readonly string[], upTo: Instant): PersonProfile['tags'] {
  const present = new Map(read.map((tag) => [tagKey(tag), tag.trim()]));
  const merged = noTags();
  for (const [name, entry] of Object.entries(known)) {
    // An event that isn't older than the answer, by Shopify's clock, beats it.
    if (entry.at !== null && Math.min(entry.at, entry.triggeredAt ?? entry.at) >= upTo) merged[name] = entry;
    else if (!present.has(name))
      merged[name] = entry.present ? { ...entry, present: false, at: null, addedAt: entry.at } : entry;
  }
  for (const [name, tag] of present) {
    const before = known[name];
    merged[name] ??= { tag, present: true, at: before?.present ? before.at : null };
  }
  return merged;
}

/**
 * Applies what the Admin API said about a person, as their own customer webhook would, plus tags,
 * metafields and the data-sale opt-out. Its consent facts go into the ledger instead. An answer
 * older than what we know changes nothing but the data-sale opt-out, whose answer may be younger.
 */
export function applyRead(shop: Shop, people: People, person: Person, read: CustomerRead): void {
  const { profile } = person;
  const { contact } = read;
  // Shopify's, and ours may be behind.
  const { updatedAt, readAt } = read;
  const at = updatedAt === null || updatedAt > readAt + AHEAD_MS ? readAt : updatedAt;
  const whatsApp = read.facts.flatMap(({ channel, address }) =>
    channel === 'whatsapp' && address
      ? [{ channel, hash: addressHash(shop.vault, channel, address), written: address }]
      : [],
  );
  people.touch(person, [...addressesOf(shop.vault, contact), ...whatsApp], at);
  mergeContact(person, 'customer', contact, { at, triggeredAt: read.readAt });
  people.changed(person);
  for (const channel of askedChannels)
    if (read.facts.some((fact) => fact.channel === channel)) heard(profile, channel, read.readAt);
  // Whatever the clocks say, the answer has every change up to the customer's own date, and every one that was ten
  // minutes old when we asked.
  const upTo = Math.max(at, readAt - AHEAD_MS);
  // Another process's clock may have been ahead of ours when it asked.
  const isNews = profile.read?.upTo !== undefined && at > profile.read.upTo;
  if (profile.read !== null && profile.read.at > readAt && !isNews) {
    learnSaleOptOut(profile, read.dataSaleOptOut, read.readAt);
    return;
  }
  if (read.tags) {
    profile.tags = mergeTags(profile.tags, read.tags, upTo);
    profile.tagsOf = at;
  }
  const isSame = read.dataSaleOptOut !== null && read.dataSaleOptOut === profile.read?.dataSaleOptOut;
  profile.read = {
    ...readAgain(profile.read, read, { ...profile.read?.metafields, ...read.metafields }),
    upTo,
    ...(isSame && { saleAskedAt: Math.max(read.readAt, profile.read?.saleAskedAt ?? 0) }),
    ...(read.facts.length === 0 && { silent: true as const }),
    about: [
      ...factsFromRead(shop, person, read)
        .filter(({ state }) => isOptInWord(state))
        .map(ledgerKey),
      ...(read.tags ? ['tags'] : []),
    ],
  };
  learnSaleOptOut(profile, read.dataSaleOptOut, read.readAt);
}

type Asked = Pick<CustomerRead, 'readAt' | 'uninstalledAt'>;

/** A later read that says nothing new about the sale of data. */
const readAgain = (
  before: PersonRead | null,
  { readAt, uninstalledAt }: Asked,
  metafields: PersonRead['metafields'],
): PersonRead => ({
  at: readAt,
  ...(uninstalledAt !== undefined && { uninstalledAt }),
  metafields,
  dataSaleOptOut: before?.dataSaleOptOut ?? null,
  saleAskedAt: before?.saleAskedAt ?? before?.at ?? 0,
});

/**
 * Shopify has no such customer: no longer or, if it never said anything of them, perhaps not yet,
 * because its Admin API may be behind its webhooks.
 */
export function applyAbsence(people: People, person: Person, keys: readonly string[], asked: Asked): void {
  const { profile } = person;
  const none = Object.fromEntries(keys.map((key): [string, string[]] => [key, []]));
  const absences = profile.read === null ? 1 : profile.read.absences && profile.read.absences + 1;
  profile.read = {
    ...readAgain(profile.read, asked, { ...none, ...profile.read?.metafields }),
    silent: true,
    ...(absences !== undefined && { absences }),
  };
  people.changed(person);
}

/** An undated opt-in gets its event's date once a read confirms it. */
export function confirmedOptIns(
  read: readonly LedgerEntry[],
  ledger: ReadonlyMap<string, readonly ConsentFact[]>,
  readAt: Instant,
): LedgerEntry[] {
  return read.filter(isUndatedOptIn).flatMap((entry) => {
    const heard = (ledger.get(ledgerKey(entry)) ?? [])
      .filter(({ personId, state }) => personId === entry.personId && state === entry.state)
      .flatMap(({ heardAt }) => (heardAt != null && heardAt <= readAt ? [heardAt] : []));
    if (heard.length === 0) return [];
    const chosenAt = Math.max(...heard);
    return [{ ...entry, id: uuidv5([entry.id, chosenAt].join(' '), READ_FACTS), chosenAt }];
  });
}

export const isUndatedOptIn = ({ state, chosenAt }: LedgerEntry) => state === 'subscribed' && chosenAt === null;

/** UUID namespace for the ids of facts that were read. */
const READ_FACTS = '5b0f7c1e-6a54-4c39-8d0b-7f2b1f0a9e36';

/** The consent facts of a read, for the ledger. Reading the same again gives the same facts. */
export function factsFromRead(shop: Shop, person: Person, read: CustomerRead): LedgerEntry[] {
  return read.facts.flatMap((fact) => {
    if (!fact.address) return [];
    const address = addressHash(shop.vault, fact.channel, fact.address);
    const { channel, state, level, chosenAt, source } = fact;
    const id = uuidv5([person.id, channel, address, state, level, chosenAt, source].join(' '), READ_FACTS);
    return [{ id, ...entryOf(fact, { address, personId: person.id, eventId: null }) }];
  });
}
