import type { en } from './en.ts';
import { isCode, readText, writeText } from './kept-text.ts';
import type { Text } from './text.ts';

/** The codes stored with an event or an attempt that say more than its reason does. */
export type DetailCode = keyof typeof en.detail;

declare const kept: unique symbol;

/** A detail as stored in its column: a code with parameters, never a sentence in one language. */
export type Detail = string & { readonly [kept]: true };

export const keepDetail = (text: Text): Detail => writeText(text) as Detail;

export const detailOf = (code: DetailCode, params?: Text['params']): Detail =>
  keepDetail({ code: `detail.${code}`, ...(params && { params }) });

/**
 * A stored detail as a text: what `detailOf` wrote, or an attempt's code (`http_503`, `timeout`).
 */
export function detailText(kept: string | null): Text | null {
  const detail = kept?.trim();
  if (!detail) return null;
  const [, status] = /^http_(\d{3})$/.exec(detail) ?? [];
  if (status) return { code: 'detail.http', params: { status } };
  const code = `detail.${detail}`;
  return isCode(code) ? { code } : readText(detail);
}
