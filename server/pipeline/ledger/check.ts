import type { Instant } from '../../domain/scalars.ts';
import { mapsPermissions, type Settings } from '../../domain/settings.ts';
import type { Db } from '../../platform/database/db.ts';
import type { Log } from '../../platform/log.ts';
import {
  endLedgerCheck,
  type LedgerCheck,
  loadLedgerCheck,
  moveLedgerCheck,
  shopsToCheck,
  untoldOptOuts,
} from '../../store/consent/ledger-checks.ts';
import { loadPeoplePage } from '../../store/people/people-pages.ts';
import { loadSettings } from '../../store/shops/settings.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { Chore } from '../chores.ts';
import { type InShop, inShop } from '../in-shop.ts';
import { markDueOptOuts, openDueOptOuts } from './open-due-opt-outs.ts';
import { openTagOptOuts, optedOutByTag } from './open-tag-opt-outs.ts';

const sum = (all: readonly number[]) => all.reduce((total, one) => total + one, 0);

/** How many opt-outs one statement checks, and the most deliveries opened under one shop lock. */
const PAGE = 2000;
/** How many people's tags are checked at once. */
const PEOPLE_PAGE = 500;
const OPENED_AT_ONCE = 100;
/** How long to work on one shop before others get their turn, in milliseconds. */
const SLICE_MS = 4000;

type Step = { opened: number; at: LedgerCheck | null };

/**
 * Makes sure no opt-out in the ledger is forgotten. Every day, and whenever settings or the
 * installation change what is due, it compares each opt-out with what Ascent360 was told, and opens
 * a delivery if nothing open is about that address. After the addresses come the people whose tags
 * opt them out of calls or post. Opt-ins aren't checked: one that was lost is history when we would
 * find it.
 * @param deps.wake says that the shop has something to send
 */
export function ledgerChore(deps: { db: Db; log: Log; now: () => Instant; wake(shopId: number): void }): Chore {
  const { db, log, now } = deps;

  /** @returns what `work` returned for each part */
  async function inParts<T, R>(
    shop: Shop,
    all: readonly T[],
    work: (held: InShop, some: readonly T[], at: Instant) => Promise<R>,
  ): Promise<R[]> {
    const done: R[] = [];
    for (let at = 0; at < all.length; at += OPENED_AT_ONCE) {
      const some = all.slice(at, at + OPENED_AT_ONCE);
      done.push(await inShop(db, shop, async (held) => await work(held, some, now())));
    }
    return done;
  }

  async function checkFacts(shop: Shop, account: number, afterFactId: string | null): Promise<Step> {
    const page = await untoldOptOuts(db, shop, account, { afterFactId, size: PAGE });
    const opened = sum(await inParts(shop, page.keys, openDueOptOuts));
    await inParts(shop, page.waiting, markDueOptOuts);
    return { opened, at: page.last === null ? null : { afterFactId: page.last, afterPerson: null } };
  }

  async function checkPeople(shop: Shop, settings: Settings, { afterFactId, afterPerson }: LedgerCheck): Promise<Step> {
    const page = await loadPeoplePage(db, shop, { after: afterPerson, size: PEOPLE_PAGE });
    const opened = sum(await inParts(shop, optedOutByTag(page.people, settings), openTagOptOuts));
    return { opened, at: page.last === null ? null : { afterFactId, afterPerson: page.last } };
  }

  return {
    name: 'ledger',
    due: shopsToCheck,
    work: async (shop, signal) => {
      // Before the settings: what changes them afterwards asks for another check.
      let at = await loadLedgerCheck(db, shop);
      const stored = await loadSettings(db, shop);
      if (!stored?.guid) return false;
      const until = now() + SLICE_MS;
      let inFacts = at.afterPerson === null;
      let inPeople = mapsPermissions(stored.settings.mapping);
      while ((inFacts || inPeople) && !signal.aborted && now() < until) {
        const step = inFacts
          ? await checkFacts(shop, stored.account, at.afterFactId)
          : await checkPeople(shop, stored.settings, at);
        if (step.opened > 0) {
          log.info({ stage: 'ledger', shop: shop.id, opened: step.opened }, 'opt-outs that Ascent360 does not have');
          deps.wake(shop.id);
        }
        if (step.at) {
          at = step.at;
          await moveLedgerCheck(db, shop, at);
        } else if (inFacts) inFacts = false;
        else inPeople = false;
      }
      return inFacts || inPeople || (await endLedgerCheck(db, shop));
    },
  };
}
