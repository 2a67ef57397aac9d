import { v5 as uuidv5 } from 'uuid';
import { type ConsentFact, type FoundFact, isAboutAddress } from '../../domain/consent.ts';
import { isoOf } from '../../domain/days.ts';
import type { Position } from '../../domain/imports.ts';
import type { Instant, ShopifyId } from '../../domain/scalars.ts';
import type { CustomerRead } from '../../domain/translated.ts';
import { dryRun } from '../../pipeline/dry-run.ts';
import { inShop } from '../../pipeline/in-shop.ts';
import { madeElsewhere, recordElsewhere } from '../../pipeline/ledger/opt-outs-elsewhere.ts';
import type { TranslatedEvent } from '../../pipeline/process/batch.ts';
import { translateUnstored } from '../../pipeline/process/translate-stored.ts';
import type { Sql } from '../../platform/database/db.ts';
import { appendFacts, type LedgerEntry, ledgerKey, loadFacts } from '../../store/consent/facts.ts';
import { addFindings, type Finding, NOT_MISSED } from '../../store/events/found-events.ts';
import { heldAddresses } from '../../store/people/holders.ts';
import { addressHash, customerKey } from '../../store/people/identifiers.ts';
import { loadPeople, type People } from '../../store/people/people.ts';
import { loadRedactions } from '../../store/people/redactions.ts';
import { installedAt, loadInstallation } from '../../store/shops/installation.ts';
import { noneMissed, noteMissed } from '../../store/shops/missed-changes.ts';
import { moveInFile } from '../../store/shops/reconciliations.ts';
import { nothingStored } from '../../store/shops/settings.ts';
import type { Shop } from '../../store/shops/shops.ts';
import { applyDataSaleOptOuts } from './data-sale-opt-outs.ts';
import { MARGIN_MS } from './fetch-changes.ts';
import type { ChangesDeps } from './judge-changes.ts';
import { readTagOptOuts } from './tag-opt-outs.ts';

/** The UUID namespace for the ids of facts without an event. */
const FACTS = '5d1c2a0e-7a66-4d5f-9a5c-0c7f3b1f9d27';

/** A consent state in Shopify. */
type Choice = {
  customerId: ShopifyId;
  /** The customer's, in people and redactions. */
  key: string;
  createdAt: Instant | null;
  fact: FoundFact;
  address: string;
  hash: string;
};

/**
 * Whether Shopify's state is newer than everything the ledger has for the address, or an opt-out
 * that it lacks: what is newer may be no choice, and doesn't hold an opt-out back. For an unknown
 * address of a customer we don't know, only a choice made after installation counts: the rest is
 * read when we first see the person. A customer we know may have come to the address unnoticed, and
 * one we don't know may have been a guest.
 * @param ofKnown we know the customer or the address
 */
export function isNews(
  fact: Pick<FoundFact, 'state' | 'chosenAt'>,
  known: readonly Pick<ConsentFact, 'state' | 'chosenAt' | 'source'>[],
  { installed, ofKnown }: { installed: Instant; ofKnown: boolean },
): boolean {
  if (fact.chosenAt === null) return false;
  const said = known.filter(({ source }) => source !== 'order_box');
  if (said.length === 0) return ofKnown || fact.chosenAt >= installed;
  if (said.some(({ chosenAt, state }) => chosenAt === fact.chosenAt && state === fact.state)) return false;
  const newest = Math.max(...said.map(({ chosenAt }) => chosenAt ?? Number.NEGATIVE_INFINITY));
  return fact.chosenAt >= newest || fact.state === 'unsubscribed';
}

/** Says the same as the missed webhook would have. */
function findingOf({ customerId, fact, hash }: Choice, readAt: Instant): Finding {
  const chosen = { state: fact.state, opt_in_level: fact.level, consent_updated_at: isoOf(fact.chosenAt) };
  const isEmail = fact.channel === 'email';
  const body = isEmail
    ? { customer_id: customerId, email_address: fact.addressAsWritten, email_marketing_consent: chosen }
    : { id: customerId, phone: fact.addressAsWritten, sms_marketing_consent: chosen };
  return {
    webhookId: `reconciliation:${fact.channel}:${hash}:${fact.state}:${fact.chosenAt}`,
    topic: isEmail ? 'customers_email_marketing_consent/update' : 'customers_marketing_consent/update',
    readAt,
    body: JSON.stringify(body),
  };
}

function customersIn(
  bodies: readonly string[],
  country: string | undefined,
  { begunAt, readAt }: Pick<FilePart, 'begunAt' | 'readAt'>,
): CustomerRead[] {
  const what = { topic: 'customers/update', source: 'reconciliation', readAt: begunAt ?? readAt } as const;
  return bodies.flatMap((body) => {
    const read = translateUnstored(country, { ...what, body }, readAt);
    if (!('event' in read) || read.event.translated.kind !== 'customer') return [];
    return read.event.translated.read ?? [];
  });
}

const choicesOf = ({ vault }: Shop, customers: readonly CustomerRead[]): Choice[] =>
  customers.flatMap(({ id: customerId, createdAt, facts }) =>
    facts.flatMap((fact) => {
      const { address, channel } = fact;
      if (!address || !isAboutAddress(channel)) return [];
      const key = customerKey(vault, customerId);
      return [{ customerId, key, createdAt, fact, address, hash: addressHash(vault, channel, address) }];
    }),
  );

/** Customers who were erased here and not created again since: they stay unknown. */
async function erasedOf(sql: Sql, shop: Shop, found: readonly Choice[]): Promise<Set<ShopifyId>> {
  const erasedAt = await loadRedactions(
    sql,
    shop,
    found.map(({ key }) => key),
  );
  const isErased = ({ key, createdAt }: Choice) => (createdAt ?? 0) <= (erasedAt.get(key) ?? -Infinity);
  return new Set(found.filter(isErased).map(({ customerId }) => customerId));
}

/** Those that are news to the ledger. */
async function missedOf(
  db: Sql,
  shop: Shop,
  found: readonly Choice[],
  { people, installed }: { people: Pick<People, 'own'>; installed: Instant },
): Promise<Choice[]> {
  const keys = found.map(({ fact, hash }) => ({ channel: fact.channel, address: hash }));
  const [ledger, held] = [await loadFacts(db, shop, keys), await heldAddresses(db, shop, keys)];
  const erased = await erasedOf(db, shop, found);
  return found.filter(({ customerId, key, fact, hash }) => {
    const address = ledgerKey({ channel: fact.channel, address: hash });
    const ofKnown = people.own(key) !== undefined || held.has(address);
    return !erased.has(customerId) && isNews(fact, ledger.get(address) ?? [], { installed, ofKnown });
  });
}

/** The customers we know have these addresses: an opt-out that is due later goes to one as written. */
async function sight(sql: Sql, shop: Shop, recorded: readonly Choice[], asOf: Instant): Promise<void> {
  const people = await loadPeople(
    sql,
    shop,
    recorded.map(({ key }) => key),
  );
  for (const { key, fact, address, hash } of recorded) {
    const person = people.own(key);
    const written = fact.addressAsWritten ?? address;
    if (person) people.touch(person, [{ channel: fact.channel, hash, written }], asOf);
  }
  await people.save();
}

/** Recorded without an event. */
const entryOf = (shop: Shop, { fact, hash }: Choice, personId: string | null): LedgerEntry => ({
  id: uuidv5([shop.id, fact.channel, hash, fact.state, fact.chosenAt].join(' '), FACTS),
  channel: fact.channel,
  address: hash,
  personId,
  state: fact.state,
  level: fact.level,
  chosenAt: fact.chosenAt,
  source: 'reconciliation',
  eventId: null,
});

/**
 * `begunAt`: when we asked Shopify for the file (null: not known). `readAt`: when Shopify had read
 * everything. `line`: where the group starts in the file; `next`: the place after it. Both are
 * updated together, once.
 */
type FilePart = { begunAt: Instant | null; readAt: Instant; line: number; next: Position };

type Differing = { event: TranslatedEvent; finding: Finding; one: Choice };

/**
 * What a group of customers chose that the ledger lacks. `due`: it makes a flag due; `kept`: it
 * doesn't.
 */
async function differencesOf(
  { db, settings, now }: ChangesDeps,
  shop: Shop,
  customers: readonly CustomerRead[],
  { country, asOf }: { country: string | undefined; asOf: Instant },
): Promise<{ people: People; installed: Instant; missed: Choice[]; due: Differing[]; kept: Differing[] }> {
  const stored = (await settings.load(shop)) ?? nothingStored;
  const found = choicesOf(shop, customers);
  const people = await loadPeople(
    db,
    shop,
    found.map(({ key }) => key),
  );
  const installed = installedAt(await loadInstallation(db, shop)) ?? now();
  const missed = await missedOf(db, shop, found, { people, installed });
  const differing = missed.flatMap((one): Differing[] => {
    const finding = findingOf(one, asOf);
    const read = translateUnstored(country, { ...finding, source: 'reconciliation' });
    return 'event' in read ? [{ event: read.event, finding, one }] : [];
  });
  const dryRuns = await dryRun(
    { sql: db, shop, stored, now: now() },
    differing.map(({ event }) => event),
  );
  const due = differing.filter((_, i) => dryRuns[i]?.settled === null);
  const kept = differing.filter((_, i) => {
    const settled = dryRuns[i]?.settled;
    return settled && settled.reason !== 'deleted_person';
  });
  return { people, installed, missed, due, kept };
}

/**
 * Compares the consent of a group of customers with the ledger. A difference that makes a flag due
 * becomes an event, as the lost webhook would have; any other is only recorded.
 * @returns how many events were created; null: another worker has moved on from here
 */
export async function compareConsent(
  deps: ChangesDeps,
  shop: Shop,
  bodies: readonly string[],
  { begunAt, readAt, line, next }: FilePart,
): Promise<number | null> {
  const { db, now } = deps;
  const { country } = await deps.shops.facts(shop);
  const customers = customersIn(bodies, country, { begunAt, readAt });
  // They may have got another address since.
  const asOf = begunAt ?? readAt;
  const { people, installed, missed, due, kept } = await differencesOf(deps, shop, customers, { country, asOf });
  return await inShop(db, shop, async (held) => {
    const { sql, stored } = held;
    if (!(await moveInFile(sql, shop, { readAt, line }, next))) return null;
    await applyDataSaleOptOuts(sql, shop, customers, begunAt);
    await readTagOptOuts(sql, shop, customers, (stored ?? nothingStored).settings);
    // Store nothing about a person who was erased in the meantime.
    const gone = await erasedOf(sql, shop, missed);
    const isLeft = ({ one }: { one: Choice }) => !gone.has(one.customerId);
    const recorded = kept.filter(isLeft).map(({ one }) => one);
    await sight(sql, shop, recorded, asOf);
    const facts = recorded.map((one) => entryOf(shop, one, people.own(one.key)?.id ?? null));
    const at = now();
    await appendFacts(sql, shop, facts, at);
    await recordElsewhere(held, madeElsewhere(people, facts), at);
    // A choice just made is sent as well, but its webhook may be on its way; none was for one made
    // before the installation, as while the app was gone.
    const isMissed = ({ fact: { chosenAt } }: Choice) =>
      chosenAt !== null && chosenAt >= installed && chosenAt <= at - MARGIN_MS;
    const add = async (areMissed: boolean) => {
      const some = due.filter((one) => isLeft(one) && isMissed(one.one) === areMissed);
      return await addFindings(
        sql,
        shop,
        some.map(({ finding }) =>
          areMissed ? finding : { ...finding, webhookId: `${NOT_MISSED}${finding.webhookId}` },
        ),
        at,
      );
    };
    const consents = await add(true);
    await noteMissed(sql, shop, { ...noneMissed, consents }, { since: null, until: readAt, now: at });
    return consents + (await add(false));
  });
}
