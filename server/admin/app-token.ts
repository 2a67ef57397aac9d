import { createPublicKey, type KeyObject, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, SignJWT } from 'jose';
import { z } from 'zod';
import { jsonIn } from '../domain/json.ts';
import type { Granted } from '../store/shops/admin-tokens.ts';
import { OAuthError, REFUSALS, wordOf } from './oauth-error.ts';
import type { Transport } from './transport.ts';

/** How long an assertion holds: it is used at once. */
const HOLDS_SECONDS = 60;

const granting = z.object({ access_token: z.string().min(1), expires_in: z.number() });
const refusing = z.object({ error: z.string() });

/** A short-lived JWT (RFC 7523, section 3) that says we are this app, for one shop. */
async function assertionFor(url: string, apiKey: string, key: KeyObject): Promise<string> {
  const kid = await calculateJwkThumbprint(await exportJWK(createPublicKey(key)));
  return await new SignJWT({ jti: randomUUID() })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid })
    .setIssuer(apiKey)
    .setSubject(apiKey)
    .setAudience(url)
    .setIssuedAt()
    .setExpirationTime(`${HOLDS_SECONDS}s`)
    .sign(key);
}

/**
 * Gets an application-only token: an hour's access to a shop that has the app, without anybody
 * opening it. Shopify verifies an assertion signed with a private key of the app instead of its
 * secret.
 * @see https://shopify.dev/docs/apps/build/authentication-authorization/application-only-access-tokens
 * @param keys the first signs; the others are tried where Shopify doesn't know it (yet)
 * @throws OAuthError, or what the transport throws
 */
export async function askForAppToken(
  transport: Pick<Transport, 'ask'>,
  app: { apiKey: string; keys: readonly KeyObject[] },
  shop: string,
): Promise<Granted> {
  const url = `https://${shop}/admin/oauth/access_token`;
  let failure = new OAuthError(false, 'no_key');
  for (const key of app.keys) {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: app.apiKey,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await assertionFor(url, app.apiKey, key),
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
    const { status, text } = await transport.ask(url, { method: 'POST', headers, body: body.toString() });
    if (status === 200) return grantedBy(text);
    const word = wordOf(refusing.safeParse(jsonIn(text)).data?.error);
    failure = new OAuthError(REFUSALS.has(status), word || `status_${status}`);
    if (status !== 400 && status !== 401) break;
  }
  throw failure;
}

function grantedBy(text: string): Granted {
  const { data } = granting.safeParse(jsonIn(text));
  if (!data) throw new OAuthError(false, 'unreadable');
  return {
    accessToken: data.access_token,
    refreshToken: null,
    accessLifetime: data.expires_in * 1000,
    refreshLifetime: null,
  };
}
