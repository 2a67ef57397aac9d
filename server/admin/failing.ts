import { HOUR, MINUTE } from '../domain/days.ts';
import type { Instant } from '../domain/scalars.ts';
import type { Db } from '../platform/database/db.ts';
import { closeFailing, openProblem, openProblems } from '../store/shops/problems.ts';
import type { Shop } from '../store/shops/shops.ts';

/** A failure shorter than this, in milliseconds, needs no one's attention. */
const TELL_AFTER_MS = 5 * MINUTE;
/**
 * What fails is asked for again within an hour; what Shopify refused a comparison, after 6. If it
 * wasn't asked for in this time, in milliseconds, nobody asks for it any more.
 */
const FORGOTTEN_AFTER_MS = 7 * HOUR;

export type Failing = {
  /**
   * @param code why the call ended without an answer, without anything personal; null: it was answered
   */
  note(shop: Shop, document: string, code: string | null): Promise<void>;
};

/**
 * Keeps one problem per document while Shopify fails to answer it for a long time, and closes it
 * once Shopify answers, or answers others and nobody asks for it any more. Another process may have
 * opened or closed it: one that gets an answer speaks for all.
 */
export function createFailing(deps: { db: Db; now: () => Instant; tellAfterMs?: number }): Failing {
  const { db, now, tellAfterMs = TELL_AFTER_MS } = deps;
  const failing = new Map<string, { since: Instant; isTold: boolean }>();
  return {
    note: async (shop, document, code) => {
      const name = `${shop.id}:${document}`;
      const entry = { kind: 'shopify_failing', key: document } as const;
      const at = now();
      if (code === null) {
        failing.delete(name);
        await closeFailing(db, shop, document, { now: at, before: at - FORGOTTEN_AFTER_MS });
        return;
      }
      const before = failing.get(name);
      const isOpen = (await openProblems(db, shop)).some(({ kind, key }) => kind === entry.kind && key === document);
      const since = before && isOpen === before.isTold ? before.since : at;
      const isTold = isOpen || at - since >= tellAfterMs;
      if (isTold) await openProblem(db, shop, { ...entry, detail: { code, at: new Date(at).toISOString() } }, since);
      failing.set(name, { since, isTold });
    },
  };
}
