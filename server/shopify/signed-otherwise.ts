/**
 * The app's secret signs more than webhooks, and some of it can be had by anybody who has opened the app once: the text of an ID
 * token, the query of a launch. docs/threat-model.md lists what is signed, who can obtain a signature, and what follows.
 */

const OPENING_BRACE = 0x7b;
const BYTE_ORDER_MARK = /^\xef\xbb\xbf/;
const BASE64_PARTS = /^[\w+/=-]+(?:\.[\w+/=-]*)+$/;
const QUERY = /^[\s&]*[^\s=&<>"'{}]+=/;
/** Shopify puts both into every query that it signs. */
const LAUNCH_PARTS = [/shop=[a-z0-9-]+\.myshopify\.com/i, /timestamp=\d/i];
const FLOW_ONLY = '"action_run_id"';

/**
 * Whether a text that Shopify signed is, or could be, what is signed of an ID token, of a launch or of an app proxy's call.
 *
 * A body that begins with `{` is none of them: a token has no braces, and the names in a query are sorted, so that `shop` and
 * `timestamp` would come first. White space sorts before them, so a body that begins with some may hold a query.
 */
export function isTokenOrQuery(rawBody: Buffer): boolean {
  if (rawBody[0] === OPENING_BRACE) return false;
  const text = rawBody.toString('latin1').replace(BYTE_ORDER_MARK, '');
  return couldBeToken(text) || QUERY.test(text) || LAUNCH_PARTS.every((part) => part.test(text));
}

/** What is signed of a JWT: its header and claims in base64url, with a full stop between them. */
function couldBeToken(text: string): boolean {
  if (BASE64_PARTS.test(text.trim())) return true;
  const end = text.indexOf('.');
  if (end === -1) return false;
  const header = text.slice(0, end).replace(/\s/g, '');
  return BASE64_PARTS.test(`${header}.`) && Buffer.from(header, 'base64').toString('latin1').trim().startsWith('{');
}

/** Whether it is a run of the Flow action: a JSON object too, but for a route of its own. No webhook has this field. */
export function isFlowRun(rawBody: Buffer): boolean {
  if (!rawBody.includes(FLOW_ONLY)) return false;
  try {
    const body: unknown = JSON.parse(rawBody.toString('utf8'));
    return typeof body === 'object' && body !== null && Object.hasOwn(body, 'action_run_id');
  } catch {
    return false;
  }
}
