import express, { type Express } from 'express';
import { xContentTypeOptions } from 'helmet';
import { activityApi } from './features/activity/api.ts';
import { activityRoutes } from './features/activity/routes.ts';
import { flowRoutes } from './features/flow/routes.ts';
import { importsApi } from './features/imports/api.ts';
import { importsUnderWay } from './features/imports/describe.ts';
import { importRoutes } from './features/imports/routes.ts';
import type { Metrics } from './features/operations/metrics.ts';
import { metricsRoute } from './features/operations/metrics-route.ts';
import { readiness } from './features/operations/readiness.ts';
import { operationsApi, webVitalsRoutes } from './features/operations/web-vitals.ts';
import { overviewApi } from './features/overview/api.ts';
import { overviewRoutes } from './features/overview/routes.ts';
import { peopleApi } from './features/people/api.ts';
import { peopleRoutes } from './features/people/routes.ts';
import { accessLogApi, accessLogRoutes } from './features/privacy/access-log.ts';
import { privacyApi } from './features/privacy/api.ts';
import { auditApi, auditRoutes } from './features/privacy/audit-log.ts';
import { privacyRoutes } from './features/privacy/routes.ts';
import { settingsApi } from './features/settings/api.ts';
import { previewRoutes } from './features/settings/preview-routes.ts';
import { settingsRoutes } from './features/settings/routes.ts';
import { setupRoutes } from './features/settings/setup-routes.ts';
import { allowExtensions } from './http/allow-extensions.ts';
import { describeApi } from './http/api-description.ts';
import { apiErrors, jsonBody, notFound, readBody, refusal } from './http/errors.ts';
import { exchangeOnCall } from './http/exchange-on-call.ts';
import { merchantAuth } from './http/merchant-auth.ts';
import { noHead } from './http/no-head.ts';
import { notStored } from './http/not-stored.ts';
import type { Front } from './http/pages/front.ts';
import { pageRoutes } from './http/pages/routes.ts';
import { rateLimits } from './http/rate-limits.ts';
import { recordLooks } from './http/record-looks.ts';
import type { Opened } from './opened.ts';
import { receive } from './pipeline/receive/receive.ts';
import { QUICK_MS } from './platform/database/db.ts';
import { createIntake } from './platform/intake.ts';
import { createInbox, STORE_WITHIN_MS } from './store/events/inbox.ts';
import type { Shop } from './store/shops/shops.ts';

type AppDeps = Opened & { metrics: Metrics; front: Front };

/** The requests and answers of `/api`; test/http/openapi.test.ts checks them against the routes. */
const merchantApi = [
  ...settingsApi,
  ...overviewApi,
  ...activityApi,
  ...peopleApi,
  ...importsApi,
  ...privacyApi,
  ...accessLogApi,
  ...auditApi,
  ...operationsApi,
];

/** Every URL of the app, on one screen. */
export function createApp(deps: AppDeps): Express {
  const { config, db, shops, queue, log, metrics, traces, now } = deps;
  const wake = (shopId: number) => queue.wake(shopId);
  const onChange = (shop: Shop) => wake(shop.id);
  const api = {
    ...deps,
    onChange,
    importsUnderWay: importsUnderWay(deps),
    sendTestRecord: deps.ascent360.send,
    connectionProbe: config.connectionProbe,
  };

  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use(xContentTypeOptions());
  const intake = createIntake(refusal);
  app.use(intake.guard);
  app.get('/healthz', (_req, res) => void res.json({ ok: true }));
  const inbox = createInbox(db.within(STORE_WITHIN_MS), { shops });
  app.get('/readyz', readiness({ db, queue, canWrite: inbox.check }));
  if (config.metricsToken) app.get('/metrics', metricsRoute(metrics, config.metricsToken));
  if (config.role === 'worker') return app.use(notFound);
  const receiving = { intake, inbox, shops, secrets: config.shopifySecrets, wake, log, metrics, traces };
  app.post('/webhooks', receive(receiving));
  app.use('/flow', flowRoutes(receiving));
  if (!config.production) app.get('/api/openapi.json', (_req, res) => void res.json(describeApi(merchantApi)));
  app.use(
    '/api',
    notStored,
    allowExtensions(),
    merchantAuth({ config, db: db.within(QUICK_MS), shops, now }),
    rateLimits(),
    noHead,
    recordLooks(db, now),
    exchangeOnCall(deps),
    readBody(intake),
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
    auditRoutes(api),
    webVitalsRoutes(deps),
  );
  app.use(pageRoutes(deps.front, config.shopifyApiKey));
  app.use(notFound);
  app.use(apiErrors(log));
  return app;
}
