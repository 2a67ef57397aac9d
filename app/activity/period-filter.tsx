import { BlockStack, ChoiceList, DatePicker, TextField } from '@shopify/polaris';
import { useEffect, useState } from 'react';
import { useFormat } from '../shell/shop.tsx';
import { textsOf } from '../texts.ts';
import { type Filter, isDay, spans } from './filter.ts';
import './activity.css';

const t = textsOf('activity.filters');

type Period = Pick<Filter, 'from' | 'to' | 'last'>;

/** `2026-11-24` as the calendar has it: midnight in the browser's time zone, whatever the shop's. */
const toDate = (day: string): Date => new Date(`${day}T00:00:00`);

const toDay = (date: Date): string =>
  [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0')).join('-');

/** The shop's day of a filter's end: a link from the overview names moments. */
function dayOf(text: string, timeZone: string): string {
  if (text === '' || isDay(text)) return text;
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(new Date(text));
}

/** Weeks begin on Sunday in North America and Japan. */
const beginsOnSunday = (locale: string) => /^(?:en$|en-(?:US|CA)|es-MX|fr-CA|ja)/.test(locale);

/** A year that is still being typed, as 0002 or 0202, is no filter yet. */
const isTyped = (day: string) => day === '' || day >= '1970-01-01';

function DayField(props: { label: string; day: string; min?: string; max?: string; onChange: (day: string) => void }) {
  const { label, day, min, max, onChange } = props;
  const [typed, setTyped] = useState(day);
  useEffect(() => setTyped(day), [day]);
  return (
    <TextField
      label={label}
      type="date"
      value={typed}
      onChange={(next) => {
        setTyped(next);
        if (isTyped(next)) onChange(next);
      }}
      autoComplete="off"
      {...(min && { min })}
      {...(max && { max })}
    />
  );
}

/** A time up to now, or from and to as days: typed, or chosen in a calendar. */
export function PeriodFilter({ period, onChange }: { period: Period; onChange: (changed: Partial<Period>) => void }) {
  const { locale, timeZone } = useFormat();
  const from = dayOf(period.from, timeZone);
  const to = dayOf(period.to, timeZone);
  const today = toDate(dayOf(new Date().toISOString(), timeZone));
  const [month, setMonth] = useState(() => (to || from ? toDate(to || from) : today));
  return (
    <BlockStack gap="300">
      <ChoiceList
        title={t('period')}
        titleHidden
        choices={spans.map((value) => ({ value, label: t(`last.${value}`) }))}
        selected={[period.last]}
        onChange={([last = '']) => onChange({ from: '', to: '', last })}
      />
      <DayField label={t('from')} day={from} max={to} onChange={(day) => onChange({ from: day, last: '' })} />
      <DayField label={t('to')} day={to} min={from} onChange={(day) => onChange({ to: day, last: '' })} />
      <div className="calendar">
        <DatePicker
          month={month.getMonth()}
          year={month.getFullYear()}
          onMonthChange={(index, year) => setMonth(new Date(year, index, 1))}
          allowRange
          {...((from || to) && { selected: { start: toDate(from || to), end: toDate(to || from) } })}
          onChange={(range) => onChange({ from: toDay(range.start), to: toDay(range.end), last: '' })}
          disableDatesAfter={today}
          weekStartsOn={beginsOnSunday(locale) ? 0 : 1}
        />
      </div>
    </BlockStack>
  );
}
