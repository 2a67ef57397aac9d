/**
 * Why there is no token. `refused`: Shopify will never give one for this ID token or refresh token.
 * `code` holds no secret.
 */
export class OAuthError extends Error {
  override name = 'OAuthError';
  readonly refused: boolean;
  readonly code: string;
  constructor(refused: boolean, code: string) {
    super(`Shopify gave no token: ${code}`);
    this.refused = refused;
    this.code = code;
  }
}

/** With these statuses, Shopify says that asking again won't help. */
export const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403]);

/** OAuth's word for what is wrong; empty: the answer has none. */
export const wordOf = (error: unknown): string =>
  typeof error === 'string' ? error.replaceAll(/\W/g, '').slice(0, 40) : '';
