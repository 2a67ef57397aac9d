import { Router } from 'express';
import { knownTimeZone } from '../../domain/days.ts';
import type { ImportAnswer } from '../../domain/imports.ts';
import type { Instant } from '../../domain/scalars.ts';
import { countedSources } from '../../domain/states.ts';
import { type Gate, gateOf } from '../../domain/wording/describe-state.ts';
import { said } from '../../domain/wording/in-english.ts';
import { merchantOf } from '../../http/merchant-auth.ts';
import type { Db, Sql } from '../../platform/database/db.ts';
import type { SettingsStore, StoredSettings } from '../../store/shops/settings.ts';
import { type Installation, loadInstallation, type Shop, type Shops } from '../../store/shops/shops.ts';
import { adminAccess } from './admin-access.ts';
import type { Connection, OverviewAnswer } from './api.ts';
import { countEvents } from './counts.ts';
import { findProblems } from './problems.ts';

export type OverviewRoutesDeps = {
  db: Db;
  shops: Pick<Shops, 'facts'>;
  settings: Pick<SettingsStore, 'load'>;
  /** Imports that are counting, running or paused, newest first. */
  importsUnderWay(shop: Shop): Promise<ImportAnswer[]>;
  now: () => Instant;
};

const stateOf = {
  not_connected: 'not_connected',
  paused: 'paused',
  connection_problem: 'problem',
} as const satisfies Record<Exclude<Gate, null>, Connection['state']>;

/**
 * The shop's connection to Ascent360. Reasons are checked in the same order as for waiting events.
 */
export function connectionOf(stored: StoredSettings | null, life: Pick<Installation, 'uninstalledAt'>): Connection {
  if (life.uninstalledAt !== null) return { state: 'uninstalled', ...said({ code: 'connection.uninstalled' }) };
  const gate = gateOf(stored);
  if (gate !== null) return { state: stateOf[gate], ...said({ code: `connection.${stateOf[gate]}` }) };
  const last4 = stored?.guidLast4 ?? '';
  return { state: 'connected', ...said({ code: 'connection.connected', params: { last4 } }) };
}

type Underway = Pick<OverviewAnswer, 'lastEventAt' | 'oldestWaitingAt' | 'undeliveredOptOuts'>;

async function underway(sql: Sql, shop: Shop): Promise<Underway> {
  const [row] = await sql.query<{ last: Date | null; waiting: Date | null; opt_outs: number }>(
    `SELECT
       (SELECT received_at FROM events WHERE shop_id = $1 AND source IN ${countedSources}
        ORDER BY received_at DESC LIMIT 1) AS last,
       (SELECT min(received_at) FROM events WHERE shop_id = $1 AND state IN ('received', 'open')) AS waiting,
       (SELECT count(*) FROM deliveries WHERE shop_id = $1 AND open AND carries_opt_out) AS opt_outs`,
    [shop.id],
  );
  return {
    lastEventAt: row?.last?.toISOString() ?? null,
    oldestWaitingAt: row?.waiting?.toISOString() ?? null,
    undeliveredOptOuts: row?.opt_outs ?? 0,
  };
}

/** The overview; mount behind merchantAuth. */
export function overviewRoutes({ db, shops, settings, importsUnderWay, now }: OverviewRoutesDeps): Router {
  const router = Router();
  router.get('/overview', async (_req, res) => {
    const { shop } = merchantOf(res);
    const at = now();
    const stored = await settings.load(shop);
    const timeZone = knownTimeZone((await shops.facts(shop)).timeZone);
    const answer: OverviewAnswer = {
      connection: connectionOf(stored, await loadInstallation(db, shop)),
      ...(await countEvents(db, shop, timeZone, at)),
      timeZone,
      adminAccess: await adminAccess(db, shop),
      problems: await findProblems(db, shop, stored, at),
      ...(await underway(db, shop)),
      imports: await importsUnderWay(shop),
    };
    res.json(answer);
  });
  return router;
}
