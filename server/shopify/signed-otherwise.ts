import { jsonIn } from '../domain/json.ts';

/**
 * The app's secret signs more than webhooks, and anyone who has opened the app once can get some of
 * it: the text of an ID token, the query of a launch. docs/threat-model.md lists what is signed,
 * who can obtain a signature, and what follows.
 */

const OPENING_BRACE = 0x7b;
const BYTE_ORDER_MARK = /^\xef\xbb\xbf/;
const SIGNED_PART = /^[\w-]+\.[\w-]+$/;
const BASE64 = /^[\w+/=-]+$/;
const QUERY = /^[\s&]*[^\s=&<>"'{}]+=/;
/** Every query that Shopify signs has both. */
const LAUNCH_PARTS = [/shop=[a-z0-9-]+\.myshopify\.com/i, /timestamp=\d/i];
const NUMBER = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;
const FLOW_ONLY = '"action_run_id"';

/**
 * Whether a signed text is, or could be, the signed part of an ID token, a launch or an app proxy
 * call.
 *
 * A body that starts with `{` is none of these: a token has no braces, and the names in a query are
 * sorted, so `shop` and `timestamp` would come before it. White space sorts before them, so a body
 * that starts with white space may hold a query.
 */
export function isTokenOrQuery(rawBody: Buffer): boolean {
  if (rawBody[0] === OPENING_BRACE) return false;
  const text = rawBody.toString('latin1').replace(BYTE_ORDER_MARK, '');
  return couldBeToken(text) || QUERY.test(text) || LAUNCH_PARTS.every((part) => part.test(text));
}

/**
 * The signed part of a JWT: its header and claims in base64url, with a period between them. In any
 * other spelling (padded, broken into lines, with more parts) it still begins with a header, which
 * is a JSON object. A number such as 3.14 is none: no header in base64url begins with a digit.
 */
function couldBeToken(text: string): boolean {
  const written = text.trim();
  if (NUMBER.test(written)) return false;
  if (SIGNED_PART.test(written)) return true;
  const end = text.indexOf('.');
  if (end === -1) return false;
  const header = text.slice(0, end).replace(/\s/g, '');
  return BASE64.test(header) && Buffer.from(header, 'base64').toString('latin1').trim().startsWith('{');
}

/**
 * Whether it is a run of the Flow action: also a JSON object, but for its own route. No webhook has
 * this field.
 */
export function isFlowRun(rawBody: Buffer): boolean {
  return rawBody.includes(FLOW_ONLY) && Object.hasOwn(Object(jsonIn(rawBody.toString('utf8'))), 'action_run_id');
}
