import type { Sql } from '../platform/database/db.ts';
import type { Shop } from '../store/shops/shops.ts';
import type { Fields } from './shape.ts';

/**
 * How a call to the Admin API can fail, by who acts next:
 * `no_access`: the merchant (no token, or one that can be neither used nor refreshed: somebody has to open the app);
 * `later`: us, later (throttled for long, 5xx, network, time-out);
 * `refused`: us, now (Shopify says that the document is wrong);
 * `too_costly`: the caller, at once, with less.
 */
export type AdminFailure = 'no_access' | 'later' | 'refused' | 'too_costly';

export class AdminError extends Error {
  override name = 'AdminError';
  readonly failure: AdminFailure;
  /** With `later`: Shopify answered, time and again, but not of everything. With less, what is not at fault can be had. */
  readonly partial: boolean;
  /** With `refused`: the paths of what the app may not see, if that is why. */
  readonly denied: readonly string[];
  constructor(failure: AdminFailure, message: string, partial = false, denied: readonly string[] = []) {
    super(message);
    this.failure = failure;
    this.partial = partial;
    this.denied = denied;
  }
}

/** Whether it may be one of those asked for that makes Shopify fail: the others must not wait for that. */
export const isCausedByOneItem = ({ failure, partial }: AdminError) =>
  failure === 'refused' || failure === 'too_costly' || partial;

/** One GraphQL document, from a file of its own, with the types that Shopify's schema gives it. */
export type AdminDocument<Data, Variables> = {
  name: string;
  text: string;
  /** What the answer looks like. */
  answer: Fields;
  /** Types only: never set. */
  readonly types?: { data: Data; variables: Variables };
};

/**
 * `denied`: the paths of fields that Shopify left null because the app's access to protected customer data lacks them:
 * they are unknown, not empty.
 */
export type AdminAnswer<Data> = { data: Data; denied: readonly string[] };

/** Whom to ask about which shop, and until when. */
export type Asking = { admin: Admin; shop: Shop; signal: AbortSignal };

/** Shopify's Admin API, GraphQL only, for any shop that the app may read. */
export type Admin = {
  /**
   * Whether the shop has a token that can be used, or refreshed. Asks nobody but the database.
   * @param sql the transaction to ask in; without one, on its own
   */
  hasAccess(shop: Shop, sql?: Sql): Promise<boolean>;
  /**
   * Runs a document. Waits while Shopify throttles, refreshes the token when it has to.
   * @throws AdminError
   */
  run<Data, Variables>(
    shop: Shop,
    document: AdminDocument<Data, Variables>,
    variables: Variables,
    signal?: AbortSignal,
  ): Promise<AdminAnswer<Data>>;
  /** Notes that a document is run without some of its fields (from the node on), as the app may not see them. */
  noteLeftOut(shop: Shop, document: string, fields: readonly string[]): Promise<void>;
  /**
   * The file of a bulk operation as bytes, from byte `from` on.
   * @throws AdminError; `refused` when the URL has run out
   */
  download(url: string, from: number, signal?: AbortSignal): AsyncIterable<Uint8Array>;
};
