import { randomBytes } from 'node:crypto';

export const SCOPE = 'read_customers,read_orders,read_customer_merge';
const HOUR = 3600;
const REFRESH_SECONDS = 90 * 24 * HOUR;

type Pair = { access: string; refresh: string | null; expiresAt: number; dead: boolean; replaces: Pair | null };

export type TokenAnswer = { status: number; body: object };

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

  /** `POST /admin/oauth/access_token` */
  answer(contentType: string, body: string): TokenAnswer {
    const asked = readParameters(contentType, body);
    if (asked.get('grant_type') === 'urn:ietf:params:oauth:grant-type:token-exchange') {
      if (!asked.get('subject_token')) return { status: 400, body: { error: 'invalid_subject_token' } };
      if (this.refuseExchange)
        return { status: this.refuseExchange.status, body: { error: this.refuseExchange.error } };
      this.exchanges += 1;
      return this.#open(null, asked.get('expiring') === '1');
    }
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
