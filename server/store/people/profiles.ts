import { emptyProfile, type PersonProfile } from '../../domain/person.ts';
import { ofEachKey } from '../../platform/database/by-keys.ts';
import type { Sql } from '../../platform/database/db.ts';
import type { Vault } from '../../platform/keys.ts';
import type { Shop } from '../shops/shops.ts';

export const profileBinding = (id: string) => `people.profile:${id}`;

export function openProfile(vault: Vault, id: string, sealed: Uint8Array | null): PersonProfile {
  const empty = emptyProfile(null);
  if (!sealed) return empty;
  // Profiles sealed before people were read lack what a read adds.
  const { tags, ...known } = vault.openJson<PersonProfile>(profileBinding(id), sealed);
  return { ...empty, ...known, tags: Object.assign(empty.tags, tags) };
}

/** A person as last known. */
export type KnownPerson = { id: string; key: string; profile: PersonProfile };
export type KnownPersonRow = { id: string; key: string; profile: Uint8Array | null };

export const openPerson = ({ vault }: Shop, { id, key, profile }: KnownPersonRow): KnownPerson => ({
  id,
  key,
  profile: openProfile(vault, id, profile),
});

/** The people with these ids as last known, and which of them were deleted in Shopify. */
export async function loadProfiles(
  sql: Sql,
  shop: Shop,
  ids: readonly string[],
): Promise<{ profiles: Map<string, PersonProfile>; deleted: Set<string> }> {
  if (ids.length === 0) return { profiles: new Map(), deleted: new Set() };
  const rows = await sql.query<{ id: string; profile: Uint8Array | null; deleted_at: Date | null }>(
    `SELECT r.id, r.profile, r.deleted_at
     FROM ${ofEachKey('$2::uuid[]', 'SELECT * FROM people WHERE id = k.key')} WHERE r.shop_id = $1`,
    [shop.id, ids],
  );
  return {
    profiles: new Map(rows.map((row) => [row.id, openProfile(shop.vault, row.id, row.profile)])),
    deleted: new Set(rows.flatMap((row) => (row.deleted_at ? [row.id] : []))),
  };
}
