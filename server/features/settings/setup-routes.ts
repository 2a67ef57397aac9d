import { Router } from 'express';
import { timeZoneOf } from '../../domain/days.ts';
import { faultOf } from '../../domain/fault.ts';
import type { ShopFacts } from '../../domain/translated.ts';
import { conflict, jsonBody, readInput, Unprocessable } from '../../http/errors.ts';
import { merchantOf } from '../../http/merchant-auth.ts';
import { noOptions } from '../../http/no-options.ts';
import { idOf, pathId } from '../../http/row-id.ts';
import type { Db, Sql } from '../../platform/database/db.ts';
import { findPerson } from '../../store/people/find-person.ts';
import { loadShopFacts, lockFacts, type Shop, saveFacts } from '../../store/shops/shops.ts';
import type { ShopAnswer } from './api.ts';
import { MOST_VIEWS, setupContract, setupSteps, viewContract } from './contract.ts';

const answerOf = (shop: Shop, facts: ShopFacts): ShopAnswer => ({
  domain: shop.domain,
  name: facts.name ?? null,
  email: facts.email ?? null,
  country: facts.country ?? null,
  timeZone: timeZoneOf(facts),
  developmentStore: facts.developmentStore ?? false,
  setup: {
    done: setupSteps.filter((step) => facts.setup?.done.includes(step)),
    dismissed: facts.setup?.dismissed ?? false,
    partsHidden: facts.setup?.partsHidden ?? false,
  },
  views: facts.views ?? [],
});

const exists = async (sql: Sql, shop: Shop, person: string): Promise<boolean> => {
  const id = idOf(person);
  return id !== null && (await findPerson(sql, shop, id)) !== null;
};

/**
 * What every page needs to know about the shop, the progress of the setup guide, and the saved
 * views of the activity; mount behind merchantAuth.
 */
export function setupRoutes({ db }: { db: Db }): Router {
  const router = Router();

  type Changed = ShopFacts | null;
  /** @param changed the facts as they are to be, given those now, which are locked; null: leave them */
  const change = async (
    shop: Shop,
    changed: (facts: ShopFacts, sql: Sql) => Changed | Promise<Changed>,
  ): Promise<Changed> =>
    await db.transaction(async (sql) => {
      const facts = await changed(await lockFacts(sql, shop), sql);
      if (facts) await saveFacts(sql, shop, facts);
      return facts;
    });

  router.get('/shop', async (_req, res) => {
    const { shop } = merchantOf(res);
    res.json(answerOf(shop, await loadShopFacts(db, shop)));
  });

  router.put('/setup', jsonBody, async (req, res) => {
    const { shop } = merchantOf(res);
    const setup = readInput(setupContract, req.body);
    const facts = await change(shop, (known) => ({ ...known, setup }));
    res.json(answerOf(shop, facts ?? {}));
  });

  router.put('/views/:id', jsonBody, async (req, res) => {
    const { shop } = merchantOf(res);
    const id = pathId(req.params.id);
    const view = { id, ...readInput(viewContract, req.body) };
    const { person } = view.filter;
    const facts = await change(shop, async ({ views = [], ...known }, sql) => {
      // A page may be older than an erasure, which has looked through the views.
      if (person !== undefined && person !== 'none' && !(await exists(sql, shop, person))) {
        throw new Unprocessable(faultOf('filter.person', { code: 'fault.person_id' }));
      }
      if (views.some((one) => one.id === id)) {
        return { ...known, views: views.map((one) => (one.id === id ? view : one)) };
      }
      return views.length < MOST_VIEWS ? { ...known, views: [...views, view] } : null;
    });
    if (facts) res.json(answerOf(shop, facts));
    else conflict(res, { code: 'refusal.views_full', params: { max: MOST_VIEWS } });
  });

  router.delete('/views/:id', noOptions, async (req, res) => {
    const { shop } = merchantOf(res);
    const id = pathId(req.params.id);
    const facts = await change(shop, (known) => ({
      ...known,
      views: (known.views ?? []).filter((one) => one.id !== id),
    }));
    res.json(answerOf(shop, facts ?? {}));
  });

  return router;
}
