import { Router } from 'express';
import { z } from 'zod';
import { refusing } from '../../domain/fault.ts';
import type { ApiRoute } from '../../http/api-description.ts';
import { readInput } from '../../http/errors.ts';
import { merchantOf } from '../../http/merchant-auth.ts';
import type { Db } from '../../platform/database/db.ts';

const MOST = 200;

const contract = z.object({
  cursor: z.uuid({ error: refusing('cursor') }).optional(),
});
const answer = z.object({
  /** `who`: the Shopify user's id; `about`: the row that was shown. */
  items: z.array(z.object({ at: z.iso.datetime(), who: z.string(), what: z.string(), about: z.uuid().nullable() })),
  nextCursor: z.uuid().nullable(),
  /** The caller's own id. */
  you: z.string(),
});
export type AccessLog = z.infer<typeof answer>;

export const accessLogApi: readonly ApiRoute[] = [
  {
    method: 'get',
    path: '/access-log',
    does: 'Says who looked at personal data, newest first.',
    query: contract,
    answer: { json: answer },
    refusals: [422],
  },
];

/** `GET /access-log`: the record, newest first; goes behind merchantAuth. */
export function accessLogRoutes({ db }: { db: Db }): Router {
  const router = Router();
  router.get('/access-log', async (req, res) => {
    const { shop, userId } = merchantOf(res);
    const { cursor = null } = readInput(contract, req.query);
    const rows = await db.query<{ id: string; at: Date; who: string; what: string; about: string | null }>(
      `SELECT id, at, who, what, about FROM access_log WHERE shop_id = $1 AND ($2::uuid IS NULL OR id < $2::uuid)
       ORDER BY id DESC LIMIT ${MOST + 1}`,
      [shop.id, cursor],
    );
    const items = rows.slice(0, MOST);
    const looked: AccessLog = {
      items: items.map(({ at, who, what, about }) => ({ at: at.toISOString(), who, what, about })),
      nextCursor: rows.length > MOST ? (items.at(-1)?.id ?? null) : null,
      you: userId,
    };
    res.json(looked);
  });
  return router;
}
