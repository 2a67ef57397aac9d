import { openAdmin } from '../../../server/admin/open-admin.ts';
import type { ImportState } from '../../../server/domain/imports.ts';
import type { Instant } from '../../../server/domain/scalars.ts';
import { importChore } from '../../../server/features/imports/chore.ts';
import { type Config, readConfig } from '../../../server/platform/config.ts';
import type { Db } from '../../../server/platform/database/db.ts';
import type { Log } from '../../../server/platform/log.ts';
import { changeState, createImport, findImport } from '../../../server/store/imports/imports.ts';
import { eraseTokens, keepExchanged } from '../../../server/store/shops/admin-tokens.ts';
import type { Shop, Shops } from '../../../server/store/shops/shops.ts';
import { SECOND } from '../../durations.ts';
import { startShopifyAdmin } from '../../fakes/shopify-admin.ts';
import type { Plot } from './plot.ts';
import { stockShop } from './stock-shop.ts';

/**
 * How far the story's clock advances each time an import looks at it, so that its waits are over
 * soon.
 */
const TICK = SECOND / 20;
/** The slices of work after which an import in the story should have ended. */
const MOST_PIECES = 200;

export type ImportMonthDeps = {
  db: Db;
  shops: Shops;
  config: Pick<Config, 'shopifyApiKey' | 'shopifySecrets' | 'appUrl'>;
  log: Log;
  clock: { now(): Instant; goOn(ms: number): void };
  random: () => number;
  /** Translates what was fed, and sends at most this many. */
  work(most: number): Promise<void>;
};

/**
 * An import as the app runs it, from a stand-in with the story's people and orders as they are at
 * that moment.
 * @param asked.only these customers, read one by one, so that whatever later stands in for Shopify
 * can continue it; absent: everyone, from a file
 * @param asked.pausedAfter the merchant pauses it once this many were sent; absent: it is done
 */
export async function importMonth(
  deps: ImportMonthDeps,
  shop: Shop,
  plot: Plot,
  asked: { only?: readonly number[]; pausedAfter?: number },
): Promise<void> {
  const { db, clock, log } = deps;
  const now = () => {
    clock.goOn(TICK);
    return clock.now();
  };
  const stand = await startShopifyAdmin();
  const stocked = stand.shop(shop.domain);
  stockShop(stocked, plot, clock.now());
  const { shopifyAdminOrigin } = readConfig({
    SHOPIFY_API_KEY: 'any',
    SHOPIFY_API_SECRET: 'any',
    SHOPIFY_ADMIN_ORIGIN: stand.url,
  });
  const opened = openAdmin({
    config: { ...deps.config, shopifyPrivateKeys: [], shopifyAdminOrigin },
    db,
    log,
    now,
    random: deps.random,
  });
  const { signal } = new AbortController();
  const chore = importChore({ ...deps, admin: opened.admin, now, wake: () => undefined, lookAgainMs: 0 });
  const id = await createImport(
    db,
    shop,
    {
      kind: 'customers',
      from: null,
      customerIds: asked.only?.map(String) ?? null,
      segmentId: null,
    },
    now(),
  );
  if (id === null) throw new Error('The history has an import already');

  async function reach(state: ImportState, most: number): Promise<void> {
    for (let piece = 0; piece < MOST_PIECES; piece++) {
      await chore.work(shop, signal);
      await deps.work(most);
      const one = await findImport(db, shop, id ?? '');
      if (one?.state === state || (asked.pausedAfter !== undefined && (one?.fed ?? 0) > 0)) return;
      clock.goOn(2 * SECOND);
    }
    throw new Error(
      `The import of the history is not ${state}: ${JSON.stringify(await findImport(db, shop, id ?? ''))}`,
    );
  }

  try {
    await keepExchanged(db, shop, await grant(stocked.tokens));
    await reach('counted', Number.POSITIVE_INFINITY);
    clock.goOn(40 * SECOND);
    await changeState(db, shop, id, { from: ['counted'], to: 'running' });
    await reach('done', asked.pausedAfter ?? Number.POSITIVE_INFINITY);
    if (asked.pausedAfter !== undefined) {
      await changeState(db, shop, id, { from: ['running'], to: 'paused' });
      await chore.work(shop, signal);
    }
    await eraseTokens(db, shop, clock.now(), false);
  } finally {
    opened.close();
    await stand.close();
  }
}

async function grant(tokens: { answer(contentType: string, body: string): { body: object } }) {
  const asked = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: 'any',
    expiring: '1',
  };
  const { body } = tokens.answer('application/json', JSON.stringify(asked));
  const lifetime = 30 * 24 * 3600 * SECOND;
  return {
    accessToken: String(Reflect.get(body, 'access_token')),
    refreshToken: String(Reflect.get(body, 'refresh_token')),
    accessLifetime: lifetime,
    refreshLifetime: lifetime,
  };
}
