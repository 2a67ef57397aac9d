import type { Sql } from '../../platform/database/db.ts';
import { lockFacts, type Shop, saveFacts } from '../shops/shops.ts';
import type { PersonTraces } from './find-traces.ts';
import { namesPerson } from './unsearchable-events.ts';

/**
 * Deletes the saved views that show these people's events, or name one of them in their own name.
 */
export async function forgetViews(sql: Sql, shop: Shop, { people, names }: PersonTraces): Promise<void> {
  const ids = new Set(people.map(({ id }) => id));
  const facts = await lockFacts(sql, shop);
  const views = facts.views?.filter(
    ({ name, filter }) => !ids.has(filter['person'] ?? '') && !namesPerson(name, names),
  );
  if (views && views.length < (facts.views?.length ?? 0)) await saveFacts(sql, shop, { ...facts, views });
}
