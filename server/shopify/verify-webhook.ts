import { createHmac, timingSafeEqual } from 'node:crypto';
import { isFlowRun, isTokenOrQuery } from './signed-otherwise.ts';

const verified = Symbol('verified');

/**
 * A body whose signature was checked. Only `openSigned` creates one, so code that asks for this
 * type can't be given a forgery.
 */
export type VerifiedWebhook = { readonly rawBody: Buffer; readonly [verified]: true };

/**
 * A request as it arrived. `secrets`: the client secret, and the previous one while it is being
 * rotated.
 */
type SignedRequest = { rawBody: Buffer; hmacHeader: string | undefined; secrets: readonly string[] };

/**
 * Whether `X-Shopify-Hmac-Sha256` is the base64 HMAC-SHA256 of the raw bytes with any of the
 * secrets (https://shopify.dev/docs/apps/build/webhooks/verify-deliveries). Every secret is tried,
 * so the time taken doesn't reveal which one matches. An empty secret never matches: anyone can
 * sign with it.
 */
export function verifyWebhook({ rawBody, hmacHeader, secrets }: SignedRequest): boolean {
  const claimed = decodeSignature(hmacHeader);
  if (claimed === null) return false;
  let fits = false;
  for (const secret of secrets) {
    if (secret === '') continue;
    if (timingSafeEqual(createHmac('sha256', secret).update(rawBody).digest(), claimed)) fits = true;
  }
  return fits;
}

/** Whether the header could hold a signature at all; checked before the body is read. */
export const hasSignature = (hmacHeader: string | undefined): hmacHeader is string =>
  decodeSignature(hmacHeader) !== null;

/**
 * The body if Shopify signed it as a POST; null if the signature is missing, malformed or wrong, or
 * belongs to a token or query.
 */
export function openSigned(request: SignedRequest): VerifiedWebhook | null {
  if (!verifyWebhook(request) || isTokenOrQuery(request.rawBody)) return null;
  return { rawBody: request.rawBody, [verified]: true };
}

/** Like openSigned, but also null for a run of the Flow action. */
export function openWebhook(request: SignedRequest): VerifiedWebhook | null {
  const signed = openSigned(request);
  return signed && isFlowRun(signed.rawBody) ? null : signed;
}

/**
 * Node's decoder skips characters that aren't base64 and accepts several spellings of one value:
 * only the one that it writes itself counts.
 */
function decodeSignature(header: string | undefined): Buffer | null {
  if (header === undefined) return null;
  const bytes = Buffer.from(header, 'base64');
  return bytes.length === 32 && bytes.toString('base64') === header ? bytes : null;
}
