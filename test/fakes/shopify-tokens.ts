import { randomBytes, verify } from 'node:crypto';

const SCOPE = 'read_customers,read_orders,read_customer_merge';
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const HOUR = 3600;
const REFRESH_SECONDS = 90 * 24 * HOUR;

type Pair = { access: string; refresh: string | null; expiresAt: number; dead: boolean; replaces: Pair | null };

type TokenAnswer = { status: number; body: object };

const make = (kind: 'shpat' | 'shprt') => `${kind}_${randomBytes(16).toString('hex')}`;

/** Form-encoded or JSON: Shopify accepts both. */
function readParameters(contentType: string, body: string): URLSearchParams {
  if (!contentType.includes('json')) return new URLSearchParams(body);
  const parsed: unknown = JSON.parse(body);
  const entries = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [];
  return new URLSearchParams(entries.map(([key, value]) => [key, String(value)]));
}

/**
 * One shop's offline tokens: access for an hour, refresh for 90 days, both replaced by a refresh. A
 * replaced pair can be used until the new one is used
 * (https://shopify.dev/changelog/more-resilient-refreshes-for-expiring-offline-access-tokens).
 */
export class FakeTokens {
  readonly #pairs: Pair[] = [];
  /** Set this to refuse exchanges: the status and Shopify's error code. */
  refuseExchange: { status: number; error: string } | null = null;
  exchanges = 0;
  /** The public keys added in the Dev Dashboard, in PEM form, and the client id they belong to. */
  appKeys: { clientId: string; pems: string[] } | null = null;
  appTokens = 0;
  /** Assertions are used once. */
  readonly #seen = new Set<unknown>();
  refreshes = 0;

  #open(replaces: Pair | null, expiring: boolean): TokenAnswer {
    const pair: Pair = {
      access: make('shpat'),
      refresh: expiring ? make('shprt') : null,
      expiresAt: expiring ? Date.now() + HOUR * 1000 : Number.POSITIVE_INFINITY,
      dead: false,
      replaces,
    };
    this.#pairs.push(pair);
    const expiry = { expires_in: HOUR, refresh_token: pair.refresh, refresh_token_expires_in: REFRESH_SECONDS };
    return { status: 200, body: { access_token: pair.access, scope: SCOPE, ...(expiring ? expiry : {}) } };
  }

  #use(pair: Pair): void {
    for (let old = pair.replaces; old; old = old.replaces) old.dead = true;
  }

  /** An application-only token for an assertion signed by one of the app's keys (RFC 7523): an hour, without refresh token. */
  #forApp(asked: URLSearchParams, url: string): TokenAnswer {
    const refused = { status: 401, body: { error: 'invalid_client' } };
    const [header = '', claims = '', signature = ''] = (asked.get('client_assertion') ?? '').split('.');
    const { clientId, pems } = this.appKeys ?? { clientId: '', pems: [] };
    const signed = pems.some((pem) =>
      verify('sha256', Buffer.from(`${header}.${claims}`), pem, Buffer.from(signature, 'base64url')),
    );
    if (asked.get('client_assertion_type') !== ASSERTION || asked.has('client_secret') || !signed) return refused;
    const said = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
    const now = Date.now() / 1000;
    const isOurs = said['iss'] === clientId && said['sub'] === clientId && asked.get('client_id') === clientId;
    const isNow = Number(said['exp']) > now && Number(said['exp']) <= now + 300;
    if (!isOurs || !isNow || said['aud'] !== url || !said['jti'] || this.#seen.has(said['jti'])) return refused;
    this.#seen.add(said['jti']);
    this.appTokens += 1;
    const { body } = this.#open(null, true);
    return { status: 200, body: { ...body, refresh_token: undefined, refresh_token_expires_in: undefined } };
  }

  /** `POST /admin/oauth/access_token` */
  answer(contentType: string, body: string, url = ''): TokenAnswer {
    const asked = readParameters(contentType, body);
    if (asked.get('grant_type') === 'urn:ietf:params:oauth:grant-type:token-exchange') {
      if (!asked.get('subject_token')) return { status: 400, body: { error: 'invalid_subject_token' } };
      if (this.refuseExchange)
        return { status: this.refuseExchange.status, body: { error: this.refuseExchange.error } };
      this.exchanges += 1;
      return this.#open(null, asked.get('expiring') === '1');
    }
    if (asked.get('grant_type') === 'client_credentials') return this.#forApp(asked, url);
    const given = asked.get('refresh_token');
    if (asked.get('grant_type') !== 'refresh_token' || !given)
      return { status: 400, body: { error: 'invalid_request' } };
    const pair = this.#pairs.find(({ refresh, dead }) => refresh === given && !dead);
    if (!pair) return { status: 400, body: { error: 'invalid_grant' } };
    this.refreshes += 1;
    this.#use(pair);
    return this.#open(pair, true);
  }

  /** Whether a call with this access token is accepted. */
  accepts(access: string | undefined): boolean {
    const pair = this.#pairs.find((one) => one.access === access && !one.dead && one.expiresAt > Date.now());
    if (pair) this.#use(pair);
    return pair !== undefined;
  }

  /** Makes every access token issued so far expire; they can be refreshed. */
  expireAccess(): void {
    for (const pair of this.#pairs) pair.expiresAt = 0;
  }

  /** Makes everything issued so far worthless: uninstalled, or the secret was revoked. */
  revoke(): void {
    for (const pair of this.#pairs) pair.dead = true;
  }
}
