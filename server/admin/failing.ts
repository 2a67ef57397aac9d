import type { Instant } from '../domain/scalars.ts';
import type { Db } from '../platform/database/db.ts';
import { closeProblem, openProblem } from '../store/shops/problems.ts';
import type { Shop } from '../store/shops/shops.ts';

/** A failure shorter than this, in milliseconds, needs no one's attention. */
export const TELL_AFTER_MS = 5 * 60_000;

export type Failing = {
  /**
   * @param code why we gave up on the call, without anything personal; null: it was answered
   */
  note(shop: Shop, document: string, code: string | null): Promise<void>;
};

type Standing = { failingSince: Instant | null; isTold: boolean };

/**
 * Keeps one problem per document while Shopify fails to answer it for a long time, and closes it
 * once Shopify answers.
 */
export function createFailing(deps: { db: Db; now: () => Instant; tellAfterMs?: number }): Failing {
  const { db, now, tellAfterMs = TELL_AFTER_MS } = deps;
  const standings = new Map<string, Standing>();
  return {
    note: async (shop, document, code) => {
      const name = `${shop.id}:${document}`;
      const before = standings.get(name);
      const entry = { kind: 'shopify_failing', key: document } as const;
      const at = now();
      if (code === null) {
        // Another process, or this one before a restart, may have told the merchant.
        if (before?.isTold ?? true) await closeProblem(db, shop, entry, at);
        standings.set(name, { failingSince: null, isTold: false });
        return;
      }
      const failingSince = before?.failingSince ?? at;
      const isTold = before?.isTold ?? false;
      const isDue = !isTold && at - failingSince >= tellAfterMs;
      if (isDue) await openProblem(db, shop, { ...entry, detail: { code } }, failingSince);
      standings.set(name, { failingSince, isTold: isTold || isDue });
    },
  };
}
