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

/** When somebody chose: the earlier of the choice's own date and the event's; the event's when it has none. */
export function readChosenAt(ownDate: string | undefined, triggeredAt: Instant): Instant {
  return Math.min(readInstant(ownDate) ?? triggeredAt, triggeredAt);
}
