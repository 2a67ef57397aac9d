import '@shopify/shopify-api/adapters/node';
import { AsyncLocalStorage } from 'node:async_hooks';
import type { KeyObject } from 'node:crypto';
import {
  ApiVersion,
  HttpResponseError,
  InvalidJwtError,
  RequestedTokenType,
  type Session,
  shopifyApi,
} from '@shopify/shopify-api';
import { setAbstractFetchFunc } from '@shopify/shopify-api/runtime';
import { z } from 'zod';
import type { Granted } from '../store/shops/admin-tokens.ts';
import { askForAppToken } from './app-token.ts';
import { OAuthError, REFUSALS, wordOf } from './oauth-error.ts';
import type { Transport } from './transport.ts';

/** The Admin API version used to check documents and to format webhooks. */
export const API_VERSION = ApiVersion.October26;

export type OAuth = {
  /**
   * Exchanges a verified ID token for an expiring offline token.
   * @throws OAuthError
   */
  exchange(shop: string, idToken: string): Promise<Granted>;
  /** @throws OAuthError */
  refresh(shop: string, refreshToken: string): Promise<Granted>;
  /**
   * Gets an application-only token, if the app has a private key; null: it has none.
   * @throws OAuthError
   */
  forApp: ((shop: string) => Promise<Granted>) | null;
};

/** Refusals that are about the app: whoever runs it changes that, not the shop. */
const ABOUT_APP = new Set(['invalid_client', 'unauthorized_client', 'application_cannot_be_found']);

// The library has one fetch for the whole process; ours depends on the caller.
type Fetch = (url: string, init?: RequestInit) => Promise<Response>;
const wayOut = new AsyncLocalStorage<Fetch>();
setAbstractFetchFunc(async (url, init) => {
  const fetch = wayOut.getStore();
  if (!fetch) throw new Error('shopify-api is used through server/admin alone');
  return await fetch(String(url), init);
});

const parameters = z.record(z.string(), z.unknown());

function grantedBy({ session }: { session: Session }): Granted {
  const { accessToken, refreshToken, expires, refreshTokenExpires } = session;
  if (!accessToken) throw new OAuthError(false, 'unreadable');
  const lifetime = (end: Date | undefined) => (end ? end.getTime() - Date.now() : null);
  return {
    accessToken,
    refreshToken: refreshToken ?? null,
    accessLifetime: lifetime(expires),
    refreshLifetime: lifetime(refreshTokenExpires),
  };
}

function failed(error: unknown): OAuthError {
  if (error instanceof OAuthError) return error;
  if (error instanceof HttpResponseError) {
    const { code, body } = error.response;
    const word = wordOf(body?.['error']);
    // A 403 without a word of OAuth's comes from something in between.
    const isAboutToken = word === '' ? code !== 403 : !ABOUT_APP.has(word);
    return new OAuthError(REFUSALS.has(code) && isAboutToken, word || `status_${code}`);
  }
  const name = error instanceof Error ? error.name : '';
  return new OAuthError(false, name === 'TimeoutError' ? 'timeout' : name === 'SyntaxError' ? 'unreadable' : 'network');
}

/**
 * Token exchange and refresh, through Shopify's library.
 * @param app.secrets the current secret first. An ID token signed with any of them is exchanged
 *   with the current one, because tokens requested with a replaced secret stop working with it
 */
export function createOAuth(
  transport: Transport,
  app: { apiKey: string; secrets: readonly string[]; appUrl: string; privateKeys?: readonly KeyObject[] },
): OAuth {
  const [present = ''] = app.secrets;
  const libraries = app.secrets.map((apiSecretKey) =>
    shopifyApi({
      apiKey: app.apiKey,
      apiSecretKey,
      hostName: new URL(app.appUrl).host,
      apiVersion: API_VERSION,
      isEmbeddedApp: true,
      // We don't control what the library logs, so log nothing.
      logger: { log: () => {} },
    }),
  );
  const send: Fetch = async (url, init) => {
    const asked = parameters.parse(JSON.parse(String(init?.body)));
    const body = JSON.stringify({ ...asked, client_secret: present });
    const { status, headers, text } = await transport.ask(url, { ...init, body });
    return new Response(text, { status, headers: { 'content-type': headers.get('content-type') ?? '' } });
  };

  /** What the first of these grants that doesn't find the ID token signed with another secret. */
  async function grantOf(
    those: typeof libraries,
    call: (auth: (typeof libraries)[number]['auth']) => Promise<{ session: Session }>,
  ): Promise<Granted> {
    for (const { auth } of those) {
      try {
        return grantedBy(await wayOut.run(send, async () => await call(auth)));
      } catch (error) {
        if (!(error instanceof InvalidJwtError)) throw failed(error);
      }
    }
    throw new OAuthError(true, 'invalid_id_token');
  }

  const { apiKey, privateKeys: keys = [] } = app;
  const forApp = async (shop: string) => {
    try {
      return await askForAppToken(transport, { apiKey, keys }, shop);
    } catch (error) {
      throw failed(error);
    }
  };
  return {
    forApp: keys.length > 0 ? forApp : null,
    exchange: async (shop, sessionToken) => {
      const asked = { shop, sessionToken, requestedTokenType: RequestedTokenType.OfflineAccessToken, expiring: true };
      return await grantOf(libraries, async (auth) => await auth.tokenExchange(asked));
    },
    refresh: async (shop, refreshToken) =>
      await grantOf(libraries.slice(0, 1), async (auth) => await auth.refreshToken({ shop, refreshToken })),
  };
}
