import { setTimeout as wait } from 'node:timers/promises';
import { customersAtOnce } from '../../admin/fetch-records.ts';
import { AHEAD_MS } from '../../domain/days.ts';
import type { Instant } from '../../domain/scalars.ts';
import { inShop } from '../../pipeline/in-shop.ts';
import type { Db } from '../../platform/database/db.ts';
import { addFindings } from '../../store/events/found-events.ts';
import { noneMissed, noteMissed } from '../../store/shops/missed-changes.ts';
import { type Kind, movePoint } from '../../store/shops/reconciliations.ts';
import type { Shop } from '../../store/shops/shops.ts';
import { applyDataSaleOptOuts } from './data-sale-opt-outs.ts';
import { fetchChangedPage, type Page } from './fetch-changes.ts';
import { type ChangesDeps, judgeGroup, knownOf, READ_AT_ONCE, unknownOf } from './judge-changes.ts';

/**
 * Where this process stopped, by shop and kind: the point reached, since when Shopify was asked, and
 * the page to go on with.
 */
export type Stops = Map<string, { point: Instant; asked: Instant; after: string | null }>;

export const stopKey = (shop: Shop, kind: Kind) => `${shop.id}:${kind}`;

/**
 * The shop being compared. `stopAt`: when to stop for now, so that other shops get their turn;
 * `stuck`: the shops and kinds, as `stopKey`, for which Shopify failed last time.
 */
export type Comparing = { shop: Shop; stopAt: Instant; signal: AbortSignal; stops: Stops; stuck: Set<string> };

/** How long a piece waits for events just received to be translated, in milliseconds. */
const TRANSLATED_WITHIN_MS = 2000;

/**
 * Waits until everything received so far is translated, so that we know what it says.
 * @returns whether it is; if not, nothing may be compared yet
 */
export async function translated(db: Db, shop: Shop, signal: AbortSignal): Promise<boolean> {
  const before = Date.now();
  // By the newest event, not by our clock: the process that received it may be ahead.
  const [newest] = await db.query<{ id: string }>(
    `SELECT id FROM events WHERE shop_id = $1 AND state = 'received' ORDER BY id DESC LIMIT 1`,
    [shop.id],
  );
  if (!newest) return true;
  while (!signal.aborted && Date.now() - before < TRANSLATED_WITHIN_MS) {
    await wait(50);
    const rows = await db.query(
      `SELECT 1 FROM events WHERE shop_id = $1 AND state = 'received' AND id <= $2::uuid LIMIT 1`,
      [shop.id, newest.id],
    );
    if (rows.length === 0) return true;
  }
  return false;
}

/**
 * Finds changes in Shopify that no webhook reported and stores them as events. The range starts at
 * the last saved point, which moves along, so that after a crash the work continues from there.
 * @returns what was found, and whether the whole range is compared
 * @throws AdminError
 */
export async function findChanges(
  deps: ChangesDeps,
  { shop, stopAt, signal, stops, stuck }: Comparing,
  kind: Kind,
  { since, until }: { since: Instant; until: Instant },
): Promise<{ found: number; complete: boolean }> {
  const { db, admin, now } = deps;
  const asking = { admin, shop, signal };
  const key = stopKey(shop, kind);
  const stop = stops.get(key);
  stops.delete(key);
  const isStuck = stuck.delete(key);
  const known = await knownOf(deps, shop);
  const atOnce = kind === 'orders' ? READ_AT_ONCE : customersAtOnce(known.keys);
  let found = 0;
  let point = since;
  const seen = new Set<string>();
  // Another point: another process has gone on, or it went back.
  const { asked, ...from } = stop?.point === since ? stop : { asked: since, after: null };
  let after: string | null = from.after;
  /** The first page with what is too new for now. */
  let unfinished: { after: string | null } | null = null;
  // The search starts before the point. Stop early only after the point has moved, so that every
  // call makes progress.
  const enough = () => signal.aborted || (point > since && now() >= stopAt);
  const stopped = () => {
    stops.set(key, { point, asked, ...(unfinished ?? { after }) });
    return { found, complete: false };
  };
  for (;;) {
    const page: Page = await fetchChangedPage(asking, kind, asked, { after, seen });
    const inRange = page.changed.filter(({ updatedAt }) => updatedAt >= since && updatedAt <= until);
    if (!(await translated(db, shop, signal))) return stopped();
    const unknown = await unknownOf(db, shop, kind, inRange);
    for (let at = 0; at < unknown.length; at += atOnce) {
      if (enough()) return stopped();
      const group = unknown.slice(at, at + atOnce);
      const { readAt, findings, noted } = await judgeGroup(deps, asking, { ...known, kind, since, isStuck }, group);
      const reached = point;
      point = Math.max(point, group.at(-1)?.updatedAt ?? point);
      found += await inShop(db, shop, async ({ sql }) => {
        const at = now();
        await applyDataSaleOptOuts(sql, shop, noted, readAt);
        const news = await addFindings(sql, shop, findings, at);
        await noteMissed(sql, shop, { ...noneMissed, [kind]: news }, { since, until, now: at });
        await movePoint(sql, shop, kind, { reached, until: point });
        return news;
      });
    }
    const reached = point;
    point = Math.max(point, inRange.at(-1)?.updatedAt ?? point);
    await movePoint(db, shop, kind, { reached, until: point });
    if (page.next === null) break;
    if (page.changed.some(({ updatedAt }) => updatedAt > until)) unfinished ??= { after };
    after = page.next;
    if (enough()) return stopped();
  }
  // Our clock may be ahead of Shopify's: what changes until that has reached this point is new.
  await movePoint(db, shop, kind, { reached: point, until: until - AHEAD_MS });
  return { found, complete: true };
}
