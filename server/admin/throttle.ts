import type { Instant } from '../domain/scalars.ts';

/**
 * The points that Shopify lets the app spend on one shop, as far as this process knows
 * (https://shopify.dev/docs/api/usage/limits). `restore` points come back per second, up to
 * `maximum`.
 */
export type Bucket = {
  maximum: number;
  restore: number;
  /** Below zero: points are reserved in advance. */
  available: number;
  /** Points reserved by running calls. */
  pending: number;
  at: Instant;
};

/** `extensions.cost` of an answer. */
export type Cost = {
  requested: number;
  throttle: { maximumAvailable: number; currentlyAvailable: number; restoreRate: number };
};

/** The smallest plan's values, until an answer gives the real ones. */
export const newBucket = (now: Instant): Bucket => ({
  maximum: 2000,
  restore: 100,
  available: 2000,
  pending: 0,
  at: now,
});

function refill(bucket: Bucket, now: Instant): Bucket {
  const restored = (Math.max(0, now - bucket.at) / 1000) * bucket.restore;
  return { ...bucket, available: Math.min(bucket.maximum, bucket.available + restored), at: now };
}

/**
 * Reserves the points for a call. Calls run in the order they ask.
 * @returns how long the call has to wait, in milliseconds
 */
export function reserve(bucket: Bucket, points: number, now: Instant): { bucket: Bucket; waitMs: number } {
  const full = refill(bucket, now);
  const needed = Math.min(points, full.maximum);
  const available = full.available - needed;
  return {
    bucket: { ...full, available, pending: full.pending + needed },
    waitMs: available < 0 ? Math.ceil((-available / full.restore) * 1000) : 0,
  };
}

/** A call that costs more than this, in points, leaves room for small ones. */
const LARGE = 100;
/** How much of the bucket it leaves. */
const SPARE = 0.25;

/**
 * How long a large call waits before it reserves its points, in milliseconds: small calls, such as
 * the read of a new customer, must not queue behind the pages of an import.
 */
export function waitForRoom(bucket: Bucket, points: number, now: Instant): number {
  const { maximum, available, restore } = refill(bucket, now);
  const needed = Math.min(points, maximum);
  const room = Math.min(maximum, needed + maximum * SPARE);
  return needed > LARGE && available < room ? Math.ceil(((room - available) / restore) * 1000) : 0;
}

/**
 * Updates the bucket after an answer: uses its numbers, minus what other running calls have
 * reserved.
 */
export function correct(bucket: Bucket, points: number, cost: Cost | null, now: Instant): Bucket {
  const pending = Math.max(0, bucket.pending - Math.min(points, bucket.maximum));
  if (!cost) return { ...refill(bucket, now), pending };
  const { maximumAvailable, currentlyAvailable, restoreRate } = cost.throttle;
  return {
    maximum: Math.max(1, maximumAvailable),
    restore: Math.max(1, restoreRate),
    available: currentlyAvailable - pending,
    pending,
    at: now,
  };
}
