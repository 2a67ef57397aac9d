import type { Instant } from '../domain/scalars.ts';
import { type Histories, historiesOf } from '../domain/settings.ts';
import { changedAt } from '../domain/sightings.ts';
import type { Settled } from '../domain/states.ts';
import type { Sql } from '../platform/database/db.ts';
import { newId } from '../platform/database/ids.ts';
import { isOutage } from '../platform/database/outage.ts';
import { type LedgerEntry, ledgerKey, loadFacts } from '../store/consent/facts.ts';
import { findUnplaced } from '../store/events/events.ts';
import { addressesOn, addressOn } from '../store/people/addresses.ts';
import type { Person } from '../store/people/people.ts';
import { loadInstallation } from '../store/shops/installation.ts';
import type { StoredSettings } from '../store/shops/settings.ts';
import type { Shop } from '../store/shops/shops.ts';
import { loadContext, ownWordsFor } from './deliver/context.ts';
import { type Evaluated, evaluate, imagined, isNothingNew } from './deliver/evaluate.ts';
import type { Batch, TranslatedEvent } from './process/batch.ts';
import { handleEvent } from './process/handle-event.ts';
import { personKeyOf } from './process/keys-of-event.ts';
import { openBatch } from './process/open-batch.ts';
import { openStoredEvent } from './process/translate-stored.ts';

/**
 * What would happen to an event. `settled` null: it would be sent. `evaluated`: what would be sent,
 * also when it is nothing new.
 */
export type DryRun = { event: TranslatedEvent; settled: Settled | null; evaluated: Evaluated | null };

type Watched = {
  event: TranslatedEvent;
  outcome: Settled | null;
  delivery: Parameters<Batch['deliver']>[1] | null;
  facts: LedgerEntry[];
  /** Events that it would have handled again. */
  again: string[];
};

/**
 * Lets an event act on a batch that is never saved, and records what it would have written.
 * @param waiting the events before it that would be sent, by their order or customer
 */
function watch(batch: Batch, event: TranslatedEvent, waiting: Map<string, string>): Watched {
  const seen: Watched = { event, outcome: null, delivery: null, facts: [], again: [] };
  handleEvent(
    {
      ...batch,
      addFact: (entry) => {
        const id = newId();
        seen.facts.push({ id, ...entry });
        return id;
      },
      handleAgain: (eventIds) => void seen.again.push(...eventIds),
      waiting: (entity) => waiting.get(entity) ?? batch.waiting(entity),
      deliver: (_event, what) => {
        seen.delivery = what;
        if (what.entity !== null) waiting.set(what.entity, event.id);
        return { settled: null };
      },
      settle: (_event, outcome) => {
        seen.outcome = outcome.settled;
      },
      erase: (_event, outcome) => {
        seen.outcome = outcome.settled;
      },
    },
    event,
  );
  return seen;
}

/** Choices that were kept because they named no address, as they would be handled again. */
async function openAgain(sql: Sql, shop: Shop, ids: readonly string[]): Promise<TranslatedEvent[]> {
  return (await findUnplaced(sql, shop, ids)).flatMap((row) => {
    const read = openStoredEvent(shop, null, row);
    return 'event' in read ? [read.event] : [];
  });
}

/**
 * What the ledger would say: since when the person has the address, if they had another one before.
 */
function addressChangedAt(person: Person | undefined, fact: LedgerEntry): Instant | null {
  const own = person && addressOn(person, fact.channel, fact.address);
  if (!own || fact.named) return null;
  return changedAt(
    own,
    addressesOn(person, fact.channel).filter(({ hash }) => hash !== own.hash),
  );
}

const deliveryOf = (
  event: TranslatedEvent,
  { kind, entity, person, subject, choice = false }: NonNullable<Watched['delivery']>,
  eventReceivedAt: Instant,
) =>
  imagined({
    eventId: event.id,
    kind,
    entity,
    personId: person?.id ?? null,
    subject,
    choice,
    topic: event.topic,
    eventReceivedAt,
  });

function withHistories(stored: StoredSettings, { email, sms }: Histories): StoredSettings {
  const { consent } = stored.settings;
  const asked = { email: { ...consent.email, history: email }, sms: { ...consent.sms, history: sms } };
  return { ...stored, settings: { ...stored.settings, consent: asked } };
}

/**
 * Whether another history policy could change a flag: the rules tried before that one didn't decide
 * it.
 */
const hangsOnHistory = ({ prepared: { decisions } }: Evaluated): boolean =>
  [decisions.email, decisions.sms].some(({ reason }) => reason === 'due' || reason === 'history_held');

/** The context of a dry run: shop, settings and moment. */
export type DryRunIn = { sql: Sql; shop: Shop; stored: StoredSettings; now: Instant };

async function runTogether(
  { sql, shop, stored, now }: DryRunIn,
  policies: readonly Histories[],
  events: readonly TranslatedEvent[],
): Promise<DryRun[][]> {
  const life = await loadInstallation(sql, shop);
  const batch = await openBatch({ sql, shop, life, stored }, events, { now });
  const waiting = new Map<string, string>();
  const watched = events.map((event) => watch(batch, event, waiting));
  const deliveries = watched.map(({ event, delivery }) => (delivery ? deliveryOf(event, delivery, now) : null));
  const open = deliveries.filter((delivery) => delivery !== null);
  const found = await loadContext(sql, shop, stored, open);
  const again = await openAgain(
    sql,
    shop,
    watched.flatMap((one) => one.again),
  );
  const placed = again.map((event) => watch(batch, event, waiting));
  const all = [...watched, ...placed];
  const optOuts = all.flatMap(({ facts }) => facts.filter(({ state }) => state === 'unsubscribed'));
  for (const [of, known] of await loadFacts(sql, shop, optOuts, optOuts)) found.facts.set(of, known);
  for (const { event, facts } of all) {
    const key = personKeyOf(shop, event.translated);
    const person = key ? batch.people.find(key) : undefined;
    if (person) found.profiles.set(person.id, person.profile);
    for (const fact of facts) {
      const of = ledgerKey(fact);
      const known = found.facts.get(of) ?? [];
      found.facts.set(of, [...known, { ...fact, addressChangedAt: addressChangedAt(person, fact) }]);
    }
  }
  // Again: what these events say is among the facts now.
  const own = await ownWordsFor({ sql, shop }, open, found);
  const view = { shop, life, found: { ...found, own }, now };
  const evaluateOne = (under: StoredSettings, { event, outcome }: Watched, i: number): DryRun => {
    const delivery = deliveries[i];
    if (!delivery) return { event, settled: outcome ?? { state: 'skipped', reason: 'no_contact' }, evaluated: null };
    const evaluated = evaluate({ ...view, stored: under }, delivery);
    const { prepared } = evaluated;
    if (prepared.kind === 'settle') return { event, settled: prepared.settled, evaluated };
    const contentHash = shop.vault.hash('content', prepared.content);
    const nothingNew = isNothingNew(evaluated, found.entities, contentHash, under.account);
    return { event, settled: nothingNew ? { state: 'skipped', reason: 'nothing_new' } : null, evaluated };
  };
  const [first, ...others] = policies.map((policy) => withHistories(stored, policy));
  if (!first) return [];
  const known = watched.map((one, i) => evaluateOne(first, one, i));
  const anew = (under: StoredSettings) =>
    known.map((run, i) => {
      const one = watched[i];
      return one && run.evaluated && hangsOnHistory(run.evaluated) ? evaluateOne(under, one, i) : run;
    });
  return [known, ...others.map(anew)];
}

/**
 * What would happen to translated events under these settings if they arrived now, given the known
 * people, ledger and states, and the facts in their own bodies. The same code decides that handles
 * and sends real events; nothing is stored. If one can't be handled, only that one would need attention.
 * @param policies replace the history policy in the settings; each gives a list of its own
 * @param events none may be about the whole shop
 */
export async function dryRunUnder(
  within: DryRunIn,
  policies: readonly Histories[],
  events: readonly TranslatedEvent[],
): Promise<DryRun[][]> {
  try {
    return await runTogether(within, policies, events);
  } catch (error) {
    if (isOutage(error)) throw error;
    const [event] = events;
    if (event && events.length === 1) {
      return policies.map(() => [
        { event, settled: { state: 'attention', reason: 'translation_failed' }, evaluated: null },
      ]);
    }
    const found: DryRun[][] = policies.map(() => []);
    for (const one of events) {
      const each = await dryRunUnder(within, policies, [one]);
      for (const [i, list] of each.entries()) found[i]?.push(...list);
    }
    return found;
  }
}

/** Like dryRunUnder, with the saved history policy. */
export async function dryRun(within: DryRunIn, events: readonly TranslatedEvent[]): Promise<DryRun[]> {
  const [dryRuns = []] = await dryRunUnder(within, [historiesOf(within.stored.settings)], events);
  return dryRuns;
}
