/** The app's pages ask its API, here without a network. */
import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import express from 'express';
import { activityRoutes } from '../../server/features/activity/routes.ts';
import type { OverviewAnswer } from '../../server/features/overview/api.ts';
import { overviewRoutes } from '../../server/features/overview/routes.ts';
import type { PersonDetail, PersonItem } from '../../server/features/people/api.ts';
import { peopleRoutes } from '../../server/features/people/routes.ts';
import type { TestRecordAnswer } from '../../server/features/settings/api.ts';
import { settingsRoutes } from '../../server/features/settings/routes.ts';
import type { Merchant } from '../../server/http/merchant-auth.ts';
import type { Shop } from '../../server/store/shops/shops.ts';
import { MINUTE } from '../durations.ts';
import type { Process } from './process.ts';

const PROBE_MS = 15 * MINUTE;

function routesOf({ db, send, wake }: Process, shop: Shop): RequestListener {
  const app = express();
  app.use((_req, res, next) => {
    res.locals['merchant'] = { shop, userId: '42' } satisfies Merchant;
    next();
  });
  const deps = { db, onChange: () => wake(shop.id), now: Date.now };
  app.use(settingsRoutes({ ...deps, sendTestRecord: send, connectionProbe: PROBE_MS }));
  app.use(overviewRoutes({ ...deps, importsUnderWay: async () => [] }), activityRoutes(deps), peopleRoutes(deps));
  return app;
}

async function ask<Answer>(app: RequestListener, url: string, asked?: object): Promise<Answer> {
  const body = asked && Buffer.from(JSON.stringify(asked));
  const method = body ? 'POST' : 'GET';
  const req = Object.assign(new IncomingMessage(new Socket()), { method, url, ...(body && { body }) });
  const res = new ServerResponse(req);
  const text = await new Promise<string>((resolve, reject) => {
    const end = (chunk: unknown) => {
      if (res.statusCode < 300) resolve(String(chunk));
      else reject(new Error(`${url} answers ${res.statusCode}: ${String(chunk)}`));
      return res;
    };
    Object.assign(res, { end });
    app(req, res);
  });
  return JSON.parse(text);
}

export type Page = {
  overview(): Promise<OverviewAnswer>;
  /** How many events a query of the activity opens. */
  total(query: string): Promise<number>;
  people(q: string): Promise<PersonDetail[]>;
  /** Resends or dismisses what needs attention for one reason. */
  settle(how: 'retry' | 'dismiss', reason: string): Promise<void>;
  testRecord(email: string): Promise<TestRecordAnswer>;
};

/** The app as the merchant of a shop sees it. */
export async function openPage(process: Process, domain: string): Promise<Page> {
  const app = routesOf(process, await process.shops.ensure(domain));
  return {
    overview: async () => await ask(app, '/overview'),
    total: async (query) => (await ask<{ total: number }>(app, `/activity?${query}`)).total,
    people: async (q) => {
      const { items } = await ask<{ items: PersonItem[] }>(app, `/people?q=${encodeURIComponent(q)}`);
      return await Promise.all(items.map(async ({ id }) => await ask<PersonDetail>(app, `/people/${id}`)));
    },
    settle: async (how, reason) => await ask(app, `/activity/${how}`, { filter: { state: 'attention', reason } }),
    testRecord: async (email) => await ask(app, '/test-record', { email }),
  };
}
