import { v7 as uuidv7 } from 'uuid';
import type { Instant } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import { firstIdAt } from '../../platform/database/ids.ts';
import type { Shop } from './shops.ts';

/**
 * One view of personal data: who, what, and the row that was shown. Logged once within `once`
 * milliseconds.
 */
type Look = { who: string; what: string; about: { id: string; isPerson: boolean } | null; once: number };

/** A person who was erased isn't named again by a page that is still open: see forgetLooksAt. */
export async function noteLook(sql: Sql, shop: Shop, { who, what, about, once }: Look, now: Instant): Promise<void> {
  const since = firstIdAt(once === 0 ? now + 1 : now - once);
  await sql.query(
    `WITH person AS (SELECT id FROM people WHERE shop_id = $2::int AND id = $6::uuid AND $8::boolean FOR KEY SHARE),
       shown AS (SELECT CASE WHEN $8::boolean THEN (SELECT id FROM person) ELSE $6::uuid END AS about)
     INSERT INTO access_log (id, shop_id, at, who, what, about)
     SELECT $1::uuid, $2::int, $3::timestamptz, $4::text, $5::text, shown.about FROM shown
     WHERE NOT EXISTS (SELECT 1 FROM access_log l WHERE l.shop_id = $2::int AND l.id >= $7::uuid AND l.who = $4::text
       AND l.what = $5::text AND l.about IS NOT DISTINCT FROM shown.about)`,
    [uuidv7({ msecs: now }), shop.id, new Date(now), who, what, about?.id ?? null, since, about?.isPerson ?? false],
  );
}

/**
 * That somebody looked stays, but not at whom: the id of a person's row is their hash key in the
 * audit log. Must run after their rows were deleted, so that no look of this moment is missed.
 */
export async function forgetLooksAt(sql: Sql, shop: Shop, people: readonly string[]): Promise<void> {
  await sql.query('UPDATE access_log SET about = NULL WHERE shop_id = $1 AND about = ANY($2::uuid[])', [
    shop.id,
    people,
  ]);
}
