import { DAY } from '../domain/days.ts';
import type { Instant } from '../domain/scalars.ts';
import { visibleText } from '../domain/visible-text.ts';
import { isCalendarDate } from './payload-contract.ts';

/**
 * A birth year before this is a placeholder such as 0001-01-01. So is a day that is still to come,
 * such as 9999-12-31.
 */
const EARLIEST_YEAR = 1900;

const YEAR_FIRST = /^(?<year>\d{4})(?<sign>[-/.])(?<month>\d{1,2})\k<sign>(?<day>\d{1,2})(?:[T ].*)?$/;
const MONTH_FIRST = /^(?<month>\d{2})(?<sign>[-/])(?<day>\d{2})\k<sign>(?<year>\d{4})$/;

/**
 * Converts a birth date (`yyyy-mm-dd`, `mm/dd/yyyy`, `mm-dd-yyyy`, or an ISO date and time) to
 * Ascent360's `mm-dd-yyyy`; null for any other form, and for a date that doesn't exist or is still
 * to come. Where the year comes first, the month follows, whatever the sign between them. Works on
 * the text alone: a time zone would move birthdays by a day.
 */
export function reformatDateOfBirth(found: string, now: Instant): string | null {
  const value = visibleText(found);
  const { year, month = '', day = '' } = (YEAR_FIRST.exec(value) ?? MONTH_FIRST.exec(value))?.groups ?? {};
  // No date at all gives no numbers either, and those are on no calendar.
  if (Number(year) < EARLIEST_YEAR || !isCalendarDate(Number(year), Number(month), Number(day))) return null;
  if (Date.UTC(Number(year), Number(month) - 1, Number(day)) > now + DAY) return null;
  return `${month.padStart(2, '0')}-${day.padStart(2, '0')}-${year}`;
}
