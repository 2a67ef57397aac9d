import type { Sql } from '../../platform/database/db.ts';
import { type EventFindings, type EventUpdate, settleEvents, settleTranslated } from '../../store/events/events.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { Batch, Outcome } from './batch.ts';

export type BatchEndings = Pick<Batch, 'settle'> & {
  /** Without a trace of what it said. */
  settleBlank(eventId: string, outcome: Outcome): void;
  /** An event of this batch, or an earlier one, whose delivery gives way. */
  end(eventId: string, outcome: Outcome): void;
  save(sql: Sql, shop: Shop): Promise<unknown>;
};

/** How a batch ends its own events, and those whose place they take. */
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
