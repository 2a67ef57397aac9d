import { z } from 'zod';
import type { Instant } from '../../domain/scalars.ts';

const moment = z.iso.datetime({ offset: true });
/**
 * Times whose UTC year has four digits and is not 0: the calendar and PostgreSQL have no year 0.
 */
const FIRST = Date.parse('0001-01-01T00:00:00Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * What ISO 8601 allows besides the form that Shopify writes: no seconds, a comma before their
 * fraction, an offset without its colon or minutes. Old bodies have a space where the `T` belongs.
 */
const SPELLING = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d+))?)?(?:Z|([+-]\d\d)(?::?(\d\d))?)$/;

function inOneSpelling(text: string): string {
  const [, day, minute, second = '00', fraction, hours, minutes = '00'] = SPELLING.exec(text) ?? [];
  if (day === undefined) return text;
  const offset = hours === undefined ? 'Z' : `${hours}:${minutes}`;
  return `${day}T${minute}:${second}${fraction === undefined ? '' : `.${fraction}`}${offset}`;
}

/**
 * A date from Shopify, if it is ISO 8601 with an offset and exists in the calendar, in the form that
 * Shopify writes. Otherwise undefined: without an offset it would mean something else on every
 * server.
 */
export function readMoment(text: string): string | undefined {
  const written = inOneSpelling(text.trim());
  if (!moment.safeParse(written).success) return undefined;
  const instant = Date.parse(written);
  return instant >= FIRST && instant <= LAST ? written : undefined;
}

/** The instant of such a date; undefined if it is missing or unreadable. */
export function readInstant(text: string | undefined): Instant | undefined {
  const written = text === undefined ? undefined : readMoment(text);
  return written === undefined ? undefined : Date.parse(written);
}

/** A date from a body. An unreadable date is not the same as none. */
export type WrittenDate = Instant | 'none' | 'unreadable';

/** Reads any value found where a date belongs. An empty one is none. */
export function readWrittenDate(value: unknown): WrittenDate {
  if (value === undefined || value === null || (typeof value === 'string' && value.trim() === '')) return 'none';
  return (typeof value === 'string' ? readInstant(value) : undefined) ?? 'unreadable';
}

/**
 * When the person chose, according to an event: the earlier of the choice's own date and the
 * event's; null (undated) if its date can't be read. An opt-in without a date is undated too, and
 * `heardAt` says when the event was triggered, which is not signed; any other choice without a date
 * counts from then.
 */
export function readChosenAt(
  own: WrittenDate,
  { triggeredAt, latest = triggeredAt }: { triggeredAt: Instant; latest?: Instant },
  isOptIn: boolean,
): { chosenAt: Instant | null; heardAt?: Instant } {
  if (own === 'unreadable') return { chosenAt: null };
  if (own !== 'none') return { chosenAt: Math.min(own, latest) };
  return isOptIn ? { chosenAt: null, heardAt: triggeredAt } : { chosenAt: latest };
}
