import { SignJWT } from 'jose';

/** Claims and header that replace the right ones; undefined removes one. */
type Overrides = { claims?: Record<string, unknown>; header?: { alg: string; [name: string]: unknown } };

/**
 * An ID token as Shopify signs it for App Bridge.
 * @param options.now milliseconds; the token is valid for one minute from then. Default: now.
 */
export async function signIdToken(
  options: { apiKey: string; secret: string; shop: string; userId?: string; now?: number } & Overrides,
): Promise<string> {
  const seconds = Math.floor((options.now ?? Date.now()) / 1000);
  const right: Record<string, unknown> = {
    iss: `https://${options.shop}/admin`,
    dest: `https://${options.shop}`,
    aud: options.apiKey,
    sub: options.userId ?? '42',
    exp: seconds + 60,
    nbf: seconds,
    iat: seconds,
    jti: 'f8912129-1af6-4cad-9ca3-76b0f7621087',
    sid: 'aaea182f2732d44c23057c0fea584021a4485b2bd25d3eb7fd349313ad24c685',
  };
  const claims = Object.entries({ ...right, ...options.claims }).filter(([, value]) => value !== undefined);
  return await new SignJWT(Object.fromEntries(claims))
    .setProtectedHeader(options.header ?? { alg: 'HS256', typ: 'JWT' })
    .sign(new TextEncoder().encode(options.secret));
}
