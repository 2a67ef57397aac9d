import { createHmac, timingSafeEqual } from 'node:crypto';
import { isFlowRun, isTokenOrQuery } from './signed-otherwise.ts';

const verified = Symbol('verified');

/** A body whose signature was checked. Only `openSigned` makes one, so what asks for this type can't be given a forgery. */
export type VerifiedWebhook = { readonly rawBody: Buffer; readonly [verified]: true };

/** A request as it arrived. `secrets`: the client secret, and the previous one while it is being rotated. */
export type SignedRequest = { rawBody: Buffer; hmacHeader: string | undefined; secrets: readonly string[] };

const CANONICAL_SHA256 = /^[A-Za-z0-9+/]{43}=$/;

/**
 * Whether `X-Shopify-Hmac-Sha256` is the base64 HMAC-SHA256 of the raw bytes with any of the secrets
 * (https://shopify.dev/docs/apps/build/webhooks/verify-deliveries). Every secret is tried, so the time taken does not
 * tell which one fits. An empty secret never fits: anybody can sign with it.
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

/** Whether the header could hold a signature at all, which can be said before the body is read. */
export const hasSignature = (hmacHeader: string | undefined): hmacHeader is string =>
  decodeSignature(hmacHeader) !== null;

/** The body as Shopify signed it to be posted; null when the signature is missing, malformed, wrong, or that of a token or query. */
export function openSigned(request: SignedRequest): VerifiedWebhook | null {
  if (!verifyWebhook(request) || isTokenOrQuery(request.rawBody)) return null;
  return { rawBody: request.rawBody, [verified]: true };
}

/** As openSigned, and null for a run of the Flow action too. */
export function openWebhook(request: SignedRequest): VerifiedWebhook | null {
  const signed = openSigned(request);
  return signed && isFlowRun(signed.rawBody) ? null : signed;
}

/** Node's decoder skips what isn't base64 and takes several spellings of one value, so the form is checked first. */
function decodeSignature(header: string | undefined): Buffer | null {
  if (header === undefined || !CANONICAL_SHA256.test(header)) return null;
  const bytes = Buffer.from(header, 'base64');
  return bytes.length === 32 && bytes.toString('base64') === header ? bytes : null;
}
