import { Router } from 'express';
import { timeZoneOf } from '../../domain/days.ts';
import type { Instant } from '../../domain/scalars.ts';
import { gateOf } from '../../domain/wording/describe-state.ts';
import { writeCursor } from '../../http/cursor.ts';
import { download } from '../../http/download.ts';
import { conflict, found, jsonBody, readInput } from '../../http/errors.ts';
import { merchantOf } from '../../http/merchant-auth.ts';
import { noOptions } from '../../http/no-options.ts';
import { pathId } from '../../http/row-id.ts';
import type { Db } from '../../platform/database/db.ts';
import { countActivity, findItem, listActivity } from '../../store/events/event-list.ts';
import { dismissEvents, findDismissible } from '../../store/events/events.ts';
import { noteChangedEnds } from '../../store/imports/imports.ts';
import { loadSettings } from '../../store/shops/settings.ts';
import { loadShopFacts, type Shop } from '../../store/shops/shops.ts';
import {
  dismissManyContract,
  filterContract,
  issuesContract,
  listContract,
  manyContract,
  oneContract,
} from './contract.ts';
import { csvOf } from './csv-of.ts';
import { readDetail } from './detail.ts';
import { findIssues } from './issues.ts';
import { findSendable, sendAgain } from './send-again.ts';

type ActivityRoutesDeps = {
  db: Db;
  /** Wakes the shop's sender. */
  onChange(shop: Shop): void | Promise<void>;
  now: () => Instant;
};

/** The list of events, one event, and what a merchant can do with it; mount behind merchantAuth. */
export function activityRoutes(deps: ActivityRoutesDeps): Router {
  const { db } = deps;
  const gate = async (shop: Shop) => gateOf(await loadSettings(db, shop));
  /** An import that counts them is counted again, whatever happens to this process. */
  const dismiss = async (shop: Shop, ids: readonly string[]) =>
    await db.transaction(async (sql) => {
      const dismissed = await dismissEvents(sql, shop, ids);
      await noteChangedEnds(sql, dismissed);
      return dismissed;
    });
  const router = Router();

  router.get('/activity', async (req, res) => {
    const { shop } = merchantOf(res);
    const facts = await loadShopFacts(db, shop);
    const contract = listContract(timeZoneOf(facts));
    const { cursor: after, limit, ...filter } = readInput(contract, req.query);
    const country = facts.country ?? null;
    const { items, next } = await listActivity(db, shop, await gate(shop), { filter, country, after, limit });
    res.json({
      items,
      nextCursor: next && writeCursor({ rank: 0, ...next }),
      ...(await countActivity(db, shop, filter, country)),
    });
  });

  router.get('/activity.csv', async (req, res) => {
    const { shop } = merchantOf(res);
    const facts = await loadShopFacts(db, shop);
    const timeZone = timeZoneOf(facts);
    const filter = readInput(filterContract(timeZone), req.query);
    const shopGate = await gate(shop);
    const pieces = csvOf(db, shop, shopGate, { filter, country: facts.country ?? null, timeZone });
    await download(res, { name: 'activity.csv', type: 'text/csv' }, pieces);
  });

  router.get('/issues', async (req, res) => {
    const { state } = readInput(issuesContract, req.query);
    res.json(await findIssues(db, merchantOf(res).shop, state));
  });

  router.get('/activity/:id', async (req, res) => {
    const { shop } = merchantOf(res);
    const id = pathId(req.params.id);
    res.type('json').send(found(await readDetail(db, shop, id, await gate(shop))));
  });

  router.post('/activity/retry', jsonBody, async (req, res) => {
    const { shop } = merchantOf(res);
    const facts = await loadShopFacts(db, shop);
    const { filter, ...how } = readInput(manyContract(timeZoneOf(facts)), req.body);
    const { ids, more } = await findSendable(db, shop, filter, facts.country ?? null);
    const { refusal: _refusal, ...sent } = await sendAgain(deps, shop, ids, how);
    if (!how.dryRun && sent.count > 0) await deps.onChange(shop);
    res.status(202).json({ ...sent, more });
  });

  router.post('/activity/:id/retry', jsonBody, async (req, res) => {
    const { shop } = merchantOf(res);
    const id = pathId(req.params.id);
    found(await findItem(db, shop, id, null));
    const how = readInput(oneContract, req.body);
    const { refusal, ...sent } = await sendAgain(deps, shop, [id], how);
    if (sent.count === 0) {
      conflict(res, refusal ?? { code: 'refusal.not_again' });
      return;
    }
    if (!how.dryRun) await deps.onChange(shop);
    res.status(202).json(sent);
  });

  router.post('/activity/dismiss', jsonBody, async (req, res) => {
    const { shop } = merchantOf(res);
    const facts = await loadShopFacts(db, shop);
    const { filter, dryRun } = readInput(dismissManyContract(timeZoneOf(facts)), req.body);
    const isAsked = filter.state.length === 0 || filter.state.includes('attention');
    const attention = { ...filter, state: ['attention' as const] };
    const { ids, more } = isAsked
      ? await findSendable(db, shop, attention, facts.country ?? null)
      : { ids: [], more: false };
    const dismissed = dryRun ? await findDismissible(db, shop, ids) : await dismiss(shop, ids);
    res.json({ count: dismissed.length, more });
  });

  router.post('/activity/:id/dismiss', noOptions, async (req, res) => {
    const { shop } = merchantOf(res);
    const id = pathId(req.params.id);
    const dismissed = await dismiss(shop, [id]);
    const item = found(await findItem(db, shop, id, await gate(shop)));
    if (dismissed.length > 0) res.json(item);
    else conflict(res, { code: item.state === 'attention' ? 'refusal.open_request' : 'refusal.not_attention' });
  });

  return router;
}
