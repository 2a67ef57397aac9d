import { BlockStack, ChoiceList, TextField } from '@shopify/polaris';
import { useEffect, useState } from 'react';
import { dayOf } from '../locale.ts';
import { Calendar } from '../shell/calendar.tsx';
import { useFormat } from '../shell/shop.tsx';
import { textsOf } from '../texts.ts';
import { type Filter, isDay, spans } from './filter.ts';

const t = textsOf('activity.filters');

type Period = Pick<Filter, 'from' | 'to' | 'last'>;

/** The shop's day of a filter's end: a link from the overview names moments. */
const shownDay = (text: string, timeZone: string): string =>
  text === '' || isDay(text) ? text : dayOf(new Date(text), timeZone);

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
  const { timeZone } = useFormat();
  const from = shownDay(period.from, timeZone);
  const to = shownDay(period.to, timeZone);
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
      <Calendar from={from} to={to} isRange onChange={(from, to) => onChange({ from, to, last: '' })} />
    </BlockStack>
  );
}
