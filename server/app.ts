import express, { type Express } from 'express';
import { activityRoutes } from './activity/routes.ts';
import type { Access } from './admin/access.ts';
import type { Admin } from './admin/admin.ts';
import { exchangeOnCall } from './admin/exchange-on-call.ts';
import { accessLogRoutes, recordLooks } from './api/access-log.ts';
import { allowExtensions } from './api/allow-extensions.ts';
import { rateLimits } from './api/rate-limits.ts';
import { apiErrors, jsonBody, notFound } from './api-errors.ts';
import type { Ascent360Client } from './ascent360/client.ts';
import type { Config } from './config.ts';
import type { Db } from './db.ts';
import type { Instant } from './domain/scalars.ts';
import { flowRoutes } from './flow/routes.ts';
import { importRoutes } from './imports/routes.ts';
import type { Log } from './log.ts';
import { merchantAuth } from './merchant-auth.ts';
import type { Metrics } from './metrics/metrics.ts';
import { metricsRoute } from './metrics/route.ts';
import { overviewRoutes } from './overview/routes.ts';
import type { Front } from './pages/front.ts';
import { pageRoutes } from './pages/routes.ts';
import { peopleRoutes } from './people/routes.ts';
import { previewRoutes } from './preview/routes.ts';
import { privacyRoutes } from './privacy/routes.ts';
import type { Queue } from './queue.ts';
import { readiness } from './readiness.ts';
import { settingsRoutes } from './settings/routes.ts';
import type { SettingsStore } from './settings/store.ts';
import { setupRoutes } from './setup/routes.ts';
import type { Shop, Shops } from './shops.ts';
import { createInbox } from './webhooks/inbox.ts';
import { receive } from './webhooks/receive.ts';

export type AppDeps = {
  config: Config;
  db: Db;
  shops: Shops;
  settings: SettingsStore;
  ascent360: Ascent360Client;
  admin: Admin;
  access: Access;
  queue: Queue;
  log: Log;
  metrics: Metrics;
  front: Front;
  now: () => Instant;
};

/** Every URL on one screen. */
export function createApp(deps: AppDeps): Express {
  const { config, db, shops, queue, log, metrics, now } = deps;
  const wake = (shopId: number) => queue.wake(shopId);
  const onChange = (shop: Shop) => wake(shop.id);
  const api = {
    ...deps,
    onChange,
    sendTestRecord: deps.ascent360.send,
    connectionProbe: config.connectionProbe,
    isDevelopmentStore: async (shop: Shop) => (await shops.facts(shop)).developmentStore ?? false,
  };

  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.get('/healthz', (_req, res) => void res.json({ ok: true }));
  app.get('/readyz', readiness(deps));
  if (config.metricsToken) app.get('/metrics', metricsRoute(metrics, config.metricsToken));
  if (config.role === 'worker') return app.use(notFound);
  const inbox = createInbox(db);
  app.post('/webhooks', receive({ inbox, shops, secrets: config.shopifySecrets, wake, log, metrics, now }));
  app.use('/flow', flowRoutes({ inbox, shops, secrets: config.shopifySecrets, wake, log, metrics, now }));
  app.use(
    '/api',
    allowExtensions(),
    merchantAuth({ config, db, shops, now }),
    rateLimits(),
    recordLooks(db, now),
    exchangeOnCall(deps),
    previewRoutes(api),
    importRoutes(api),
    jsonBody,
    settingsRoutes(api),
    overviewRoutes(api),
    activityRoutes(api),
    peopleRoutes(api),
    setupRoutes(api),
    privacyRoutes(api),
    accessLogRoutes(api),
  );
  app.use(pageRoutes(deps.front, config.shopifyApiKey));
  app.use(notFound);
  app.use(apiErrors(log));
  return app;
}
