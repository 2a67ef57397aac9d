import { emptyProfile, type PersonProfile } from '../../domain/person.ts';
import { ofEachKey } from '../../platform/database/by-keys.ts';
import type { Sql } from '../../platform/database/db.ts';
import { ifReadable, type Vault } from '../../platform/keys.ts';
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

/** Null: their profile is damaged. */
export const openIfReadable = ({ vault }: Shop, { id, key, profile }: KnownPersonRow): KnownPerson | null =>
  ifReadable(() => ({ id, key, profile: openProfile(vault, id, profile) }));

/** A person whose profile is damaged: whose key the row has is all that is left. */
export const byKeyAlone = ({ id, key }: KnownPersonRow): KnownPerson => ({ id, key, profile: emptyProfile(null) });

/** The people with these ids as last known, which of them were deleted in Shopify, and whose profiles are damaged. */
export async function loadProfiles(
  sql: Sql,
  shop: Shop,
  ids: readonly string[],
): Promise<{ profiles: Map<string, PersonProfile>; deleted: Set<string>; damaged: Set<string> }> {
  const profiles = new Map<string, PersonProfile>();
  if (ids.length === 0) return { profiles, deleted: new Set(), damaged: new Set() };
  const rows = await sql.query<{ id: string; profile: Uint8Array | null; deleted_at: Date | null }>(
    `SELECT r.id, r.profile, r.deleted_at
     FROM ${ofEachKey('$2::uuid[]', 'SELECT * FROM people WHERE id = k.key')} WHERE r.shop_id = $1`,
    [shop.id, ids],
  );
  for (const { id, profile } of rows) {
    const opened = ifReadable(() => openProfile(shop.vault, id, profile));
    if (opened) profiles.set(id, opened);
  }
  return {
    profiles,
    damaged: new Set(rows.flatMap(({ id }) => (profiles.has(id) ? [] : [id]))),
    deleted: new Set(rows.flatMap((row) => (row.deleted_at ? [row.id] : []))),
  };
}
