import { Router } from 'express';
import { z } from 'zod';
import { timeZoneOf } from '../../domain/days.ts';
import type { ApiRoute } from '../../http/api-description.ts';
import { download } from '../../http/download.ts';
import { readInput } from '../../http/errors.ts';
import { merchantOf } from '../../http/merchant-auth.ts';
import type { Db } from '../../platform/database/db.ts';
import { exportAudit } from '../../store/audit/audit-chain.ts';
import { spanShape } from '../../store/events/event-filter.ts';
import { loadShopFacts } from '../../store/shops/shops.ts';

export const auditApi: readonly ApiRoute[] = [
  {
    method: 'get',
    path: '/audit',
    does: 'Gives the audit log as JSON Lines: what was decided, sent, changed and erased.',
    query: z.object(spanShape('UTC')),
    answer: { file: 'application/x-ndjson' },
    refusals: [422],
  },
];

/** `GET /audit`: the audit log as a file; goes behind merchantAuth. It holds no personal data. */
export function auditRoutes({ db }: { db: Db }): Router {
  const router = Router();
  router.get('/audit', async (req, res) => {
    const { shop } = merchantOf(res);
    const contract = z.object(spanShape(timeZoneOf(await loadShopFacts(db, shop))));
    const span = readInput(contract, req.query);
    await download(res, { name: 'audit.jsonl', type: 'application/x-ndjson' }, exportAudit(db, shop, span));
  });
  return router;
}
