import { isTimeZone } from '../server/domain/days.ts';

/** Numbers, dates and times in the merchant's language and the shop's time zone. */
export type Format = {
  locale: string;
  timeZone: string;
  /** `3 May 2026` */
  date(iso: string): string;
  /** `3 May 2026, 14:05` */
  moment(iso: string): string;
  /** `14:05` */
  time(iso: string): string;
  /** A local day, `YYYY-MM-DD`, as `3 May`. */
  day(date: string): string;
  /** The same with its year: `3 May 2026`. */
  wholeDay(date: string): string;
  /** `5 minutes ago`; the date and time if it is longer ago than a week. */
  since(iso: string, now: number): string;
  /** `1,234` */
  number(value: number): string;
  /** Seconds as `2 hours 5 minutes`, with at most two parts. */
  duration(seconds: number): string;
  /** `a, b and c` */
  list(parts: readonly string[]): string;
};

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const units = [
  ['day', DAY],
  ['hour', HOUR],
  ['minute', MINUTE],
  ['second', 1],
] as const;

/** The day of a moment in the shop's time zone, as `2026-11-24`. */
export const dayOf = (moment: Date, timeZone: string): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(moment);

/** The zone, or the browser's own if it doesn't know this name: an older browser lacks the newest. */
function zoneHere(timeZone: string): string {
  return isTimeZone(timeZone) ? timeZone : new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** @param shopZone an IANA name that the server knows */
export function createFormat(locale: string, shopZone: string): Format {
  const timeZone = zoneHere(shopZone);
  const dates = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: 'medium' });
  const moments = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: 'medium', timeStyle: 'short' });
  const times = new Intl.DateTimeFormat(locale, { timeZone, timeStyle: 'short' });
  const days = new Intl.DateTimeFormat(locale, { timeZone: 'UTC', day: 'numeric', month: 'short' });
  const wholeDays = new Intl.DateTimeFormat(locale, { timeZone: 'UTC', dateStyle: 'medium' });
  const numbers = new Intl.NumberFormat(locale);
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const lists = new Intl.ListFormat(locale, { type: 'conjunction' });
  const measures = new Intl.ListFormat(locale, { type: 'unit', style: 'narrow' });
  const unit = (value: number, name: string) =>
    new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'long' }).format(value);
  const moment = (iso: string) => moments.format(new Date(iso));
  const dayNumber = (at: number) => Date.parse(dayOf(new Date(at), timeZone)) / (1000 * DAY);
  return {
    locale,
    timeZone,
    date: (iso) => dates.format(new Date(iso)),
    moment,
    time: (iso) => times.format(new Date(iso)),
    day: (date) => days.format(new Date(`${date}T00:00:00Z`)),
    wholeDay: (date) => wholeDays.format(new Date(`${date}T00:00:00Z`)),
    since: (iso, now) => {
      const seconds = Math.max(0, Math.round((now - Date.parse(iso)) / 1000));
      if (seconds > 7 * DAY) return moment(iso);
      const [name, size] = units.find(([, size]) => seconds >= size) ?? units[3];
      // Yesterday is a day of the calendar: 47 hours ago may be the day before.
      const passed = name === 'day' ? dayNumber(now) - dayNumber(Date.parse(iso)) : Math.floor(seconds / size);
      return relative.format(-passed, name);
    },
    number: (value) => numbers.format(value),
    duration: (seconds) => {
      const first = units.findIndex(([, size]) => seconds >= size);
      if (first === -1) return unit(0, 'second');
      let rest = Math.round(seconds);
      const parts: string[] = [];
      for (const [name, size] of units.slice(first, first + 2)) {
        const count = Math.floor(rest / size);
        rest -= count * size;
        if (count > 0) parts.push(unit(count, name));
      }
      return measures.format(parts);
    },
    list: (parts) => lists.format(parts),
  };
}

/**
 * From when to when something happened, for a text: `span` is `moment` where both are the same to the
 * minute, as the first attempts of an outage are.
 */
export function between(since: string, at: string, format: Format) {
  const [from, to] = [format.moment(since), format.moment(at)];
  return { from, to, span: from === to ? 'moment' : 'time' };
}
