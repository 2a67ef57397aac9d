import { dateOf } from '../../platform/database/dates.ts';
import { type Sql, unnest } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';
import type { Person } from './people.ts';
import { profileBinding } from './profiles.ts';

export const writtenBinding = (personId: string, channel: string, hash: string) =>
  `addresses.written:${personId}:${channel}:${hash}`;

export async function savePeople(
  sql: Sql,
  shop: Shop,
  people: readonly Person[],
  asked: ReadonlySet<Person>,
): Promise<void> {
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
      merged_into: 'uuid',
      asks: 'int',
    },
    people.map((person) => ({
      id: person.id,
      shop_id: shop.id,
      key: person.key,
      profile: shop.vault.sealJson(profileBinding(person.id), person.profile),
      profile_at: dateOf(person.profileAt),
      seen_at: new Date(person.seenAt),
      deleted_at: dateOf(person.deletedAt),
      merged_into: person.mergedInto,
      asks: asked.has(person) ? 1 : 0,
    })),
  );
  await sql.query(
    `INSERT INTO people (id, shop_id, key, profile, profile_at, seen_at, deleted_at, merged_into, read_asks, read_due_at)
     SELECT u.*, CASE WHEN u.asks > 0 THEN now() END FROM ${from} AS u(${columns})
     ON CONFLICT (id) DO UPDATE SET
       profile = excluded.profile, profile_at = excluded.profile_at, seen_at = excluded.seen_at, deleted_at = excluded.deleted_at,
       merged_into = excluded.merged_into, read_asks = people.read_asks + excluded.read_asks,
       read_due_at = CASE WHEN excluded.merged_into IS NULL THEN coalesce(excluded.read_due_at, people.read_due_at) END`,
    params,
  );
}

export async function saveAddresses(
  sql: Sql,
  shop: Shop,
  entries: readonly { person: Person; key: string }[],
): Promise<void> {
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
        since_at: new Date(address.since),
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
      since_at: 'timestamptz',
    },
    rows,
  );
  await sql.query(
    `INSERT INTO addresses (${columns}) SELECT * FROM ${from} ON CONFLICT (shop_id, person_id, channel, address) DO UPDATE SET
       first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at, since_at = excluded.since_at`,
    params,
  );
}
