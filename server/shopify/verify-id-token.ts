import { type JWTPayload, jwtVerify } from 'jose';
import type { Instant } from '../domain/scalars.ts';
import { isShopDomain } from './shop-domain.ts';

/** How many seconds Shopify's clock and ours may differ; the same as in Shopify's own library. */
const CLOCK_SKEW = 10;

const SECOND = 1000;
/** A token fetched for a call arrives within this time after it was issued, in milliseconds. */
const FRESH_WITHIN = 2 * SECOND;

type Between = { earliest: Instant; latest: Instant };

export type IdToken = { shop: string; userId: string; issued: Between };

/**
 * A token gives the second it was issued. If it may have been fetched for this call, that can be as
 * late as the end of that second; for an older token only the start is certain.
 */
function issuedWhen(seconds: number, now: Instant): Between {
  const earliest = Math.min(seconds * SECOND, now);
  const isFresh = now - earliest < FRESH_WITHIN;
  return { earliest, latest: isFresh ? Math.min(earliest + SECOND - 1, now) : earliest };
}

async function signedClaims(token: string, secrets: readonly string[], now: Instant): Promise<JWTPayload | null> {
  for (const secret of secrets) {
    const verified = await jwtVerify(token, new TextEncoder().encode(secret), {
      algorithms: ['HS256'],
      currentDate: new Date(now),
      clockTolerance: CLOCK_SKEW,
      requiredClaims: ['exp', 'nbf'],
    }).catch(() => null);
    if (verified) return verified.payload;
  }
  return null;
}

/**
 * Checks an ID token (session token) that App Bridge sent with a call: HS256 signed by one of the
 * app's secrets, not expired, for this app, and with `iss` and `dest` of the same shop.
 * https://shopify.dev/docs/apps/build/authentication-authorization/session-tokens
 * @param token the text after `Bearer `
 * @returns the shop (`name.myshopify.com`, from `dest` alone), the Shopify user's id (digits) and
 *   the earliest and latest time the token was issued; null for any token that can't be trusted,
 *   however malformed. Never throws.
 */
export async function verifyIdToken(
  token: string,
  app: { apiKey: string; secrets: readonly string[]; now: Instant },
): Promise<IdToken | null> {
  const claims = await signedClaims(token, app.secrets, app.now);
  if (!claims || claims.aud !== app.apiKey) return null;
  const { dest, iss, sub, iat, nbf } = claims;
  if (typeof dest !== 'string' || !dest.startsWith('https://')) return null;
  const shop = dest.slice('https://'.length);
  if (!isShopDomain(shop) || iss !== `https://${shop}/admin`) return null;
  if (typeof sub !== 'string' || !/^\d{1,20}$/.test(sub)) return null;
  const issued = iat ?? nbf ?? app.now / SECOND;
  // No token was issued before 1970 or in the future.
  if (issued < 0 || issued > app.now / SECOND + CLOCK_SKEW) return null;
  return { shop, userId: sub, issued: issuedWhen(issued, app.now) };
}
