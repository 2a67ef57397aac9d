import type { Channel } from '../../domain/consent.ts';
import type { Instant } from '../../domain/scalars.ts';
import { instantOf } from '../../platform/database/dates.ts';
import { type Sql, unnest } from '../../platform/database/db.ts';
import { ifReadable } from '../../platform/keys.ts';
import { type LedgerKey, ledgerKey } from '../consent/facts.ts';
import type { Shop } from '../shops/shops.ts';
import { writtenBinding } from './addresses.ts';
import { byKeyAlone, type KnownPerson, type KnownPersonRow, openIfReadable } from './profiles.ts';

/** A person who has or had an address, with the address as written. */
export type Holder = KnownPerson & {
  channel: Channel;
  address: string;
  written: string;
  profileAt: Instant | null;
  /** Deleted, or merged into another. */
  gone: boolean;
  /** Their profile is damaged: nothing is known of them besides. */
  damaged: boolean;
  lastSeenAt: Instant;
};

/** These keys as a table. `$1` stays free. */
const tableOf = (keys: readonly LedgerKey[]) =>
  unnest(
    { channel: 'text', address: 'text' },
    keys.map(({ channel, address }) => ({ channel, address })),
    2,
  );

/** Everybody who has or had one of these addresses, most recently seen with it first. */
export async function loadHolders(sql: Sql, shop: Shop, keys: readonly LedgerKey[]): Promise<Holder[]> {
  if (keys.length === 0) return [];
  const { columns, from, params } = tableOf(keys);
  const rows = await sql.query<
    KnownPersonRow & {
      channel: Channel;
      address: string;
      written: Uint8Array;
      last_seen_at: Date;
      profile_at: Date | null;
      gone: boolean;
    }
  >(
    `SELECT a.channel, a.address, a.written, a.last_seen_at, p.id, p.key, p.profile, p.profile_at,
       p.deleted_at IS NOT NULL OR p.merged_into IS NOT NULL AS gone
     FROM ${from} AS k(${columns})
     CROSS JOIN LATERAL (SELECT * FROM addresses WHERE shop_id = $1 AND address = k.address AND channel = k.channel
       AND written IS NOT NULL OFFSET 0) AS a
     JOIN people p ON p.id = a.person_id ORDER BY a.last_seen_at DESC, p.id`,
    [shop.id, ...params],
  );
  return rows.flatMap(({ channel, address, written: sealed, last_seen_at, profile_at, gone, ...row }) => {
    const written = ifReadable(() =>
      shop.vault.open(writtenBinding(row.id, channel, address), sealed).toString('utf8'),
    );
    if (written === null) return [];
    const person = openIfReadable(shop, row);
    return {
      ...(person ?? byKeyAlone(row)),
      channel,
      address,
      written,
      profileAt: instantOf(profile_at),
      gone,
      damaged: person === null,
      lastSeenAt: last_seen_at.getTime(),
    };
  });
}

/** Which of these addresses anybody has or had, also as a guest. */
export async function heldAddresses(sql: Sql, shop: Shop, keys: readonly LedgerKey[]): Promise<ReadonlySet<string>> {
  if (keys.length === 0) return new Set();
  const { columns, from, params } = tableOf(keys);
  const rows = await sql.query<LedgerKey>(
    `SELECT k.channel, k.address FROM ${from} AS k(${columns})
     WHERE EXISTS (SELECT 1 FROM addresses a WHERE a.shop_id = $1 AND a.address = k.address AND a.channel = k.channel)`,
    [shop.id, ...params],
  );
  return new Set(rows.map(ledgerKey));
}
