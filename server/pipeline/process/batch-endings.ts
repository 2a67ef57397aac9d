import type { Sql } from '../../platform/database/db.ts';
import { type EventFindings, type EventUpdate, settleEvents, settleTranslated } from '../../store/events/events.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { Batch, Outcome } from './batch.ts';

export type BatchEndings = Pick<Batch, 'settle'> & {
  /** Settles an event and keeps nothing of what it said. */
  settleBlank(eventId: string, outcome: Outcome): void;
  /** Ends an event, of this batch or earlier, whose delivery gives way to a newer one. */
  end(eventId: string, outcome: Outcome): void;
  save(sql: Sql, shop: Shop): Promise<unknown>;
};

/** How a batch ends its own events, and earlier ones that they replace. */
export function batchEndings(): BatchEndings {
  const own = new Map<string, EventUpdate & EventFindings>();
  const earlier: EventUpdate[] = [];
  return {
    settle: (event, outcome, search, entity) => {
      own.set(event.id, { id: event.id, ...outcome, summary: event.summary, search, entity });
    },
    settleBlank: (id, outcome) => {
      own.set(id, { id, ...outcome, summary: null, search: [], entity: null });
    },
    end: (id, outcome) => {
      const sameBatch = own.get(id);
      if (sameBatch) own.set(id, { ...sameBatch, ...outcome });
      else earlier.push({ id, ...outcome });
    },
    save: async (sql, shop) =>
      await Promise.all([settleEvents(sql, earlier), settleTranslated(sql, shop, [...own.values()])]),
  };
}
