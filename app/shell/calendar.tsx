import { DatePicker } from '@shopify/polaris';
import { useState } from 'react';
import { dayOf } from '../locale.ts';
import { useFormat } from './shop.tsx';
import './calendar.css';

/** `2026-11-24` as the calendar has it: midnight in the browser's time zone, whatever the shop's. */
const toDate = (day: string): Date => new Date(`${day}T00:00:00`);

const toDay = (date: Date): string =>
  [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0')).join('-');

/** Weeks begin on Sunday in North America and Japan. */
const beginsOnSunday = (locale: string) => /^(?:en$|en-(?:US|CA)|es-MX|fr-CA|ja)/.test(locale);

/**
 * A calendar up to today.
 * @param from the first chosen day, `to` the last; empty: none
 * @param daysBack how many days before today can be chosen; by default all
 */
export function Calendar(props: {
  from: string;
  to: string;
  isRange?: boolean;
  daysBack?: number;
  onChange: (from: string, to: string) => void;
}) {
  const { from, to, isRange = false, daysBack, onChange } = props;
  const { locale, timeZone } = useFormat();
  const today = toDate(dayOf(new Date(), timeZone));
  const [month, setMonth] = useState(() => (to || from ? toDate(to || from) : today));
  const earliest =
    daysBack === undefined ? undefined : new Date(today.getFullYear(), today.getMonth(), today.getDate() - daysBack);
  return (
    <div className="calendar">
      <DatePicker
        month={month.getMonth()}
        year={month.getFullYear()}
        onMonthChange={(index, year) => setMonth(new Date(year, index, 1))}
        allowRange={isRange}
        {...((from || to) && { selected: { start: toDate(from || to), end: toDate(to || from) } })}
        onChange={({ start, end }) => onChange(toDay(start), toDay(end))}
        {...(earliest && { disableDatesBefore: earliest })}
        disableDatesAfter={today}
        weekStartsOn={beginsOnSunday(locale) ? 0 : 1}
      />
    </div>
  );
}
