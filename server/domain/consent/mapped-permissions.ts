import { composed, distinct, tagKey } from '../person.ts';
import type { PermissionTags } from '../settings.ts';
import { visibleText } from '../visible-text.ts';

/**
 * What a customer's tags say about a permission that the merchant mapped to tags. Case and
 * surrounding blanks don't matter. Both tags: opt-out. Neither, or an empty mapped tag: no choice,
 * even if a tag was removed.
 */
export function permissionFromTags(
  tags: readonly string[],
  mapping: PermissionTags,
): 'tag_opt_in' | 'tag_opt_out' | 'tag_none' {
  const found = new Set(tags.map(tagKey));
  const has = (tag: string) => tagKey(tag) !== '' && found.has(tagKey(tag));
  if (has(mapping.optOut)) return 'tag_opt_out';
  return has(mapping.optIn) ? 'tag_opt_in' : 'tag_none';
}

/**
 * The values of a list mapped to a tag prefix: with `interest:`, the tag `Interest: Ski touring`
 * gives `Ski touring`. The prefix matches in any case. Values keep their spelling and order;
 * repeats in any case, and empty values, are dropped. An empty prefix would send every tag, so it
 * gives nothing.
 */
export function listFromTags(tags: readonly string[], prefix: string): string[] {
  const wanted = tagKey(prefix);
  if (wanted === '') return [];
  const { length } = composed(prefix);
  const values = tags
    .map(composed)
    .filter((tag) => tagKey(tag.slice(0, length)) === wanted)
    .map((tag) => visibleText(tag.slice(length)));
  return distinct(values.filter((value) => value !== ''));
}
