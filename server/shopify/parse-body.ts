import { jsonIn } from '../domain/json.ts';

export type Body = Record<string, unknown>;
type BodyParsed = { ok: true; body: Body } | { ok: false; why: 'not_utf8' | 'not_json' | 'not_an_object' };

const utf8 = new TextDecoder('utf-8', { fatal: true });
/**
 * A number of 16 or more characters, or one with a trailing zero after the point. In an object, a
 * number follows a colon, a comma or a bracket. A text may look like one.
 */
const MAYBE_INEXACT = /[:,[]\s*-?\d(?:[\d.]{15}|\d*\.\d*0(?!\d))/;
const INTEGER = /^-?\d+$/;
/** A double keeps any 15 significant digits. */
const EXACT_DIGITS = 15;

/** A webhook body as an object, its numbers as in parseExactly. `why` never quotes the body. */
export function parseBody(raw: Uint8Array | string): BodyParsed {
  const text = typeof raw === 'string' ? raw.replace(/^\uFEFF/, '') : decode(raw);
  if (text === null) return { ok: false, why: 'not_utf8' };
  const value = parseExactly(text);
  if (value === undefined) return { ok: false, why: 'not_json' };
  return isObject(value) ? { ok: true, body: value } : { ok: false, why: 'not_an_object' };
}

/**
 * The value of a JSON text; undefined if it is none. Numbers that a double can't hold become text,
 * exactly as written: integers beyond 2^53, decimals with more than 15 significant digits or a
 * trailing zero (`9.50`). The last of duplicate keys wins.
 *
 * JSON.parse with a reviver gives the source of each number, but its recursion overflows at a few
 * thousand levels, and a body may be nested deeper; plain JSON.parse does not recurse.
 */
export function parseExactly(text: string): unknown {
  const value = jsonIn(text);
  if (value === undefined) return undefined;
  // We know the text is JSON here, so quoting a number can't make a broken one valid.
  return MAYBE_INEXACT.test(text) ? jsonIn(quoteInexactNumbers(text)) : value;
}

function decode(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

export function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Takes valid JSON and returns it with its inexact numbers as texts. */
function quoteInexactNumbers(json: string): string {
  let quoted = '';
  let copied = 0;
  let at = 0;
  while (at < json.length) {
    const char = json.charAt(at);
    if (char === '"') {
      at = endOfText(json, at);
    } else if (char === '-' || isDigit(char)) {
      const start = at;
      while (at < json.length && isNumberPart(json.charAt(at))) at += 1;
      const written = json.slice(start, at);
      if (!isExact(written)) {
        quoted += `${json.slice(copied, start)}"${written}"`;
        copied = at;
      }
    } else {
      at += 1;
    }
  }
  return quoted + json.slice(copied);
}

/** The position after the closing quote of the text that opens at `start`. */
function endOfText(json: string, start: number): number {
  let close = json.indexOf('"', start + 1);
  while (isEscaped(json, close)) close = json.indexOf('"', close + 1);
  return close + 1;
}

function isEscaped(json: string, at: number): boolean {
  let backslashes = 0;
  while (json.charAt(at - 1 - backslashes) === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}

function isExact(written: string): boolean {
  if (INTEGER.test(written)) return Number.isSafeInteger(Number(written));
  const mantissa = written.replace(/[eE].*$/, '');
  if (mantissa.endsWith('0')) return false;
  return mantissa.replace(/\D/g, '').replace(/^0+/, '').length <= EXACT_DIGITS;
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9';
}

function isNumberPart(char: string): boolean {
  return isDigit(char) || char === '.' || char === 'e' || char === 'E' || char === '+' || char === '-';
}
