import { v5 as uuidv5 } from 'uuid';
import { type ConsentFact, isChoiceWord, isOptInWord } from '../../domain/consent.ts';
import type { Instant } from '../../domain/scalars.ts';
import { hadAt } from '../../domain/sightings.ts';
import { appendFacts, chosenOrHeardAt, type LedgerEntry, ledgerKey, loadFacts } from '../../store/consent/facts.ts';
import { withoutOpenOptOut } from '../../store/consent/ledger-checks.ts';
import { addressesOn, addressOn, type KnownAddress, writtenOn } from '../../store/people/addresses.ts';
import { loadHolders } from '../../store/people/holders.ts';
import type { People } from '../../store/people/people.ts';
import type { InShop } from '../in-shop.ts';
import type { Move } from '../process/batch.ts';
import { openDueOptOuts } from './open-due-opt-outs.ts';

/** UUID namespace for the ids of these facts. */
const FACTS = '1c9b6d0e-52f7-4b7a-9a35-7e0d4c8f2a61';

const dateOf = (fact: ConsentFact) => chosenOrHeardAt(fact) ?? -Infinity;

/** Appends these opt-outs, and opens deliveries for those that are due. */
async function record(held: InShop, entries: readonly LedgerEntry[], now: Instant): Promise<void> {
  const { sql, shop } = held;
  await appendFacts(sql, shop, entries, now);
  await openDueOptOuts(held, await withoutOpenOptOut(sql, shop, entries), now);
}

/** An opt-out that was made at another address than the one Shopify names now. */
type OptOutElsewhere = { entry: LedgerEntry & { chosenAt: Instant }; at: KnownAddress };

/**
 * Shopify names the address that a customer has when it is asked, wherever they chose. Of these
 * facts, the opt-outs made at other addresses that their people had then, as far as we know. Pure.
 */
export function madeElsewhere(people: Pick<People, 'byId'>, facts: readonly LedgerEntry[]): OptOutElsewhere[] {
  return facts.flatMap((entry) => {
    const { channel, address, personId, state, chosenAt, source } = entry;
    if (state !== 'unsubscribed' || chosenAt === null || source === 'consent_topic' || personId === null) return [];
    const person = people.byId(personId);
    if (person?.id !== personId) return [];
    return hadAt(writtenOn(person, channel), chosenAt)
      .filter(({ hash }) => hash !== address)
      .map((at) => {
        const id = uuidv5([personId, channel, at.hash, chosenAt].join(' '), FACTS);
        return { entry: { ...entry, id, address: at.hash, chosenAt }, at };
      });
  });
}

/**
 * Records those that undo an older opt-in, unless another customer has the address by now, and
 * opens deliveries for those that are due.
 */
export async function recordElsewhere(held: InShop, made: readonly OptOutElsewhere[], now: Instant): Promise<void> {
  if (made.length === 0) return;
  const { sql, shop } = held;
  const entries = made.map(({ entry }) => entry);
  const ledger = await loadFacts(sql, shop, entries);
  const holders = Map.groupBy(await loadHolders(sql, shop, entries), ledgerKey);
  const undoing = made.flatMap(({ entry, at }) => {
    const key = ledgerKey(entry);
    const undoes = ledger.get(key)?.some((fact) => isOptInWord(fact.state) && dateOf(fact) <= entry.chosenAt);
    const isAnothers = holders
      .get(key)
      ?.some(
        ({ id, gone, profile, lastSeenAt }) =>
          id !== entry.personId && !gone && profile.customerId !== null && lastSeenAt > at.lastSeenAt,
      );
    return undoes && !isAnothers ? [entry] : [];
  });
  await record(held, undoing, now);
}

/**
 * The opt-out that somebody last chose, at another of their addresses before they had this one; undefined: they
 * chose something else since, or never.
 */
function lastOptOut({ person, channel, address }: Move, ledger: ReadonlyMap<string, readonly ConsentFact[]>) {
  const theirs = addressesOn(person, channel)
    .flatMap(({ hash }) => (ledger.get(ledgerKey({ channel, address: hash })) ?? []).map((fact) => ({ fact, hash })))
    .filter(({ fact }) => fact.personId === person.id && isChoiceWord(fact.state));
  const at = Math.max(...theirs.map(({ fact }) => dateOf(fact)));
  const since = addressOn(person, channel, address)?.since ?? -Infinity;
  return theirs.find(
    ({ fact, hash }) => fact.state === 'unsubscribed' && dateOf(fact) === at && at < since && hash !== address,
  )?.fact;
}

/**
 * Where Shopify can't be asked what holds at an address that a customer is back at: an opt-out that they made
 * meanwhile undoes their older opt-in there, or one of a guest.
 */
export async function followMoves(held: InShop, moves: readonly Move[], now: Instant): Promise<void> {
  if (moves.length === 0) return;
  const { sql, shop } = held;
  const addresses = moves.flatMap(({ person, channel }) =>
    addressesOn(person, channel).map(({ hash }) => ({ channel, address: hash })),
  );
  const ledger = await loadFacts(sql, shop, addresses);
  const entries = moves.flatMap((move): LedgerEntry[] => {
    const found = lastOptOut(move, ledger);
    const { person, channel, address } = move;
    // Only a guest's box is a choice.
    const undoes = ({ state, personId }: ConsentFact) =>
      state === 'ticked' || (state === 'subscribed' && personId === person.id);
    if (!found || !ledger.get(ledgerKey(move))?.some((fact) => undoes(fact) && dateOf(fact) <= dateOf(found)))
      return [];
    const { chosenAt, level, source, eventId, state } = found;
    const id = uuidv5([person.id, channel, address, chosenAt].join(' '), FACTS);
    return [{ id, channel, address, personId: person.id, state, level, chosenAt, source, eventId }];
  });
  await record(held, entries, now);
}
