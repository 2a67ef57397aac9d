import { z } from 'zod';
import type { Instant } from '../domain/scalars.ts';

const moment = z.iso.datetime({ offset: true });

/**
 * A date as Shopify writes it, if it is ISO 8601 with an offset and exists in the calendar; a space for the `T`, as old
 * bodies have it, becomes a `T`. Undefined otherwise: without an offset it would mean something else on every server.
 */
export function readMoment(text: string): string | undefined {
  const written = text.trim().replace(/^(\d{4}-\d{2}-\d{2}) (?=\d)/, '$1T');
  return moment.safeParse(written).success ? written : undefined;
}

/** The instant of such a date; undefined when it is missing or unreadable. */
export function readInstant(text: string | undefined): Instant | undefined {
  const written = text === undefined ? undefined : readMoment(text);
  if (written === undefined) return undefined;
  const instant = Date.parse(written);
  return Number.isNaN(instant) ? undefined : instant;
}

/** When somebody chose: the earlier of the choice's own date and the event's; the event's when it has none. */
export function readChosenAt(ownDate: string | undefined, triggeredAt: Instant): Instant {
  return Math.min(readInstant(ownDate) ?? triggeredAt, triggeredAt);
}
