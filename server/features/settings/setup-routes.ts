import { Router } from 'express';
import { knownTimeZone } from '../../domain/days.ts';
import { faultsOf } from '../../domain/fault.ts';
import type { ShopFacts } from '../../domain/translated.ts';
import { jsonBody, unprocessable } from '../../http/errors.ts';
import { merchantOf } from '../../http/merchant-auth.ts';
import type { Db } from '../../platform/database/db.ts';
import { type Shop, type Shops, saveFacts } from '../../store/shops/shops.ts';
import type { ShopAnswer } from './api.ts';
import { setupContract, setupSteps } from './contract.ts';

export type SetupRoutesDeps = { db: Db; shops: Pick<Shops, 'facts'> };

const answerOf = (shop: Shop, facts: ShopFacts): ShopAnswer => ({
  domain: shop.domain,
  name: facts.name ?? null,
  email: facts.email ?? null,
  country: facts.country ?? null,
  timeZone: knownTimeZone(facts.timeZone),
  developmentStore: facts.developmentStore ?? false,
  setup: {
    done: setupSteps.filter((step) => facts.setup?.done.includes(step)),
    dismissed: facts.setup?.dismissed ?? false,
    partsHidden: facts.setup?.partsHidden ?? false,
  },
});

/**
 * What every page needs to know about the shop, and the progress of the setup guide; mount behind
 * merchantAuth.
 */
export function setupRoutes({ db, shops }: SetupRoutesDeps): Router {
  const router = Router();

  router.get('/shop', async (_req, res) => {
    const { shop } = merchantOf(res);
    res.json(answerOf(shop, await shops.facts(shop)));
  });

  router.put('/setup', jsonBody, async (req, res) => {
    const { shop } = merchantOf(res);
    const asked = setupContract.safeParse(req.body);
    if (!asked.success) {
      unprocessable(res, faultsOf(asked.error));
      return;
    }
    const facts = await db.transaction(async (sql) => {
      // Lock the row, so that a shop/update at the same moment isn't lost.
      await sql.query('SELECT id FROM shops WHERE id = $1 FOR NO KEY UPDATE', [shop.id]);
      const known = { ...(await shops.facts(shop, sql)), setup: asked.data };
      await saveFacts(sql, shop, known);
      return known;
    });
    res.json(answerOf(shop, facts));
  });

  return router;
}
