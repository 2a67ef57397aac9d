import type { Settled } from '../../domain/states.ts';
import type { Summary } from '../../domain/translated.ts';
import { type Sql, unnest } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';

/** What is written about an event once it has been looked at. */
export type EventUpdate = {
  id: string;
  /** Null: it has an open delivery. */
  settled: Settled | null;
  /** What the reason's sentence adds for this event, without personal data. */
  detail?: string | null;
  mergedInto?: string | null;
};

/** What translating found out about an event, besides how it goes on. */
export type EventFindings = { summary: Summary | null; search: readonly string[]; entity: string | null };

const stateColumns = (update: EventUpdate) => ({
  id: update.id,
  state: update.settled?.state ?? 'open',
  reason: update.settled?.reason ?? null,
  detail: update.detail ?? null,
  merged_into: update.mergedInto ?? null,
});

/** Writes how events ended, or that they are open. */
export async function settleEvents(sql: Sql, updates: readonly EventUpdate[]): Promise<void> {
  if (updates.length === 0) return;
  const { columns, from, params } = unnest(
    { id: 'uuid', state: 'text', reason: 'text', detail: 'text', merged_into: 'uuid' },
    updates.map(stateColumns),
  );
  await sql.query(
    `UPDATE events SET state = u.state, reason = u.reason, detail = u.detail, merged_into = u.merged_into,
       settled_at = CASE WHEN u.state <> 'open' THEN now() END
     FROM ${from} AS u(${columns}) WHERE events.id = u.id`,
    params,
  );
}

/** The same for events that were just translated, with what was found in them. */
export async function settleTranslated(
  sql: Sql,
  shop: Shop,
  updates: readonly (EventUpdate & EventFindings)[],
): Promise<void> {
  if (updates.length === 0) return;
  const { columns, from, params } = unnest(
    {
      id: 'uuid',
      state: 'text',
      reason: 'text',
      detail: 'text',
      merged_into: 'uuid',
      summary: 'bytea',
      search: 'text',
      entity: 'text',
    },
    updates.map((update) => ({
      ...stateColumns(update),
      summary: update.summary ? shop.vault.sealJson(summaryBinding(update.id), update.summary) : null,
      search: update.search.join(' '),
      entity: update.entity,
    })),
  );
  await sql.query(
    `UPDATE events SET state = u.state, reason = u.reason, detail = u.detail, merged_into = u.merged_into,
       summary = u.summary, search = string_to_array(nullif(u.search, ''), ' '), entity = u.entity,
       settled_at = CASE WHEN u.state <> 'open' THEN now() END
     FROM ${from} AS u(${columns}) WHERE events.id = u.id`,
    params,
  );
}

export const summaryBinding = (eventId: string) => `events.summary:${eventId}`;
export const bodyBinding = (eventId: string) => `events.body:${eventId}`;
