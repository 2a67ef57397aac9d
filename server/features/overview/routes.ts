import { Router } from 'express';
import { timeZoneOf } from '../../domain/days.ts';
import type { ImportAnswer } from '../../domain/imports.ts';
import type { Instant } from '../../domain/scalars.ts';
import { countedSources } from '../../domain/states.ts';
import { merchantOf } from '../../http/merchant-auth.ts';
import type { Db, Sql } from '../../platform/database/db.ts';
import { OPEN_OPT_OUTS } from '../../store/events/open-opt-outs.ts';
import { loadInstallation } from '../../store/shops/installation.ts';
import { lastChanges } from '../../store/shops/proof.ts';
import { loadSettings } from '../../store/shops/settings.ts';
import { loadShopFacts, type Shop } from '../../store/shops/shops.ts';
import { adminAccess } from './admin-access.ts';
import type { OverviewAnswer } from './api.ts';
import { connectionOf } from './connection.ts';
import { countEvents } from './counts.ts';
import { findProblems } from './problems.ts';
import { silenceOf } from './silence.ts';

type OverviewRoutesDeps = {
  db: Db;
  /** Imports that are counting, running or paused, newest first. */
  importsUnderWay(shop: Shop): Promise<ImportAnswer[]>;
  now: () => Instant;
};

type Underway = Pick<OverviewAnswer, 'lastEventAt' | 'oldestWaitingAt' | 'undeliveredOptOuts'>;

async function underway(sql: Sql, shop: Shop): Promise<Underway> {
  const [row] = await sql.query<{ last: Date | null; waiting: Date | null; opt_outs: number }>(
    `SELECT
       (SELECT received_at FROM events WHERE shop_id = $1 AND source IN ${countedSources}
        ORDER BY received_at DESC LIMIT 1) AS last,
       (SELECT min(received_at) FROM events WHERE shop_id = $1 AND state IN ('received', 'open')) AS waiting,
       (SELECT count(*) FROM (${OPEN_OPT_OUTS}) AS open) AS opt_outs`,
    [shop.id],
  );
  return {
    lastEventAt: row?.last?.toISOString() ?? null,
    oldestWaitingAt: row?.waiting?.toISOString() ?? null,
    undeliveredOptOuts: row?.opt_outs ?? 0,
  };
}

/** The query of the activity that opens what has waited since then, or before. */
const waitingUntil = (oldest: string | null): string =>
  new URLSearchParams({ state: 'waiting', ...(oldest && { to: oldest }) }).toString();

/** The overview; mount behind merchantAuth. */
export function overviewRoutes({ db, importsUnderWay, now }: OverviewRoutesDeps): Router {
  const router = Router();
  router.get('/overview', async (_req, res) => {
    const { shop } = merchantOf(res);
    const at = now();
    const stored = await loadSettings(db, shop);
    const timeZone = timeZoneOf(await loadShopFacts(db, shop));
    const counted = await countEvents(db, shop, timeZone, at);
    const under = await underway(db, shop);
    const answer: OverviewAnswer = {
      connection: connectionOf(
        {
          stored,
          life: await loadInstallation(db, shop),
          changed: await lastChanges(db, shop),
          waits: under.oldestWaitingAt !== null,
        },
        at,
      ),
      ...counted,
      queries: {
        ...counted.queries,
        oldestWaiting: waitingUntil(under.oldestWaitingAt),
        undeliveredOptOuts: 'optOuts=waiting',
      },
      timeZone,
      adminAccess: await adminAccess(db, shop),
      problems: await findProblems(db, shop, stored, at),
      ...under,
      silence: await silenceOf(db, shop),
      imports: await importsUnderWay(shop),
    };
    res.json(answer);
  });
  return router;
}
