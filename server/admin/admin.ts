import type { Sql } from '../platform/database/db.ts';
import type { Shop } from '../store/shops/shops.ts';
import type { Fields } from './shape.ts';

/**
 * How a call to the Admin API can fail, by who has to act next.
 * `no_access`: the merchant has to open the app: there is no token, or it can't be used or
 * refreshed.
 * `later`: we retry later (long throttling, 5xx, network, time-out).
 * `refused`: we have to fix the document: Shopify says it is wrong.
 * `too_costly`: the caller retries right away, asking for less.
 */
export type AdminFailure = 'no_access' | 'later' | 'refused' | 'too_costly';

export class AdminError extends Error {
  override name = 'AdminError';
  readonly failure: AdminFailure;
  /**
   * With `later`: Shopify kept answering, but only in part. Asking for fewer items can get those
   * that aren't at fault.
   */
  readonly partial: boolean;
  /** With `refused`: the paths of the fields that the app may not see, if that is why. */
  readonly denied: readonly string[];
  /** What happened, in a word for the log, which leaves out messages. */
  readonly why: string | undefined;
  constructor(
    failure: AdminFailure,
    message: string,
    { partial = false, denied = [], why }: { partial?: boolean; denied?: readonly string[]; why?: string } = {},
  ) {
    super(message);
    this.failure = failure;
    this.partial = partial;
    this.denied = denied;
    this.why = why;
  }
}

/**
 * Whether one of the requested items may be making Shopify fail: the others must not wait for it.
 */
export const isCausedByOneItem = ({ failure, partial }: AdminError) =>
  failure === 'refused' || failure === 'too_costly' || partial;

/** One GraphQL document, from its own file, with types from Shopify's schema. */
export type AdminDocument<Data, Variables> = {
  name: string;
  text: string;
  /** The form of the answer. */
  answer: Fields;
  /** For types only: never set. */
  readonly types?: { data: Data; variables: Variables };
};

/**
 * `denied`: the paths of fields that Shopify left null because the app's access to protected
 * customer data doesn't include them. They are unknown, not empty.
 */
export type AdminAnswer<Data> = { data: Data; denied: readonly string[] };

/** The API to ask, the shop to ask about, and when to stop. */
export type Asking = { admin: Admin; shop: Shop; signal: AbortSignal };

/** Shopify's Admin API (GraphQL only), for any shop that the app may read. */
export type Admin = {
  /**
   * Whether the shop has a token that can be used or refreshed. Checks only the database.
   * @param sql the transaction to use; without one, it runs on its own
   */
  hasAccess(shop: Shop, sql?: Sql): Promise<boolean>;
  /**
   * Runs a document. Waits while Shopify throttles, and refreshes the token if needed.
   * @throws AdminError
   */
  run<Data, Variables>(
    shop: Shop,
    document: AdminDocument<Data, Variables>,
    variables: Variables,
    signal?: AbortSignal,
  ): Promise<AdminAnswer<Data>>;
  /**
   * Records that a document runs without some of its fields (paths from the node on) because the
   * app may not see them.
   */
  noteLeftOut(shop: Shop, document: string, fields: readonly string[]): Promise<void>;
  /**
   * A bulk operation's file as bytes, starting at byte `from`.
   * @throws AdminError; `refused` when the URL has expired
   */
  download(url: string, from: number, signal?: AbortSignal): AsyncIterable<Uint8Array>;
};
