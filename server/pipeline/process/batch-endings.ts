import type { Sql } from '../../platform/database/db.ts';
import {
  type EventFindings,
  type EventUpdate,
  eraseBodies,
  settleEvents,
  settleTranslated,
} from '../../store/events/events.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { Batch, Outcome } from './batch.ts';

export type BatchEndings = Pick<Batch, 'settle' | 'erase'> & {
  /** Ends an event, of this batch or earlier, whose delivery gives way to a newer one. */
  end(eventId: string, outcome: Outcome): void;
  save(sql: Sql, shop: Shop): Promise<unknown>;
};

/** How a batch ends its own events, and earlier ones that they replace. */
export function batchEndings(): BatchEndings {
  const own = new Map<string, EventUpdate & EventFindings>();
  const earlier: EventUpdate[] = [];
  const erased: string[] = [];
  return {
    settle: (event, outcome, search, entity) => {
      own.set(event.id, { id: event.id, ...outcome, summary: event.summary, search, entity });
    },
    erase: ({ id }, outcome) => {
      own.set(id, { id, ...outcome, summary: null, search: [], entity: null });
      erased.push(id);
    },
    end: (id, outcome) => {
      const sameBatch = own.get(id);
      if (sameBatch) own.set(id, { ...sameBatch, ...outcome });
      else earlier.push({ id, ...outcome });
    },
    save: async (sql, shop) =>
      await Promise.all([
        settleEvents(sql, earlier),
        settleTranslated(sql, shop, [...own.values()]),
        eraseBodies(sql, erased),
      ]),
  };
}
