import type { Sql } from '../../platform/database/db.ts';
import { lockFacts, type Shop, saveFacts } from '../shops/shops.ts';
import type { PersonTraces } from './find-traces.ts';
import { namesPerson } from './unsearchable-events.ts';

/** Deletes the saved views of these people's events, and those whose name names them. */
export async function forgetViews(sql: Sql, shop: Shop, { people, names }: PersonTraces): Promise<void> {
  const ids = new Set(people.map(({ id }) => id));
  const facts = await lockFacts(sql, shop);
  const views = facts.views?.filter(
    ({ name, filter }) => !ids.has(filter['person'] ?? '') && !namesPerson(name, names),
  );
  if (views && views.length < (facts.views?.length ?? 0)) await saveFacts(sql, shop, { ...facts, views });
}
