import type { Instant } from './scalars.ts';

/** When Shopify last changed something, and when it told us; null: unknown. */
export type StateAt = { updatedAt: Instant | null; triggeredAt: Instant | null };

/**
 * Whether a state is older than one handled before: by Shopify's `updated_at`, and if that is equal
 * or missing, by when the webhooks were triggered.
 */
export function isStale(state: StateAt, handled: StateAt): boolean {
  if (state.updatedAt !== null && handled.updatedAt !== null && state.updatedAt !== handled.updatedAt) {
    return state.updatedAt < handled.updatedAt;
  }
  return state.triggeredAt !== null && handled.triggeredAt !== null && state.triggeredAt < handled.triggeredAt;
}
