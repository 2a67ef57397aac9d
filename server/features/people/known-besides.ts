import type { PersonProfile } from '../../domain/person.ts';
import type { Text } from '../../domain/wording/text.ts';
import type { KnownBesides } from './api.ts';

export function knownBesides({ tags, read }: PersonProfile): KnownBesides {
  return {
    readAt: read ? new Date(read.at).toISOString() : null,
    tags: Object.values(tags).flatMap(({ tag, present }) => (present ? [tag] : [])),
    metafields: read?.metafields ?? {},
    dataSaleOptOut: read?.dataSaleOptOut ?? null,
  };
}

const counted = (count: number, what: 'tags' | 'metafields'): Text[] =>
  count === 0 ? [] : [{ code: `read.${what}`, params: { count } }];

/** What the read found, for a timeline entry. */
export function describeRead({ tags, metafields, dataSaleOptOut }: KnownBesides): Text | null {
  const values = Object.values(metafields).filter((found) => found.length > 0);
  const found: Text[] = [
    ...counted(tags.length, 'tags'),
    ...counted(values.length, 'metafields'),
    ...(dataSaleOptOut ? [{ code: 'read.data_sale' } as const] : []),
  ];
  return found.length > 0 ? { code: 'read.found', params: { found } } : null;
}
