import { isCalendarDate } from './payload-contract.ts';

/** A birth year before this is a placeholder such as 0001-01-01. */
const EARLIEST_YEAR = 1900;

const YEAR_FIRST = /^(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?$/;
const MONTH_FIRST = /^(\d{2})([-/])(\d{2})\2(\d{4})$/;

/**
 * Converts a birth date (`yyyy-mm-dd`, `mm/dd/yyyy`, `mm-dd-yyyy`, or an ISO date and time) to
 * Ascent360's `mm-dd-yyyy`; null for any other form or a date that doesn't exist. Works on the text
 * alone: a time zone would move birthdays by a day.
 */
export function reformatDateOfBirth(found: string): string | null {
  const value = found.trim();
  const first = YEAR_FIRST.exec(value);
  const second = MONTH_FIRST.exec(value);
  const year = first?.[1] ?? second?.[4];
  const month = first?.[2] ?? second?.[1];
  const day = first?.[3] ?? second?.[3];
  if (year === undefined || month === undefined || day === undefined) return null;
  if (Number(year) < EARLIEST_YEAR || !isCalendarDate(Number(year), Number(month), Number(day))) return null;
  return `${month}-${day}-${year}`;
}
