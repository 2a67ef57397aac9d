/** The app's pages ask its API, here without a network. */
import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import express from 'express';
import { activityRoutes } from '../../server/features/activity/routes.ts';
import type { OverviewAnswer } from '../../server/features/overview/api.ts';
import { overviewRoutes } from '../../server/features/overview/routes.ts';
import type { PersonDetail, PersonItem } from '../../server/features/people/api.ts';
import { peopleRoutes } from '../../server/features/people/routes.ts';
import type { Merchant } from '../../server/http/merchant-auth.ts';
import type { Shop } from '../../server/store/shops/shops.ts';
import type { Process } from './process.ts';

function routesOf({ db }: Process, shop: Shop): RequestListener {
  const app = express();
  app.use((_req, res, next) => {
    res.locals['merchant'] = { shop, userId: '42' } satisfies Merchant;
    next();
  });
  const deps = { db, onChange: () => {}, now: Date.now };
  app.use(overviewRoutes({ ...deps, importsUnderWay: async () => [] }), activityRoutes(deps), peopleRoutes(deps));
  return app;
}

async function get<Answer>(app: RequestListener, url: string): Promise<Answer> {
  const req = Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url });
  const res = new ServerResponse(req);
  const text = await new Promise<string>((resolve, reject) => {
    const end = (chunk: unknown) => {
      if (res.statusCode === 200) resolve(String(chunk));
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
};

/** The app as the merchant of a shop sees it. */
export async function openPage(process: Process, domain: string): Promise<Page> {
  const app = routesOf(process, await process.shops.ensure(domain));
  return {
    overview: async () => await get(app, '/overview'),
    total: async (query) => (await get<{ total: number }>(app, `/activity?${query}`)).total,
    people: async (q) => {
      const { items } = await get<{ items: PersonItem[] }>(app, `/people?q=${encodeURIComponent(q)}`);
      return await Promise.all(items.map(async ({ id }) => await get<PersonDetail>(app, `/people/${id}`)));
    },
  };
}
