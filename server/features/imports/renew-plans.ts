import type { Sql } from '../../platform/database/db.ts';

/** From so many records on, and again each time there are so many times as many. */
const FIRST = 200;
const TIMES = 4;

const step = (fed: number) => (fed < FIRST ? -1 : Math.floor(Math.log(fed / FIRST) / Math.log(TIMES)));

/** Whether the tables grew by so much meanwhile that what PostgreSQL knows about their sizes misleads it. */
export const grewMuch = (before: number, after: number): boolean => step(after) > step(before);

/**
 * Has PostgreSQL count the tables that an import fills: statements planned while they were empty read all of a shop's rows
 * for each of their own. Its own analyzing comes once a minute, the embedded one's never.
 */
export async function renewPlans(sql: Sql): Promise<void> {
  await sql.query(
    'ANALYZE events, deliveries, attempts, people, addresses, consent_facts, consent_decisions, told, entity_states',
  );
}
