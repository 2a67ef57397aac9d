import type { Instant } from '../../domain/scalars.ts';
import type { Db } from '../../platform/database/db.ts';
import type { Log } from '../../platform/log.ts';
import {
  endLedgerCheck,
  loadLedgerCheck,
  moveLedgerCheck,
  shopsToCheck,
  untoldOptOuts,
} from '../../store/consent/ledger-checks.ts';
import { loadSettings } from '../../store/shops/settings.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { Chore } from '../chores.ts';
import { inShop } from '../in-shop.ts';
import { openDueOptOuts } from './open-due-opt-outs.ts';

/** How many opt-outs one statement checks, and the most deliveries opened under one shop lock. */
const PAGE = 2000;
const OPENED_AT_ONCE = 100;
/** How long to work on one shop before others get their turn, in milliseconds. */
const SLICE_MS = 4000;

/**
 * Makes sure no opt-out in the ledger is forgotten. Every day, and whenever settings or the
 * installation change what is due, it compares each opt-out with what Ascent360 was told, and opens
 * a delivery if nothing open is about that address. Opt-ins aren't checked: one that was lost is
 * history when we would find it.
 * @param deps.wake says that the shop has something to send
 */
export function ledgerCheck(deps: { db: Db; log: Log; now: () => Instant; wake(shopId: number): void }): Chore {
  const { db, log, now } = deps;

  async function open(shop: Shop, keys: Parameters<typeof openDueOptOuts>[1]): Promise<number> {
    let opened = 0;
    for (let at = 0; at < keys.length; at += OPENED_AT_ONCE) {
      const some = keys.slice(at, at + OPENED_AT_ONCE);
      opened += await inShop(db, shop, async (held) => await openDueOptOuts(held, some, now()));
    }
    return opened;
  }

  return {
    name: 'ledger',
    due: shopsToCheck,
    work: async (shop, signal) => {
      const stored = await loadSettings(db, shop);
      if (!stored?.guid) return false;
      const until = now() + SLICE_MS;
      const { asked, afterFactId } = await loadLedgerCheck(db, shop);
      let after = afterFactId;
      let more = true;
      while (more && !signal.aborted && now() < until) {
        const page = await untoldOptOuts(db, shop, stored.account, { afterFactId: after, size: PAGE });
        const opened = await open(shop, page.keys);
        if (opened > 0) {
          log.info({ stage: 'ledger', shop: shop.id, opened }, 'opt-outs that Ascent360 does not have');
          deps.wake(shop.id);
        }
        more = page.last !== null;
        after = page.last;
        if (after !== null) await moveLedgerCheck(db, shop, after);
      }
      return more || (await endLedgerCheck(db, shop, asked));
    },
  };
}
