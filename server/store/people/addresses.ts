import type { Channel } from '../../domain/consent.ts';
import type { Sighting } from '../../domain/sightings.ts';
import { ofEachKey } from '../../platform/database/by-keys.ts';
import { type Sql, unnest } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';

/** An address that a person has had. */
export type KnownAddress = Sighting & {
  personId: string;
  channel: Channel;
  hash: string;
  /** Empty: it isn't known any more, or damaged. */
  written: string;
};

type WithAddresses = { addresses: ReadonlyMap<string, KnownAddress> };

/** The key of an address among all of one person. */
export const addressKey = ({ channel, hash }: Pick<KnownAddress, 'channel' | 'hash'>) => `${channel}:${hash}`;

/** What we know of somebody's address with this hash; undefined: they never had it. */
export const addressOn = (
  { addresses }: WithAddresses,
  channel: Channel,
  hash: string | undefined,
): KnownAddress | undefined => (hash === undefined ? undefined : addresses.get(addressKey({ channel, hash })));

/** The addresses that somebody has had on a channel. */
export const addressesOn = ({ addresses }: WithAddresses, channel: Channel): KnownAddress[] =>
  [...addresses.values()].filter((one) => one.channel === channel);

/** Those of them that we can write. */
export const writtenOn = (person: WithAddresses, channel: Channel): KnownAddress[] =>
  addressesOn(person, channel).filter(({ written }) => written !== '');

export const writtenBinding = (personId: string, channel: string, hash: string) =>
  `addresses.written:${personId}:${channel}:${hash}`;

/** Gives what `open` does; null: it is damaged, and the work goes on without it. */
export type Attempt = <T>(open: () => T) => T | null;

/** The addresses that these people have had. */
export async function loadAddresses(
  sql: Sql,
  shop: Shop,
  personIds: readonly string[],
  attempt: Attempt,
): Promise<KnownAddress[]> {
  if (personIds.length === 0) return [];
  const rows = await sql.query<{
    person_id: string;
    channel: Channel;
    address: string;
    written: Uint8Array | null;
    first_seen_at: Date;
    last_seen_at: Date;
    since_at: Date;
  }>(
    `SELECT r.person_id, r.channel, r.address, r.written, r.first_seen_at, r.last_seen_at,
       coalesce(r.since_at, r.first_seen_at) AS since_at
     FROM ${ofEachKey('$2::uuid[]', 'SELECT * FROM addresses WHERE shop_id = $1 AND person_id = k.key')}`,
    [shop.id, personIds],
  );
  const written = ({ person_id, channel, address, written: sealed }: (typeof rows)[number]) =>
    (sealed && attempt(() => shop.vault.open(writtenBinding(person_id, channel, address), sealed).toString())) ?? '';
  return rows.map((row) => ({
    personId: row.person_id,
    channel: row.channel,
    hash: row.address,
    written: written(row),
    firstSeenAt: row.first_seen_at.getTime(),
    lastSeenAt: row.last_seen_at.getTime(),
    since: row.since_at.getTime(),
  }));
}

export async function saveAddresses(sql: Sql, shop: Shop, addresses: readonly KnownAddress[]): Promise<void> {
  if (addresses.length === 0) return;
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
    addresses.map(({ personId, channel, hash, written, firstSeenAt, lastSeenAt, since }) => ({
      shop_id: shop.id,
      person_id: personId,
      channel,
      address: hash,
      written: written ? shop.vault.seal(writtenBinding(personId, channel, hash), written) : null,
      first_seen_at: new Date(firstSeenAt),
      last_seen_at: new Date(lastSeenAt),
      since_at: new Date(since),
    })),
  );
  await sql.query(
    `INSERT INTO addresses (${columns}) SELECT * FROM ${from} ON CONFLICT (shop_id, person_id, channel, address) DO UPDATE SET
       first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at, since_at = excluded.since_at`,
    params,
  );
}
