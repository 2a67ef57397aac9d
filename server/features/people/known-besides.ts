import type { PersonProfile } from '../../domain/person.ts';
import type { KnownBesides } from './api.ts';

export function knownBesides({ tags, read }: PersonProfile): KnownBesides {
  return {
    readAt: read ? new Date(read.at).toISOString() : null,
    tags: Object.values(tags).flatMap(({ tag, present }) => (present ? [tag] : [])),
    metafields: read?.metafields ?? {},
    dataSaleOptOut: read?.dataSaleOptOut ?? null,
  };
}

const counted = (count: number, one: string) => (count === 0 ? [] : [`${count} ${one}${count === 1 ? '' : 's'}`]);

/** The read as a line of the timeline. */
export function describeRead({ tags, metafields, dataSaleOptOut }: KnownBesides): string {
  const values = Object.values(metafields).filter((found) => found.length > 0);
  const found = [
    ...counted(tags.length, 'tag'),
    ...counted(values.length, 'metafield'),
    ...(dataSaleOptOut ? ['opted out of the sale of their data: never put on a list'] : []),
  ];
  return `Read from Shopify${found.length > 0 ? `: ${found.join(', ')}` : ''}`;
}
