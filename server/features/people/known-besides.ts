import { presentTags } from '../../domain/map-person.ts';
import { type PersonProfile, saleOptOutOf } from '../../domain/person.ts';
import type { Text } from '../../domain/wording/text.ts';
import type { KnownBesides } from './api.ts';

export function knownBesides(profile: PersonProfile): KnownBesides {
  const { read } = profile;
  return {
    readAt: read ? new Date(read.at).toISOString() : null,
    tags: presentTags(profile),
    metafields: read?.metafields ?? {},
    dataSaleOptOut: saleOptOutOf(profile),
  };
}

const counted = (count: number, what: 'tags' | 'metafields'): Text[] =>
  count === 0 ? [] : [{ code: `read.${what}`, params: { count } }];

/** What the last read found, for a timeline entry. */
export function describeRead(profile: PersonProfile): Text | null {
  const values = Object.values(profile.read?.metafields ?? {}).filter((found) => found.length > 0);
  const found: Text[] = [
    ...counted(presentTags(profile).length, 'tags'),
    ...counted(values.length, 'metafields'),
    ...(profile.read?.dataSaleOptOut ? [{ code: 'read.data_sale' } as const] : []),
  ];
  return found.length > 0 ? { code: 'read.found', params: { found } } : null;
}
