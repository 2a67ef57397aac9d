import type { Shop } from '../../store/shops/shops.ts';
import { type OpenDeps, type OpenedEvents, openReceived } from './open-received.ts';

/** Larger bodies, as stored, would hold up the batch that is being written. */
const SMALL_BYTES = 32 * 1024;

/** The next batch of a shop, opened while the one before is being written. */
export type Ahead = {
  /** Begins to open what comes after this event. */
  begin(after: string, limit: number): void;
  /** What was opened since; null: nothing, or more than `limit` events. */
  take(limit: number): Promise<OpenedEvents | null>;
  /** The batch before was not handled as a whole, so what was opened isn't next. */
  forget(): void;
};

/** @param may another shop's work would fill the time in which this one's batch is being written */
export function openAhead(deps: OpenDeps, shop: Shop, may: () => boolean): Ahead {
  let next: Promise<OpenedEvents | null> | null = null;
  return {
    begin: (after, limit) => {
      if (!may()) return;
      // Whatever fails here, fails again when it is opened in its turn.
      next = openReceived(deps, shop, { limit, after, each: SMALL_BYTES }).catch(() => null);
    },
    take: async (limit) => {
      const opened = await next;
      next = null;
      return opened && opened.events.length > 0 && opened.events.length <= limit ? opened : null;
    },
    forget: () => {
      next = null;
    },
  };
}
