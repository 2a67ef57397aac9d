import type { PermissionTags } from '../settings.ts';

/**
 * What a customer's tags say about a permission the merchant mapped to tags: any case, blanks around them don't count.
 * Both tags: opt-out. Neither, no mapping or an empty mapped tag: no choice, also when a tag was removed.
 */
export function permissionFromTags(
  tags: readonly string[],
  mapping: PermissionTags | null,
): 'tag_opt_in' | 'tag_opt_out' | 'tag_none' {
  if (mapping === null) return 'tag_none';
  const found = new Set(tags.map(plain));
  const has = (tag: string) => plain(tag) !== '' && found.has(plain(tag));
  if (has(mapping.optOut)) return 'tag_opt_out';
  return has(mapping.optIn) ? 'tag_opt_in' : 'tag_none';
}

/**
 * The values of a list mapped to a tag prefix: with `interest:`, the tag `Interest: Ski touring` gives `Ski touring`.
 * The prefix is met in any case; values keep their spelling and order, repeats in any case are dropped, so are empty ones.
 * An empty prefix would send every tag and gives nothing.
 */
export function listFromTags(tags: readonly string[], prefix: string): string[] {
  const wanted = plain(prefix);
  if (wanted === '') return [];
  const length = prefix.trim().length;
  const values = new Map<string, string>();
  for (const tag of tags) {
    const trimmed = tag.trim();
    if (plain(trimmed.slice(0, length)) !== wanted) continue;
    const value = trimmed.slice(length).trim();
    if (value !== '' && !values.has(plain(value))) values.set(plain(value), value);
  }
  return [...values.values()];
}

function plain(text: string): string {
  return text.trim().toLowerCase();
}
