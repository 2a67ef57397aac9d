/** The merchant's choices, and what their mappings give for one person: SPEC 5. */
import type { TagChannel } from './consent.ts';
import type { Purchase } from './purchase.ts';
import type { Settings } from './settings/contract.ts';

export type { Settings };
export type OptInLevel = Settings['consent']['email']['optInLevel'];
export type HistoryPolicy = Settings['consent']['email']['history'];
export type ListSource = NonNullable<Settings['mapping']['gender']>;
export type PermissionTags = NonNullable<Settings['mapping']['phonePermission']>;

/**
 * What the mappings in the settings give for one person. Values as found; ascent360/ formats them
 * or leaves them out.
 */
export type Mapped = {
  dateOfBirth: { value: string; from: string } | null;
  gender: { value: string; from: string } | null;
  activities: { values: string[]; from: string } | null;
  interests: { values: string[]; from: string } | null;
  newsletters: { values: string[]; from: string } | null;
  /** Whether Shopify has still to be asked about a metafield of that field. */
  isUnread?: (field: MappedField) => boolean;
};

const mappedFields = ['dateOfBirth', 'gender', 'activities', 'interests', 'newsletters'] as const;
export type MappedField = (typeof mappedFields)[number];

/** What a Flow workflow adds to the mapped lists. */
export type AddedTexts = { activities: string[]; interests: string[] };

/** What to do with earlier choices, by channel. */
export type Histories = Record<'email' | 'sms', HistoryPolicy>;

export const historiesOf = ({ consent }: Pick<Settings, 'consent'>): Histories => ({
  email: consent.email.history,
  sms: consent.sms.history,
});

/** The sources that the mappings name for one of these. */
export const sourcesFor = (mapping: Settings['mapping'], field: MappedField): ListSource[] =>
  [mapping[field]].flat().filter((source) => source !== null);

/** Every source that the mappings name, besides those of permissions. */
export const sourcesOf = (mapping: Settings['mapping']) => mappedFields.flatMap((field) => sourcesFor(mapping, field));

/** The tags that are mapped to each permission that comes from tags. */
export const permissionTagsOf = (mapping: Settings['mapping']): Record<TagChannel, PermissionTags | null> => ({
  phone: mapping.phonePermission,
  postal: mapping.addressPermission,
});

export const mapsPermissions = (mapping: Settings['mapping']): boolean =>
  Object.values(permissionTagsOf(mapping)).some((tags) => tags !== null);

/** Whether any setting depends on tags. */
export const readsTags = ({ mapping }: Pick<Settings, 'mapping'>): boolean =>
  mapsPermissions(mapping) || sourcesOf(mapping).some(({ from }) => from === 'tag');

/** Why the settings leave an order out, whatever it brings; null: they don't. */
export function whyLeftOut(
  { send }: Pick<Settings, 'send'>,
  { test, channel }: Pick<Purchase, 'test' | 'channel'>,
): 'test_order' | 'channel_excluded' | null {
  if (test && !send.testOrders) return 'test_order';
  const from = channel?.toLowerCase();
  return from && send.excludeChannels.some((excluded) => excluded.toLowerCase() === from) ? 'channel_excluded' : null;
}
