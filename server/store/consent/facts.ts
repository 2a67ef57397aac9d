import { UNTICKED_WITHIN } from '../../domain/consent/decide.ts';
import type { Channel, ConsentFact, FactSource, FoundFact } from '../../domain/consent.ts';
import type { Instant } from '../../domain/scalars.ts';
import { dateOf, instantOf } from '../../platform/database/dates.ts';
import { type Sql, unnest } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';

/** A fact as it is stored: about an address (its hash), with the person it came with. */
export type LedgerEntry = {
  id: string;
  channel: Channel;
  address: string;
  personId: string | null;
  state: string | null;
  level: string | null;
  chosenAt: Instant | null;
  /** For an undated opt-in from an event: when the event was triggered. */
  heardAt?: Instant | null;
  source: FactSource;
  eventId: string | null;
  /** The event itself named the address. */
  named?: boolean;
};

/** What a fact says, as it is stored about an address. */
export const entryOf = (
  { channel, state, level, chosenAt, heardAt, source }: FoundFact,
  about: Pick<LedgerEntry, 'address' | 'personId' | 'eventId'>,
): Omit<LedgerEntry, 'id'> => ({
  channel,
  state,
  level,
  chosenAt,
  ...(heardAt != null && { heardAt }),
  source,
  ...about,
});

/**
 * What a flag is about: the hash of an address; for phone and postal, which are about a person, the
 * person's id.
 */
export type LedgerKey = { channel: Channel; address: string };
export const ledgerKey = (key: LedgerKey) => `${key.channel}:${key.address}`;

export async function appendFacts(sql: Sql, shop: Shop, entries: readonly LedgerEntry[], now: Instant): Promise<void> {
  if (entries.length === 0) return;
  const { columns, from, params } = unnest(
    {
      id: 'uuid',
      shop_id: 'int',
      channel: 'text',
      address: 'text',
      person_id: 'uuid',
      state: 'text',
      level: 'text',
      chosen_at: 'timestamptz',
      heard_at: 'timestamptz',
      source: 'text',
      event_id: 'uuid',
      named: 'boolean',
      recorded_at: 'timestamptz',
    },
    entries.map((entry) => ({
      id: entry.id,
      shop_id: shop.id,
      channel: entry.channel,
      address: entry.address,
      person_id: entry.personId,
      state: entry.state,
      level: entry.level,
      chosen_at: dateOf(entry.chosenAt),
      heard_at: dateOf(entry.heardAt),
      source: entry.source,
      event_id: entry.eventId,
      named: entry.named ?? false,
      recorded_at: new Date(now),
    })),
  );
  await sql.query(`INSERT INTO consent_facts (${columns}) SELECT * FROM ${from} ON CONFLICT (id) DO NOTHING`, params);
}

/**
 * The facts about each address of `k`. Each is looked up separately: a plan made when the table was
 * small would read all of the shop's facts.
 */
const OF_ADDRESS =
  'CROSS JOIN LATERAL (SELECT * FROM consent_facts WHERE shop_id = $1 AND address = k.address OFFSET 0) AS f';

/** What is read of a fact `f`. */
export const FACT_COLUMNS =
  'f.id, f.channel, f.address, f.person_id, f.state, f.level, f.chosen_at, f.heard_at, f.source, f.event_id';

export type FactRow = {
  id: string;
  channel: Channel;
  address: string;
  person_id: string | null;
  state: string | null;
  level: string | null;
  chosen_at: Date | null;
  heard_at: Date | null;
  source: FactSource;
  event_id: string | null;
};

export const factOf = (row: FactRow, addressChangedAt: Instant | null = null): ConsentFact => ({
  id: row.id,
  channel: row.channel,
  state: row.state,
  level: row.level,
  chosenAt: instantOf(row.chosen_at),
  heardAt: instantOf(row.heard_at),
  personId: row.person_id,
  source: row.source,
  eventId: row.event_id,
  addressChangedAt,
});

const UNTICKED = `${UNTICKED_WITHIN} * interval '1 millisecond'`;

/**
 * The facts about these addresses, by ledgerKey, without the unticked boxes that explain no
 * opt-out: a till that gives every buyer one address has tens of thousands. If the person a fact
 * came with had another address on the channel before, it says since when they have this one,
 * unless its event named it.
 * @param news opt-outs at these addresses that aren't stored: boxes may explain them, too
 */
export async function loadFacts(
  sql: Sql,
  shop: Shop,
  keys: readonly LedgerKey[],
  news: readonly Pick<LedgerEntry, 'address' | 'chosenAt'>[] = [],
): Promise<Map<string, ConsentFact[]>> {
  const facts = new Map<string, ConsentFact[]>();
  if (keys.length === 0) return facts;
  const rows = await sql.query<FactRow & { address_changed_at: Date | null }>(
    `SELECT ${FACT_COLUMNS},
       CASE WHEN NOT f.named AND EXISTS (
         SELECT 1 FROM addresses o WHERE o.shop_id = f.shop_id AND o.person_id = f.person_id AND o.channel = f.channel
           AND o.address <> f.address AND o.first_seen_at <= coalesce(a.since_at, a.first_seen_at)
       ) THEN coalesce(a.since_at, a.first_seen_at) END AS address_changed_at
     FROM (SELECT DISTINCT unnest($2::text[]) AS address) AS k
     CROSS JOIN LATERAL (SELECT array_agg(at) AS news FROM unnest($3::text[], $4::timestamptz[]) AS u(address, at)
       WHERE u.address = k.address) AS n
     CROSS JOIN LATERAL (SELECT *, array_agg(chosen_at) FILTER (WHERE state = 'unsubscribed') OVER () AS opt_outs
       FROM consent_facts WHERE shop_id = $1 AND address = k.address OFFSET 0) AS f
     LEFT JOIN addresses a
       ON a.shop_id = f.shop_id AND a.person_id = f.person_id AND a.channel = f.channel AND a.address = f.address
     WHERE f.state IS DISTINCT FROM 'unticked' OR EXISTS (
       SELECT 1 FROM unnest(f.opt_outs || n.news) AS o(at)
       WHERE o.at BETWEEN f.chosen_at - ${UNTICKED} AND f.chosen_at + ${UNTICKED})`,
    [
      shop.id,
      keys.map(({ address }) => address),
      news.map(({ address }) => address),
      news.map(({ chosenAt }) => dateOf(chosenAt)),
    ],
  );
  for (const row of rows) {
    const key = ledgerKey(row);
    const list = facts.get(key) ?? [];
    list.push(factOf(row, instantOf(row.address_changed_at)));
    facts.set(key, list);
  }
  return facts;
}

/** What an event said about an address that it named itself. */
export type NamedChoice = { personId: string; channel: Channel; address: string; at: Instant };

/** When an entry's choice was made, as far as known. */
export const chosenOrHeardAt = ({ chosenAt, heardAt }: Pick<LedgerEntry, 'chosenAt' | 'heardAt'>) =>
  chosenAt ?? heardAt ?? null;

/** What events have said about addresses of these people that they named. */
export async function loadNamedChoices(
  sql: Sql,
  shop: Shop,
  people: readonly { id: string; addresses: ReadonlyMap<string, { hash: string }> }[],
): Promise<NamedChoice[]> {
  if (people.length === 0) return [];
  const pairs = people.flatMap(({ id, addresses }) => [...addresses.values()].map(({ hash }) => ({ id, hash })));
  const rows = await sql.query<{ person_id: string; channel: Channel; address: string; at: Date }>(
    `SELECT f.person_id, f.channel, f.address, coalesce(f.chosen_at, f.heard_at) AS at
     FROM unnest($2::uuid[], $3::text[]) AS k (person_id, address)
     ${OF_ADDRESS} WHERE f.named AND f.person_id = k.person_id AND coalesce(f.chosen_at, f.heard_at) IS NOT NULL`,
    [shop.id, pairs.map(({ id }) => id), pairs.map(({ hash }) => hash)],
  );
  return rows.map((row) => ({
    personId: row.person_id,
    channel: row.channel,
    address: row.address,
    at: row.at.getTime(),
  }));
}
