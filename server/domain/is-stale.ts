import type { Instant } from './scalars.ts';

/** How far Shopify had changed something, and when it said so; null: not known. */
export type StateAt = { updatedAt: Instant | null; triggeredAt: Instant | null };

/**
 * Whether a state is older than one that was handled before: by Shopify's `updated_at`, and where that is equal or missing by
 * when the webhooks were triggered.
 */
export function isStale(state: StateAt, handled: StateAt): boolean {
  if (state.updatedAt !== null && handled.updatedAt !== null && state.updatedAt !== handled.updatedAt) {
    return state.updatedAt < handled.updatedAt;
  }
  return state.triggeredAt !== null && handled.triggeredAt !== null && state.triggeredAt < handled.triggeredAt;
}
