import type { Channel } from '../../domain/consent.ts';
import { emptyProfile } from '../../domain/person.ts';
import type { Instant, ShopifyId } from '../../domain/scalars.ts';
import { brokenBy, seenAgain } from '../../domain/sightings.ts';
import { ofEachKey } from '../../platform/database/by-keys.ts';
import { instantOf } from '../../platform/database/dates.ts';
import type { Sql } from '../../platform/database/db.ts';
import { newId } from '../../platform/database/ids.ts';
import { ifReadable } from '../../platform/keys.ts';
import type { Shop } from '../shops/shops.ts';
import {
  type Attempt,
  addressesOn,
  addressKey,
  addressOn,
  type KnownAddress,
  loadAddresses,
  saveAddresses,
} from './addresses.ts';
import { openProfile } from './profiles.ts';
import { type StoredPerson, savePeople } from './save-people.ts';

/** A person while a batch of events is being handled. */
export type Person = StoredPerson & {
  /** Due to be read through the Admin API. */
  unread: boolean;
  addresses: Map<string, KnownAddress>;
};

type PersonRow = {
  id: string;
  key: string;
  profile: Uint8Array | null;
  profile_at: Date | null;
  seen_at: Date;
  deleted_at: Date | null;
  merged_into: string | null;
  unread: boolean;
  put_off: boolean | null;
};

/**
 * The people a batch of events is about: loaded together, changed in memory, written together.
 * Looking up a person who was merged gives the person they were merged into.
 */
export type People = {
  /** The person with this key; created if there is none. */
  get(key: string, seenAt: Instant, customerId: ShopifyId | null): Person;
  find(key: string): Person | undefined;
  /** The person with exactly this key, even if merged into another. */
  own(key: string): Person | undefined;
  /** Whether their profile couldn't be opened: it isn't saved. */
  isDamaged(person: Person): boolean;
  /** The person with exactly this key, if they were merged into another. */
  mergedAway(key: string | null): Person | undefined;
  byId(id: string): Person | undefined;
  /** Loads more people by id. */
  load(ids: readonly string[]): Promise<void>;
  /** Records that the person has these addresses, seen at `seenAt`. */
  touch(
    person: Person,
    addresses: readonly { channel: Channel; hash: string; written: string }[],
    seenAt: Instant,
  ): void;
  /** Marks the person for writing. */
  changed(person: Person): void;
  /** Has the person read through the Admin API, again if a read is in progress. */
  ask(person: Person): void;
  save(): Promise<void>;
};

const COLUMNS =
  'r.id, r.key, r.profile, r.profile_at, r.seen_at, r.deleted_at, r.merged_into, r.read_due_at IS NOT NULL AS unread, r.read_due_at > now() AS put_off';
const BY_ID = `SELECT ${COLUMNS} FROM ${ofEachKey('$2::uuid[]', 'SELECT * FROM people WHERE id = k.key')} WHERE r.shop_id = $1`;
const BY_KEY = `SELECT ${COLUMNS} FROM ${ofEachKey('$2::text[]', 'SELECT * FROM people WHERE shop_id = $1 AND key = k.key')}`;

/** @param attempt opens sealed values; one that throws makes this fail if anything is damaged */
export async function loadPeople(
  sql: Sql,
  shop: Shop,
  keys: readonly string[],
  attempt: Attempt = ifReadable,
): Promise<People> {
  const damaged = new Set<Person>();
  const byKey = new Map<string, Person>();
  const byId = new Map<string, Person>();

  async function add(rows: readonly PersonRow[]): Promise<void> {
    const added = new Map<string, Person>();
    for (const row of rows) {
      if (byId.has(row.id)) continue;
      const opened = attempt(() => openProfile(shop.vault, row.id, row.profile));
      const profile = opened ?? emptyProfile(null);
      const person: Person = {
        id: row.id,
        key: row.key,
        profile,
        profileAt: instantOf(row.profile_at),
        seenAt: row.seen_at.getTime(),
        deletedAt: instantOf(row.deleted_at),
        mergedInto: row.merged_into,
        // Nothing waits for a customer whom Shopify doesn't have yet.
        unread: row.unread && !(row.put_off && profile.read?.absences !== undefined),
        addresses: new Map(),
      };
      if (!opened) damaged.add(person);
      byKey.set(row.key, person);
      byId.set(row.id, person);
      added.set(row.id, person);
    }
    for (const address of await loadAddresses(sql, shop, [...added.keys()], attempt)) {
      added.get(address.personId)?.addresses.set(addressKey(address), address);
    }
    await load([...added.values()].map(({ mergedInto }) => mergedInto).filter((id) => id !== null));
  }

  async function load(ids: readonly string[]): Promise<void> {
    const missing = ids.filter((id) => !byId.has(id));
    if (missing.length === 0) return;
    await add(await sql.query<PersonRow>(BY_ID, [shop.id, missing]));
  }

  /** The person that somebody is now, after merges. */
  function kept(person: Person, met: ReadonlySet<Person> = new Set()): Person {
    const next = person.mergedInto === null ? undefined : byId.get(person.mergedInto);
    return next && !met.has(next) ? kept(next, new Set([...met, person])) : person;
  }

  if (keys.length > 0) {
    await add(await sql.query<PersonRow>(BY_KEY, [shop.id, keys]));
  }
  const dirtyPeople = new Set<Person>();
  const asked = new Set<Person>();
  const dirtyAddresses = new Map<string, KnownAddress>();

  function note(person: Person, address: KnownAddress): void {
    const key = addressKey(address);
    person.addresses.set(key, address);
    dirtyAddresses.set(`${person.id}:${key}`, address);
  }

  return {
    find: (key) => {
      const own = byKey.get(key);
      return own && kept(own);
    },
    own: (key) => byKey.get(key),
    isDamaged: (person) => damaged.has(person),
    mergedAway: (key) => {
      const own = key === null ? undefined : byKey.get(key);
      return own?.mergedInto == null ? undefined : own;
    },
    byId: (id) => {
      const own = byId.get(id);
      return own && kept(own);
    },
    load,
    get: (key, seenAt, customerId) => {
      const own = byKey.get(key);
      if (own) {
        own.profile.customerId ??= customerId;
        const known = kept(own);
        if (seenAt < known.seenAt) known.seenAt = seenAt;
        return known;
      }
      const person: Person = {
        id: newId(),
        key,
        profile: emptyProfile(customerId),
        profileAt: null,
        seenAt,
        deletedAt: null,
        mergedInto: null,
        unread: false,
        addresses: new Map(),
      };
      byKey.set(key, person);
      byId.set(person.id, person);
      dirtyPeople.add(person);
      return person;
    },
    touch: (person, addresses, seenAt) => {
      for (const { channel, hash, written } of addresses) {
        const known = addressOn(person, channel, hash);
        const others = addressesOn(person, channel).filter((one) => one.hash !== hash);
        const seen = seenAgain(known, others, seenAt);
        const isChanged =
          !known ||
          seen.firstSeenAt < known.firstSeenAt ||
          seen.lastSeenAt > known.lastSeenAt ||
          seen.since !== known.since;
        if (isChanged)
          note(person, { personId: person.id, channel, hash, written: known?.written ?? written, ...seen });
        for (const other of others) {
          const broken = brokenBy(other, seenAt);
          if (broken !== other) note(person, { ...other, ...broken });
        }
      }
    },
    changed: (person) => void dirtyPeople.add(person),
    ask: (person) => {
      person.unread = true;
      asked.add(person);
      dirtyPeople.add(person);
    },
    save: async () => {
      await Promise.all([
        savePeople(
          sql,
          shop,
          [...dirtyPeople].filter((person) => !damaged.has(person)),
          asked,
        ),
        saveAddresses(sql, shop, [...dirtyAddresses.values()]),
      ]);
    },
  };
}
