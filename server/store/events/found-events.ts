import type { Instant } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';
import { insertEvents } from './insert-events.ts';

/** Begins the webhook id of what was found although no webhook was missed: `missed` leaves it out. */
export const NOT_MISSED = 'comparison:';

/** Something Shopify has that no webhook told us, as the body of an event. */
export type Finding = { webhookId: string; topic: string; readAt: Instant; body: string };

/**
 * Stores findings as events, each only once.
 * @returns how many are new
 */
export async function addFindings(sql: Sql, shop: Shop, findings: readonly Finding[], now: Instant): Promise<number> {
  const ids = await insertEvents(
    sql,
    findings.map(({ webhookId, topic, readAt, body }) => ({
      shop,
      source: 'reconciliation',
      webhookId,
      topic,
      triggeredAt: readAt,
      receivedAt: now,
      body,
    })),
  );
  return ids.filter((id) => id !== null).length;
}
