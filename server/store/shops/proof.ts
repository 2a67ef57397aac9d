import type { Instant } from '../../domain/scalars.ts';
import type { Db, Sql } from '../../platform/database/db.ts';
import type { Shop } from './shops.ts';

export const seenAnswers = ['yes', 'no', 'later'] as const;
/** The answer to "Do you see it in Ascent360?". `later`: don't ask again. */
export type SeenAnswer = (typeof seenAnswers)[number];

export type LastChanges = { paused: Instant | null; guid: Instant | null };

/** What shows how the connection to Ascent360 is doing, beside the settings. */
export type ProofStore = {
  /** Ascent360 accepted something under this GUID. Changes nothing when the shop has another one now. */
  noteProof(shop: Shop, guid: string, now: Instant, sql?: Sql): Promise<void>;
  /** The merchant says whether what was accepted can be seen in Ascent360. */
  saveSeen(shop: Shop, answer: SeenAnswer, now: Instant): Promise<void>;
  /** When each of these settings last changed; null: never. */
  lastChanges(shop: Shop): Promise<LastChanges>;
};

/** Of the tables settings and setting_changes. */
export const createProofStore = (db: Db): ProofStore => ({
  noteProof: async (shop, guid, now, sql = db) => {
    await sql.query(
      `UPDATE settings SET proven_since = coalesce(proven_since, $3::timestamptz),
         proven_at = greatest(proven_at, $3::timestamptz) WHERE shop_id = $1 AND guid_last4 = $2`,
      [shop.id, guid.slice(-4), new Date(now).toISOString()],
    );
  },
  saveSeen: async (shop, answer, now) => {
    await db.query('UPDATE settings SET seen = $2, seen_at = $3::timestamptz WHERE shop_id = $1', [
      shop.id,
      answer,
      new Date(now).toISOString(),
    ]);
  },
  lastChanges: async (shop) => {
    const rows = await db.query<{ field: keyof LastChanges; at: Date }>(
      `SELECT field, max(at) AS at FROM setting_changes
       WHERE shop_id = $1 AND field IN ('paused', 'guid') GROUP BY field`,
      [shop.id],
    );
    const at = (field: keyof LastChanges) => rows.find((row) => row.field === field)?.at.getTime() ?? null;
    return { paused: at('paused'), guid: at('guid') };
  },
});
