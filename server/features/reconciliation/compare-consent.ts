import type { Position } from '../../domain/imports.ts';
import type { Instant, ShopifyId } from '../../domain/scalars.ts';
import type { CustomerRead } from '../../domain/translated.ts';
import { dryRun } from '../../pipeline/dry-run.ts';
import { inShop } from '../../pipeline/in-shop.ts';
import { openDueOptOuts } from '../../pipeline/ledger/open-due-opt-outs.ts';
import { madeElsewhere, recordElsewhere } from '../../pipeline/ledger/opt-outs-elsewhere.ts';
import type { TranslatedEvent } from '../../pipeline/process/batch.ts';
import { translateUnstored } from '../../pipeline/process/translate-stored.ts';
import type { Sql } from '../../platform/database/db.ts';
import { appendFacts, ledgerKey, loadFacts } from '../../store/consent/facts.ts';
import { withoutOpenOptOut } from '../../store/consent/ledger-checks.ts';
import { addFindings, type Finding, NOT_MISSED } from '../../store/events/found-events.ts';
import { heldAddresses } from '../../store/people/holders.ts';
import { loadPeople, type People } from '../../store/people/people.ts';
import { loadRedactions } from '../../store/people/redactions.ts';
import { installedAt, loadInstallation } from '../../store/shops/installation.ts';
import { noneMissed, noteMissed } from '../../store/shops/missed-changes.ts';
import { moveInFile } from '../../store/shops/reconciliations.ts';
import { loadSettings, nothingStored } from '../../store/shops/settings.ts';
import { loadShopFacts, type Shop } from '../../store/shops/shops.ts';
import { type Choice, choicesOf, entryOfChoice, findingOfChoice, isNews } from './choices.ts';
import { applyDataSaleOptOuts } from './data-sale-opt-outs.ts';
import { MARGIN_MS } from './fetch-changes.ts';
import type { ChangesDeps } from './judge-changes.ts';
import { readTagOptOuts } from './tag-opt-outs.ts';

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
  { db, now }: ChangesDeps,
  shop: Shop,
  customers: readonly CustomerRead[],
  { country, asOf }: { country: string | undefined; asOf: Instant },
): Promise<{ people: People; installed: Instant; missed: Choice[]; due: Differing[]; kept: Choice[] }> {
  const stored = (await loadSettings(db, shop)) ?? nothingStored;
  const found = choicesOf(shop, customers);
  const people = await loadPeople(
    db,
    shop,
    found.map(({ key }) => key),
  );
  const installed = installedAt(await loadInstallation(db, shop)) ?? now();
  const missed = await missedOf(db, shop, found, { people, installed });
  // Without a date, an event would count from now.
  const undated = missed.filter(({ fact }) => fact.chosenAt === null);
  const dated = missed.filter(({ fact }) => fact.chosenAt !== null);
  const differing = dated.flatMap((one): Differing[] => {
    const finding = findingOfChoice(one, asOf);
    const read = translateUnstored(country, { ...finding, source: 'reconciliation' });
    return 'event' in read ? [{ event: read.event, finding, one }] : [];
  });
  const dryRuns = await dryRun(
    { sql: db, shop, stored, now: now() },
    differing.map(({ event }) => event),
  );
  const due = differing.filter((_, i) => dryRuns[i]?.settled === null);
  const kept = differing.flatMap(({ one }, i) => {
    const settled = dryRuns[i]?.settled;
    return settled && settled.reason !== 'deleted_person' ? [one] : [];
  });
  return { people, installed, missed, due, kept: [...undated, ...kept] };
}

/**
 * Compares the consent of a group of customers with the ledger. A difference that makes a flag due
 * becomes an event, as the lost webhook would have; any other is recorded, and an opt-out that is due then gets a
 * delivery.
 * @returns how many events were created; null: another worker has moved on from here
 */
export async function compareConsent(
  deps: ChangesDeps,
  shop: Shop,
  bodies: readonly string[],
  { begunAt, readAt, line, next }: FilePart,
): Promise<number | null> {
  const { db, now } = deps;
  const { country } = await loadShopFacts(db, shop);
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
    const isLeft = ({ customerId }: Choice) => !gone.has(customerId);
    const recorded = kept.filter(isLeft);
    await sight(sql, shop, recorded, asOf);
    const facts = recorded.map((one) => entryOfChoice(shop, one, people.own(one.key)?.id ?? null));
    const at = now();
    await appendFacts(sql, shop, facts, at);
    await recordElsewhere(held, madeElsewhere(people, facts), at);
    // An opt-out made while Shopify wrote the file is newer than a finding, which is dated when the file was asked for.
    const optOuts = facts.filter(({ state }) => state === 'unsubscribed');
    const opened = await openDueOptOuts(held, await withoutOpenOptOut(sql, shop, optOuts), at);
    // A choice just made is sent as well, but its webhook may be on its way; none was for one made
    // before the installation, as while the app was gone.
    const isMissed = ({ fact: { chosenAt } }: Choice) =>
      chosenAt !== null && chosenAt >= installed && chosenAt <= at - MARGIN_MS;
    const add = async (areMissed: boolean) => {
      const some = due.filter(({ one }) => isLeft(one) && isMissed(one) === areMissed);
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
    return consents + (await add(false)) + opened;
  });
}
