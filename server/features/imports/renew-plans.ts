import type { Sql } from '../../platform/database/db.ts';

/**
 * The first refresh is after this many records, then each time the number grows by the same factor.
 */
const FIRST = 200;
const TIMES = 4;

const step = (fed: number) => (fed < FIRST ? -1 : Math.floor(Math.log(fed / FIRST) / Math.log(TIMES)));

/** Whether the tables grew so much that PostgreSQL's size statistics are misleading. */
export const grewMuch = (before: number, after: number): boolean => step(after) > step(before);

/**
 * Runs ANALYZE on the tables that an import fills: a statement planned while they were empty reads
 * all of a shop's rows for each of its own. PostgreSQL's autoanalyze runs once a minute; the
 * embedded database has none.
 */
export async function renewPlans(sql: Sql): Promise<void> {
  await sql.query(
    'ANALYZE events, deliveries, attempts, people, addresses, consent_facts, consent_decisions, told, entity_states',
  );
}
