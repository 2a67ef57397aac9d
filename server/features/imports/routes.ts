import { Router } from 'express';
import { timeZoneOf } from '../../domain/days.ts';
import type { Import } from '../../domain/imports.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Text } from '../../domain/wording/text.ts';
import { conflict, found, jsonText, readInput } from '../../http/errors.ts';
import { merchantOf } from '../../http/merchant-auth.ts';
import { noOptions } from '../../http/no-options.ts';
import { pathId } from '../../http/row-id.ts';
import { inShop } from '../../pipeline/in-shop.ts';
import type { Db } from '../../platform/database/db.ts';
import { parseBody } from '../../shopify/parse-body.ts';
import { ACTIVE, changeState, createImport, findImport, listImports } from '../../store/imports/imports.ts';
import { loadSettings, nothingStored } from '../../store/shops/settings.ts';
import { loadShopFacts, type Shop } from '../../store/shops/shops.ts';
import { cancelImport } from './cancel.ts';
import { importContract } from './contract.ts';
import { describeImport, describeImports } from './describe.ts';

type ImportRoutesDeps = {
  db: Db;
  now: () => Instant;
};

const OTHER: Text = { code: 'refusal.other_import' };

/** Imports, and what a merchant can do with them; mount behind merchantAuth. */
export function importRoutes({ db, now }: ImportRoutesDeps): Router {
  const router = Router();
  const storedOf = async (shop: Shop) => (await loadSettings(db, shop)) ?? nothingStored;
  const describe = async (shop: Shop, job: Import) => await describeImport(db, shop, await storedOf(shop), job);

  router.post('/imports', jsonText, async (req, res) => {
    const { shop } = merchantOf(res);
    // Read as text, so that ids keep digits that a JavaScript number would lose.
    const sent = typeof req.body === 'string' ? parseBody(req.body) : { ok: false as const };
    const timeZone = timeZoneOf(await loadShopFacts(db, shop));
    const asked = readInput(importContract(now(), timeZone), sent.ok ? sent.body : undefined);
    // Under the shop's lock: one that starts looks for others first.
    const id = await inShop(db, shop, async ({ sql }) => await createImport(sql, shop, asked, now()));
    const made = id && (await findImport(db, shop, id));
    if (made) res.status(201).json(await describe(shop, made));
    else conflict(res, OTHER);
  });

  router.get('/imports', async (_req, res) => {
    const { shop } = merchantOf(res);
    res.json({ items: await describeImports(db, shop, await storedOf(shop), await listImports(db, shop)) });
  });

  router.get('/imports/:id', async (req, res) => {
    const { shop } = merchantOf(res);
    const job = found(await findImport(db, shop, pathId(req.params.id)));
    res.json(await describe(shop, job));
  });

  async function start(shop: Shop, { id, state }: Import): Promise<boolean | Text> {
    if (state !== 'counted') return false;
    if (!(await loadSettings(db, shop))?.guid) return { code: 'refusal.not_connected' };
    return await inShop(db, shop, async ({ sql }) => {
      const [other] = await sql.query(
        `SELECT 1 FROM imports o JOIN imports i ON i.shop_id = o.shop_id AND i.kind = o.kind AND i.id <> o.id
         WHERE i.id = $1 AND o.state IN ${ACTIVE}`,
        [id],
      );
      return other ? OTHER : await changeState(sql, shop, id, { from: ['counted'], to: 'running' });
    });
  }

  /** False: not in the state that the import is in; a text: why else it can't be done. */
  const actions: Record<string, (shop: Shop, job: Import) => Promise<boolean | Text>> = {
    start,
    pause: async (shop, { id }) => await changeState(db, shop, id, { from: ['running'], to: 'paused' }),
    resume: async (shop, { id }) => await changeState(db, shop, id, { from: ['paused'], to: 'running' }),
    cancel: async (shop, { id }) => await cancelImport(db, shop, id),
  };

  for (const [name, act] of Object.entries(actions)) {
    router.post(`/imports/:id/${name}`, noOptions, async (req, res) => {
      const { shop } = merchantOf(res);
      const before = found(await findImport(db, shop, pathId(req.params.id)));
      const done = await act(shop, before);
      const after = (await findImport(db, shop, before.id)) ?? before;
      if (done === true) res.json(await describe(shop, after));
      else conflict(res, done === false ? { code: 'refusal.import_state', params: { action: name } } : done);
    });
  }

  return router;
}
