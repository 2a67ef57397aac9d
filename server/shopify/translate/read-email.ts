import { visibleText } from '../../domain/visible-text.ts';

const MAX_LENGTH = 254;
const LOCAL = /^[^\s\p{C}\ufffd@<>()[\]\\,;:"]{1,64}$/u;
const LABEL = /^[\p{L}\p{N}_](?:[\p{L}\p{M}\p{N}_-]*[\p{L}\p{M}\p{N}])?$/u;
const TOP_LABEL = /[\p{L}]/u;

/**
 * The trimmed text, if it looks like an email address: one `@`, nothing invisible, a domain with a
 * dot, at most 254 characters (RFC 5321). Addresses in any script pass. We can't know whether it
 * exists.
 */
export function readEmail(text: string): string | undefined {
  const written = visibleText(text);
  if (written.length > MAX_LENGTH) return undefined;
  const [local, domain, ...rest] = written.split('@');
  if (local === undefined || domain === undefined || rest.length > 0) return undefined;
  const labels = domain.split('.');
  const fits = LOCAL.test(local) && labels.length > 1 && labels.every((label) => LABEL.test(label));
  return fits && TOP_LABEL.test(labels.at(-1) ?? '') ? written : undefined;
}
