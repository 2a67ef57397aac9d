import type { Sql } from '../../platform/database/db.ts';

/**
 * Records that webhooks can be received. After a gap of more than 10 minutes, every shop is
 * compared with Shopify 3 minutes later, when Shopify's own retries have arrived, or as soon as the
 * comparison that is due has ended, which may have begun before.
 */
export async function beat(sql: Sql): Promise<void> {
  await sql.query(
    `WITH before AS (SELECT at FROM heartbeats WHERE part = 'web'),
     beat AS (
       INSERT INTO heartbeats (part, at) VALUES ('web', now()) ON CONFLICT (part) DO UPDATE SET at = excluded.at)
     UPDATE reconciliations SET due_at = least(greatest(due_at, now()), now() + interval '3 minutes')
     WHERE (SELECT at FROM before) < now() - interval '10 minutes'`,
  );
}
