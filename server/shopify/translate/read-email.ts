import { visibleText } from '../../domain/visible-text.ts';

const MAX_LENGTH = 254;
const LOCAL = /^[^\s\p{C}\ufffd<>()[\]\\,;:"]{1,64}$/u;
const LABEL = /^[\p{L}\p{N}_](?:[\p{L}\p{M}\p{N}_-]*[\p{L}\p{M}\p{N}])?$/u;
const TOP_LABEL = /[\p{L}]/u;
/** Among them letters and marks that leave no trace: U+3164, U+FE0F. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\u2800]/u;
/** Copied with an emoji that stood behind the address. */
const EMOJI_END = /\p{Variation_Selector}+$/u;

/**
 * The trimmed text, in one spelling (an accent may be written as a character of its own), if it
 * looks like an email address: one `@`, nothing invisible, a domain with a
 * dot, at most 254 characters (RFC 5321). Addresses in any script pass. We can't know whether it
 * exists.
 */
export function readEmail(text: string): string | undefined {
  const seen = visibleText(text);
  if (seen.length > MAX_LENGTH) return undefined;
  const written = seen.replace(EMOJI_END, '').normalize('NFC');
  if (UNSEEN.test(written)) return undefined;
  const [local, domain, ...rest] = written.split('@');
  if (local === undefined || domain === undefined || rest.length > 0) return undefined;
  const labels = domain.split('.');
  const fits = LOCAL.test(local) && labels.length > 1 && labels.every((label) => LABEL.test(label));
  return fits && TOP_LABEL.test(labels.at(-1) ?? '') ? written : undefined;
}
