import { AHEAD_MS } from './days.ts';
import { isFromBefore, type PersonProfile } from './person.ts';
import type { Instant } from './scalars.ts';
import { type Settings, sourcesOf } from './settings.ts';

/** What an event shows about a person that may make the last read out of date. */
export type ChangeHints = {
  /** An email address or mobile number they didn't have before, while they had another. */
  newAddress?: boolean;
  /** When the customer was last changed in Shopify. */
  changedAt?: Instant | null;
  /** Two customers became this one. */
  merged?: boolean;
  /** They opted in without a date. */
  undatedOptIn?: boolean;
  /** A tag was added or removed, and the last read, of a later state, doesn't say so. */
  otherTags?: boolean;
};

/** The metafields that the settings name, as `namespace.key`, each once. */
export function metafieldKeys(mapping: Settings['mapping'] | null): string[] {
  if (!mapping) return [];
  return [...new Set(sourcesOf(mapping).flatMap((source) => (source.from === 'metafield' ? [source.key] : [])))];
}

/**
 * Why a person must be read through the Admin API; null: nothing is missing.
 *
 * | when                                                                              |         |
 * |-----------------------------------------------------------------------------------|---------|
 * | a guest: there is no customer to read                                             | –       |
 * | merged with another customer                                                      | changed |
 * | another address than before: Shopify knows what was chosen about it               | changed |
 * | changed since it was read, and the settings name metafields (no webhook has them) | changed |
 * | the same, and they name a provider (only a read shows a data-sale opt-out)        | changed |
 * | the same, but the settings named neither then, and do now                         | missing |
 * | an opt-in without a date: only Shopify can say whether it still holds             | changed |
 * | an older event about a tag says something else than the last read                 | changed |
 * | never read, or the settings name a metafield that wasn't requested then           | missing |
 * | read before the app was uninstalled: we don't know what happened since            | missing |
 * | read before a message about a choice of theirs came that we couldn't read         | missing |
 *
 * A read that is already in progress answers `missing`, but not `changed`.
 * @param uninstalledAt when the app was last uninstalled, if it was
 */
export function needsRead(
  profile: Pick<PersonProfile, 'customerId' | 'read' | 'unheard' | 'changedAt'>,
  settings: Pick<Settings, 'mapping' | 'providerType'> | null,
  news: ChangeHints,
  uninstalledAt: Instant | null = null,
): 'missing' | 'changed' | null {
  const { read } = profile;
  if (profile.customerId === null) return null;
  const keys = metafieldKeys(settings?.mapping ?? null);
  const needed = keys.length > 0 || (settings?.providerType ?? null) !== null;
  const isOutdated = (changedAt: Instant | null | undefined) =>
    needed && changedAt != null && (read === null || changedAt > (read.upTo ?? read.at));
  if (news.merged || news.newAddress || news.undatedOptIn || news.otherTags || isOutdated(news.changedAt)) {
    return 'changed';
  }
  const isBefore = read !== null && uninstalledAt !== null && isFromBefore(read, uninstalledAt);
  // Our clock may be ahead of the one that dates messages.
  const isUnheard = Object.values(profile.unheard ?? {}).some(({ at }) => read !== null && read.at - AHEAD_MS <= at);
  return read === null ||
    isBefore ||
    isUnheard ||
    isOutdated(profile.changedAt) ||
    keys.some((key) => read.metafields[key] === undefined)
    ? 'missing'
    : null;
}
