import { createHmac, timingSafeEqual } from 'node:crypto';

const verified = Symbol('verified');

/** A body whose signature was checked. Only `openWebhook` makes one, so what asks for this type can't be given a forgery. */
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

/** The body as verified, or null when the signature is missing, malformed or wrong. */
export function openWebhook(request: SignedRequest): VerifiedWebhook | null {
  return verifyWebhook(request) ? { rawBody: request.rawBody, [verified]: true } : null;
}

/** Node's decoder skips what isn't base64 and takes several spellings of one value, so the form is checked first. */
function decodeSignature(header: string | undefined): Buffer | null {
  if (header === undefined || !CANONICAL_SHA256.test(header)) return null;
  const bytes = Buffer.from(header, 'base64');
  return bytes.length === 32 && bytes.toString('base64') === header ? bytes : null;
}
