import type { Channel } from '../../domain/consent.ts';
import { emptyProfile, type PersonProfile } from '../../domain/person.ts';
import type { Instant, ShopifyId } from '../../domain/scalars.ts';
import { type Sql, unnest } from '../../platform/database/db.ts';
import { newId } from '../../platform/database/ids.ts';
import type { Shop } from '../shops/shops.ts';
import { openProfile, profileBinding } from './profiles.ts';

export type KnownAddress = { hash: string; written: string; firstSeenAt: Instant; lastSeenAt: Instant };

/** A person while a batch of events is worked through. */
export type Person = {
  id: string;
  key: string;
  profile: PersonProfile;
  profileAt: Instant | null;
  seenAt: Instant;
  deletedAt: Instant | null;
  /** Is to be read through the Admin API. */
  unread: boolean;
  addresses: Map<string, KnownAddress & { channel: Channel }>;
};

type PersonRow = {
  id: string;
  key: string;
  profile: Uint8Array | null;
  profile_at: Date | null;
  seen_at: Date;
  deleted_at: Date | null;
  unread: boolean;
};

/** The people a batch of events is about: loaded together, changed in memory, written together. */
export type People = {
  /** The person with this key; made when there is none. */
  get(key: string, seenAt: Instant, customerId: ShopifyId | null): Person;
  find(key: string): Person | undefined;
  /** Notes that the person has these addresses, first and last seen at `seenAt`. */
  touch(person: Person, addresses: { channel: Channel; hash: string; written: string }[], seenAt: Instant): void;
  /** Marks the person for writing. */
  changed(person: Person): void;
  /** The person is to be read through the Admin API, anew if that is under way. */
  ask(person: Person): void;
  save(): Promise<void>;
};

export async function loadPeople(sql: Sql, shop: Shop, keys: readonly string[]): Promise<People> {
  const byKey = new Map<string, Person>();
  if (keys.length > 0) {
    const rows = await sql.query<PersonRow>(
      `SELECT id, key, profile, profile_at, seen_at, deleted_at, read_due_at IS NOT NULL AS unread
       FROM people WHERE shop_id = $1 AND key = ANY($2::text[])`,
      [shop.id, keys],
    );
    for (const row of rows) {
      byKey.set(row.key, {
        id: row.id,
        key: row.key,
        profile: openProfile(shop.vault, row.id, row.profile),
        profileAt: row.profile_at?.getTime() ?? null,
        seenAt: row.seen_at.getTime(),
        deletedAt: row.deleted_at?.getTime() ?? null,
        unread: row.unread,
        addresses: new Map(),
      });
    }
  }
  const byId = new Map([...byKey.values()].map((person) => [person.id, person]));
  if (byId.size > 0) {
    const rows = await sql.query<{
      person_id: string;
      channel: Channel;
      address: string;
      written: Uint8Array | null;
      first_seen_at: Date;
      last_seen_at: Date;
    }>(
      'SELECT person_id, channel, address, written, first_seen_at, last_seen_at FROM addresses WHERE shop_id = $1 AND person_id = ANY($2::uuid[])',
      [shop.id, [...byId.keys()]],
    );
    for (const row of rows) {
      byId.get(row.person_id)?.addresses.set(`${row.channel}:${row.address}`, {
        channel: row.channel,
        hash: row.address,
        written: row.written
          ? shop.vault.open(writtenBinding(row.person_id, row.channel, row.address), row.written).toString()
          : '',
        firstSeenAt: row.first_seen_at.getTime(),
        lastSeenAt: row.last_seen_at.getTime(),
      });
    }
  }
  const dirtyPeople = new Set<Person>();
  const asked = new Set<Person>();
  const dirtyAddresses = new Map<string, { person: Person; key: string }>();

  return {
    find: (key) => byKey.get(key),
    get: (key, seenAt, customerId) => {
      const known = byKey.get(key);
      if (known) {
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
        unread: false,
        addresses: new Map(),
      };
      byKey.set(key, person);
      dirtyPeople.add(person);
      return person;
    },
    touch: (person, addresses, seenAt) => {
      for (const { channel, hash, written } of addresses) {
        const key = `${channel}:${hash}`;
        const known = person.addresses.get(key);
        if (known && known.firstSeenAt <= seenAt && known.lastSeenAt >= seenAt) continue;
        person.addresses.set(key, {
          channel,
          hash,
          written: known?.written ?? written,
          firstSeenAt: Math.min(known?.firstSeenAt ?? seenAt, seenAt),
          lastSeenAt: Math.max(known?.lastSeenAt ?? seenAt, seenAt),
        });
        dirtyAddresses.set(`${person.id}:${key}`, { person, key });
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
        savePeople(sql, shop, [...dirtyPeople], asked),
        saveAddresses(sql, shop, [...dirtyAddresses.values()]),
      ]);
    },
  };
}

export const writtenBinding = (personId: string, channel: string, hash: string) =>
  `addresses.written:${personId}:${channel}:${hash}`;

async function savePeople(sql: Sql, shop: Shop, people: readonly Person[], asked: ReadonlySet<Person>): Promise<void> {
  if (people.length === 0) return;
  const { columns, from, params } = unnest(
    {
      id: 'uuid',
      shop_id: 'int',
      key: 'text',
      profile: 'bytea',
      profile_at: 'timestamptz',
      seen_at: 'timestamptz',
      deleted_at: 'timestamptz',
      asks: 'int',
    },
    people.map((person) => ({
      id: person.id,
      shop_id: shop.id,
      key: person.key,
      profile: shop.vault.sealJson(profileBinding(person.id), person.profile),
      profile_at: person.profileAt === null ? null : new Date(person.profileAt),
      seen_at: new Date(person.seenAt),
      deleted_at: person.deletedAt === null ? null : new Date(person.deletedAt),
      asks: asked.has(person) ? 1 : 0,
    })),
  );
  await sql.query(
    `INSERT INTO people (id, shop_id, key, profile, profile_at, seen_at, deleted_at, read_asks, read_due_at)
     SELECT u.*, CASE WHEN u.asks > 0 THEN now() END FROM ${from} AS u(${columns})
     ON CONFLICT (id) DO UPDATE SET
       profile = excluded.profile, profile_at = excluded.profile_at, seen_at = excluded.seen_at, deleted_at = excluded.deleted_at,
       read_asks = people.read_asks + excluded.read_asks, read_due_at = coalesce(excluded.read_due_at, people.read_due_at)`,
    params,
  );
}

async function saveAddresses(sql: Sql, shop: Shop, entries: readonly { person: Person; key: string }[]): Promise<void> {
  const rows = entries.flatMap(({ person, key }) => {
    const address = person.addresses.get(key);
    if (!address) return [];
    return [
      {
        shop_id: shop.id,
        person_id: person.id,
        channel: address.channel,
        address: address.hash,
        written: address.written
          ? shop.vault.seal(writtenBinding(person.id, address.channel, address.hash), address.written)
          : null,
        first_seen_at: new Date(address.firstSeenAt),
        last_seen_at: new Date(address.lastSeenAt),
      },
    ];
  });
  if (rows.length === 0) return;
  const { columns, from, params } = unnest(
    {
      shop_id: 'int',
      person_id: 'uuid',
      channel: 'text',
      address: 'text',
      written: 'bytea',
      first_seen_at: 'timestamptz',
      last_seen_at: 'timestamptz',
    },
    rows,
  );
  await sql.query(
    `INSERT INTO addresses (${columns}) SELECT * FROM ${from} ON CONFLICT (shop_id, person_id, channel, address) DO UPDATE SET
       first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at`,
    params,
  );
}
