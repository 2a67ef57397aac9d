import { v7 as uuidv7 } from 'uuid';
import type { Instant } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import { firstIdAt } from '../../platform/database/ids.ts';
import type { Shop } from './shops.ts';

/**
 * One view of personal data: who, what, and the row that was shown. Logged once within `once`
 * milliseconds.
 */
export type Look = { who: string; what: string; about: string | null; once: number };

export async function noteLook(sql: Sql, shop: Shop, { who, what, about, once }: Look, now: Instant): Promise<void> {
  await sql.query(
    `INSERT INTO access_log (id, shop_id, at, who, what, about) SELECT $1::uuid, $2::int, $3::timestamptz, $4::text, $5::text, $6::uuid
     WHERE NOT EXISTS (SELECT 1 FROM access_log WHERE shop_id = $2::int AND id >= $7::uuid AND who = $4::text AND what = $5::text
       AND about IS NOT DISTINCT FROM $6::uuid)`,
    [uuidv7({ msecs: now }), shop.id, new Date(now), who, what, about, firstIdAt(once === 0 ? now + 1 : now - once)],
  );
}
