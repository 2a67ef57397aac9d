import type { Instant } from '../domain/scalars.ts';
import type { Config } from '../platform/config.ts';
import type { Db } from '../platform/database/db.ts';
import type { Log } from '../platform/log.ts';
import { accessOf } from '../store/shops/admin-tokens.ts';
import { type Access, createAccess } from './access.ts';
import type { Admin } from './admin.ts';
import { createClient } from './client.ts';
import { createDeniedFields } from './denied-fields.ts';
import { createFailing } from './failing.ts';
import { createOAuth } from './oauth.ts';
import { createTransport } from './transport.ts';

export type OpenAdmin = {
  admin: Admin;
  access: Access;
  /** Cuts off what is running. */
  close(): void;
};

/** Connects the parts of Shopify's Admin API for this process. */
export function openAdmin(deps: {
  config: Pick<Config, 'shopifyApiKey' | 'shopifySecrets' | 'shopifyPrivateKeys' | 'shopifyAdminOrigin' | 'appUrl'>;
  db: Db;
  log: Log;
  now: () => Instant;
  random: () => number;
}): OpenAdmin {
  const { config, db, log, now, random } = deps;
  const transport = createTransport(config.shopifyAdminOrigin);
  const { shopifyApiKey: apiKey, shopifySecrets: secrets, shopifyPrivateKeys: privateKeys, appUrl } = config;
  const app = { apiKey, secrets, privateKeys, appUrl };
  const access = createAccess({ db, oauth: createOAuth(transport, app), log, now });
  const admin = createClient({
    transport,
    access,
    denied: createDeniedFields({ db, now }),
    failing: createFailing({ db, now }),
    hasAccess: async (shop, sql = db) => (await accessOf(sql, shop)).state === 'ok',
    log,
    now,
    random,
  });
  return { admin, access, close: transport.close };
}
