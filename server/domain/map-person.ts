import { listFromTags, permissionFromTags } from './consent/mapped-permissions.ts';
import type { ConsentFact, TagChannel } from './consent.ts';
import { distinct, type KnownTag, type PersonProfile, tagKey } from './person.ts';
import {
  type AddedTexts,
  type ListSource,
  type Mapped,
  permissionTagsOf,
  type Settings,
  sourcesFor,
} from './settings.ts';

type Profile = Pick<PersonProfile, 'tags' | 'read'>;

/** The tags that the customer has, as written. */
export const presentTags = (profile: Profile) =>
  Object.values(profile.tags).flatMap(({ tag, present }) => (present ? [tag] : []));

function valuesOf(profile: Profile, source: ListSource): { values: string[]; from: string } {
  switch (source.from) {
    case 'tag':
      return { values: listFromTags(presentTags(profile), source.prefix), from: `tag ${source.prefix}…` };
    case 'text':
      return { values: source.values, from: 'settings.mapping' };
    case 'metafield':
      return { values: profile.read?.metafields[source.key] ?? [], from: `metafield ${source.key}` };
  }
}

function list(profile: Profile, sources: readonly ListSource[]): Mapped['interests'] {
  const found = sources.map((source) => valuesOf(profile, source)).filter(({ values }) => values.length > 0);
  if (found.length === 0) return null;
  return {
    values: distinct(found.flatMap(({ values }) => values)),
    from: found.map(({ from }) => from).join(', '),
  };
}

function single(profile: Profile, source: ListSource | null): Mapped['gender'] {
  if (!source) return null;
  const { values, from } = valuesOf(profile, source);
  return values[0] === undefined ? null : { value: values[0], from };
}

/** Shopify knows the customer and hasn't been asked about the metafield, or hasn't told. */
const isUnread = ({ customerId, read }: PersonProfile, source: ListSource) =>
  customerId !== null && source.from === 'metafield' && read?.metafields[source.key] === undefined;

/** What the mappings in the settings give for a person, from their known tags and metafields. */
export function mapPerson(profile: PersonProfile, mapping: Settings['mapping']): Mapped {
  return {
    isUnread: (field) => sourcesFor(mapping, field).some((source) => isUnread(profile, source)),
    dateOfBirth: single(profile, mapping.dateOfBirth),
    gender: single(profile, mapping.gender),
    activities: list(profile, mapping.activities),
    interests: list(profile, mapping.interests),
    newsletters: list(profile, mapping.newsletters),
  };
}

/** The mapped lists plus the texts a Flow workflow adds, each text once. */
export function addTexts(mapped: Mapped, added: AddedTexts | undefined): Mapped {
  const extended = (found: Mapped['interests'], texts: readonly string[] = []): Mapped['interests'] =>
    texts.length === 0
      ? found
      : {
          values: distinct([...(found?.values ?? []), ...texts]),
          from: found ? `${found.from}, Flow` : 'Flow',
        };
  return {
    ...mapped,
    activities: extended(mapped.activities, added?.activities),
    interests: extended(mapped.interests, added?.interests),
  };
}

/** The tag that opts out was added after the one that opts in, and is gone. */
const isOutdone = (optIn: KnownTag | undefined, optOut: KnownTag | undefined) =>
  optOut?.addedAt != null && optOut.addedAt >= (optIn?.at ?? -Infinity);

/**
 * The choice that a person's mapped tags make now, as a fact; nothing when neither tag was ever
 * seen. Its date is that of the deciding tag: the one that is present, otherwise the one removed
 * last. Once a tag that opted out is gone, an older one that opts in is no choice any more: nobody
 * has opted in since.
 */
export function factFromTags(profile: Profile, mapping: Settings['mapping'], channel: TagChannel): ConsentFact[] {
  const mapped = permissionTagsOf(mapping)[channel];
  if (!mapped) return [];
  const now = permissionFromTags(presentTags(profile), mapped);
  const optIn = profile.tags[tagKey(mapped.optIn)];
  const optOut = profile.tags[tagKey(mapped.optOut)];
  if (!optIn && !optOut) return [];
  const state = now === 'tag_opt_in' && isOutdone(optIn, optOut) ? 'tag_none' : now;
  const deciding =
    state === 'tag_opt_in'
      ? optIn?.at
      : state === 'tag_opt_out'
        ? optOut?.at
        : Math.max(optIn?.at ?? 0, optOut?.at ?? 0);
  return [
    {
      id: `tag:${channel}`,
      channel,
      state,
      level: null,
      chosenAt: deciding || null,
      source: 'tag',
      eventId: null,
      addressChangedAt: null,
    },
  ];
}
