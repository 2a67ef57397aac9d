import Builder from 'fast-xml-builder';
import type { Settings } from '../domain/settings.ts';

export type Body = { contentType: string; text: string };

export const jsonBody = (json: string): Body => ({ contentType: 'application/json', text: json });

/**
 * The same content as XML: root `Data`, elements named after the keys, lists as repeated elements.
 */
export const xmlBody = (payload: object): Body => ({
  contentType: 'application/xml; charset=utf-8',
  // A parser reads a bare carriage return as a line feed: https://www.w3.org/TR/xml/#sec-line-ends
  text: `<?xml version="1.0" encoding="UTF-8"?>${builder.build({ Data: payload }).replaceAll('\r', '&#13;')}`,
});

/** A payload whose texts may still have what XML can't hold. */
export const bodyOf = (format: Settings['format'], payload: object): Body =>
  format === 'xml' ? xmlBody(textsForXml(payload)) : jsonBody(JSON.stringify(payload));

const builder = new Builder();

/**
 * Everything that is not a `Char` in XML 1.0, including half surrogate pairs:
 * https://www.w3.org/TR/xml/#charsets
 */
const NOT_XML = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/**
 * The same, without characters that XML 1.0 can't hold. A payload is built from this, so that what
 * is left of it fits the contract and the reasons say what was sent.
 */
export function textsForXml<T>(value: T): T {
  // Only texts change, which TypeScript can't follow.
  return texts(value) as T;
}

function texts(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(NOT_XML, '');
  if (Array.isArray(value)) return value.map(texts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, texts(held)]));
}
