import { z } from 'zod';
import type { Instant } from '../../domain/scalars.ts';

const moment = z.iso.datetime({ offset: true });
/** The instants whose year in UTC has four digits and is not 0, which the calendar and PostgreSQL do not have. */
const FIRST = Date.parse('0001-01-01T00:00:00Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * A date as Shopify writes it, if it is ISO 8601 with an offset and exists in the calendar; a space for the `T`, as old
 * bodies have it, becomes a `T`. Undefined otherwise: without an offset it would mean something else on every server.
 */
export function readMoment(text: string): string | undefined {
  const written = text.trim().replace(/^(\d{4}-\d{2}-\d{2}) (?=\d)/, '$1T');
  if (!moment.safeParse(written).success) return undefined;
  const instant = Date.parse(written);
  return instant >= FIRST && instant <= LAST ? written : undefined;
}

/** The instant of such a date; undefined when it is missing or unreadable. */
export function readInstant(text: string | undefined): Instant | undefined {
  const written = text === undefined ? undefined : readMoment(text);
  return written === undefined ? undefined : Date.parse(written);
}

/** A date as a body gives it. One that is there but can't be read is not the same as none. */
export type WrittenDate = Instant | 'none' | 'unreadable';

/** Anything a body may have where a date belongs. Empty is none. */
export function readWrittenDate(value: unknown): WrittenDate {
  if (value === undefined || value === null || (typeof value === 'string' && value.trim() === '')) return 'none';
  return (typeof value === 'string' ? readInstant(value) : undefined) ?? 'unreadable';
}

/**
 * When somebody chose, as an event tells: the earlier of the choice's own date and the event's; null: undated, as its date cannot
 * be read. Without a date an opt-in is undated too, and `heardAt` says when the event was triggered, which is not signed; anything
 * else counts from then.
 */
export function readChosenAt(
  own: WrittenDate,
  triggeredAt: Instant,
  isOptIn: boolean,
): { chosenAt: Instant | null; heardAt?: Instant } {
  if (own === 'unreadable') return { chosenAt: null };
  if (own !== 'none') return { chosenAt: Math.min(own, triggeredAt) };
  return isOptIn ? { chosenAt: null, heardAt: triggeredAt } : { chosenAt: triggeredAt };
}
