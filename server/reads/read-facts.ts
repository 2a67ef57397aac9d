import { v5 as uuidv5 } from 'uuid';
import type { CustomerRead } from '../domain/translated.ts';
import type { LedgerEntry } from '../store/consent/facts.ts';
import type { Person } from '../store/people/people.ts';
import type { Shop } from '../store/shops/shops.ts';

/** The name space of the ids of facts that were read. */
const READ_FACTS = '5b0f7c1e-6a54-4c39-8d0b-7f2b1f0a9e36';

/** What was read of a person's consent, for the ledger: reading the same again gives the same facts. */
export function readFacts(shop: Shop, person: Person, read: CustomerRead): LedgerEntry[] {
  return read.facts.flatMap((fact) => {
    if (!fact.address) return [];
    const address = shop.vault.hash(fact.channel, fact.address);
    const { channel, state, level, chosenAt, source } = fact;
    const id = uuidv5([person.id, channel, address, state, level, chosenAt, source].join(' '), READ_FACTS);
    return [{ id, channel, address, personId: person.id, state, level, chosenAt, source, eventId: null }];
  });
}
