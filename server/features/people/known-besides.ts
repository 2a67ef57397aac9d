import type { PersonProfile } from '../../domain/person.ts';

/** What is known of a person besides contact and consent. `readAt` in ISO 8601; null: never read through the Admin API. */
export type KnownBesides = {
  readAt: string | null;
  /** As written, those that the customer has. */
  tags: string[];
  /** By `namespace.key`, of the keys that the settings name; empty: the customer has none. */
  metafields: Record<string, string[]>;
  /** Opted out of the sale of their data: never put on a list. Null: not known. */
  dataSaleOptOut: boolean | null;
};

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
