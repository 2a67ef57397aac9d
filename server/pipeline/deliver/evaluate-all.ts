import type { Instant } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import type { ClaimedDelivery } from '../../store/deliveries/deliveries.ts';
import type { Installation } from '../../store/shops/installation.ts';
import type { StoredSettings } from '../../store/shops/settings.ts';
import type { Shop } from '../../store/shops/shops.ts';
import { loadContext } from './context.ts';
import { type Evaluated, evaluate } from './evaluate.ts';

/** What these deliveries would send now, in their order. */
export async function evaluateAll(
  { sql, shop, life, stored }: { sql: Sql; shop: Shop; life: Installation; stored: StoredSettings },
  deliveries: readonly ClaimedDelivery[],
  now: Instant,
): Promise<Evaluated[]> {
  const found = await loadContext(sql, shop, stored, deliveries);
  return deliveries.map((delivery) => evaluate({ shop, stored, life, found, now }, delivery));
}
