import { type JWTPayload, jwtVerify } from 'jose';
import type { Instant } from '../domain/scalars.ts';

/** Seconds by which Shopify's clock and ours may differ; the same as in Shopify's own library. */
const CLOCK_SKEW = 10;

const shopDomain = /^[a-z0-9][a-z0-9-]*\.myshopify\.com$/;

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
 * Checks an ID token (session token) that App Bridge put on a call: HS256 signed by one of the app's secrets, in its time,
 * for this app, and `iss` of the same shop as `dest`.
 * https://shopify.dev/docs/apps/build/authentication-authorization/session-tokens
 * @param token what follows `Bearer `
 * @returns the shop (`name.myshopify.com`, from `dest` alone) and the Shopify user's id (digits); null for any token that
 *   cannot be trusted, however malformed. Never throws.
 */
export async function verifyIdToken(
  token: string,
  app: { apiKey: string; secrets: readonly string[]; now: Instant },
): Promise<{ shop: string; userId: string } | null> {
  const claims = await signedClaims(token, app.secrets, app.now);
  if (!claims || claims.aud !== app.apiKey) return null;
  const { dest, iss, sub } = claims;
  if (typeof dest !== 'string' || !dest.startsWith('https://')) return null;
  const shop = dest.slice('https://'.length);
  if (!shopDomain.test(shop) || iss !== `https://${shop}/admin`) return null;
  if (typeof sub !== 'string' || !/^\d{1,20}$/.test(sub)) return null;
  return { shop, userId: sub };
}
