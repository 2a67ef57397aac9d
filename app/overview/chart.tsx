import { BlockStack, Button, Card, Collapsible, InlineStack, Link, Text } from '@shopify/polaris';
import { useState } from 'react';
import { CardHead } from '../shell/card-head.tsx';
import { useFormat } from '../shell/shop.tsx';
import { textsOf } from '../texts.ts';
import './chart.css';
import { figures } from './figures.tsx';
import type { Overview } from './overview-query.ts';

const t = textsOf('overview');

type Day = Overview['daily'][number];

/** Lengths in CSS pixels; the widths of days are fractions of the whole. */
const HEIGHT = 140;
const TOP = 16;
const BASE = TOP + HEIGHT;
const LABELS = 24;
const LOWEST_CEILING = 4;
/** The smallest height for a value above zero. */
const LEAST = 2;
/** Every fourth day has its date below it, including today: more would overlap at 320 pixels. */
const hasLabel = (index: number, days: number) => (days - 1 - index) % 4 === 0;

/** From the bottom up. Each part has its own pattern as well as a colour. */
const parts = [
  { name: 'figures.states.accepted', className: 'chart-accepted', of: (day: Day) => day.accepted },
  { name: 'chart.skipped', className: 'chart-skipped', of: (day: Day) => day.skipped + day.merged },
  { name: 'figures.states.waiting', className: 'chart-waiting', of: (day: Day) => day.waiting },
  { name: 'figures.states.attention', className: 'chart-attention', of: (day: Day) => day.attention },
] as const;

/** A round number at or above the highest day, for the top line; half of it is a whole number. */
function ceilingOf(highest: number): number {
  const most = Math.max(highest, LOWEST_CEILING);
  const step = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 3, 4, 6, 8, 10].map((factor) => factor * step).find((round) => round >= most) ?? most;
}

function Patterns() {
  return (
    <defs>
      <pattern id="chart-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect className="chart-skipped-ground" width="6" height="6" />
        <rect className="chart-skipped-line" width="2" height="6" />
      </pattern>
      <pattern id="chart-dots" width="6" height="6" patternUnits="userSpaceOnUse">
        <rect className="chart-waiting-ground" width="6" height="6" />
        <circle className="chart-waiting-dot" cx="3" cy="3" r="1.5" />
      </pattern>
    </defs>
  );
}

function Column({ day, index, days, ceiling }: { day: Day; index: number; days: number; ceiling: number }) {
  const format = useFormat();
  let y = BASE;
  return (
    <g>
      <title>{t('chart.tip', { day: format.day(day.date), received: day.received })}</title>
      {parts.map(({ className, of }) => {
        const count = of(day);
        const height = count > 0 ? Math.max((count / ceiling) * HEIGHT, LEAST) : 0;
        y -= height;
        return height > 0 ? (
          <rect
            key={className}
            className={className}
            x={`${((index + 0.18) / days) * 100}%`}
            width={`${64 / days}%`}
            y={y}
            height={height}
          />
        ) : null;
      })}
      {hasLabel(index, days) && (
        <text
          className="chart-label"
          x={`${((index + (index === days - 1 ? 1 : 0.5)) / days) * 100}%`}
          y={BASE}
          dy="1.4em"
          textAnchor={index === days - 1 ? 'end' : 'middle'}
        >
          {format.day(day.date)}
        </text>
      )}
    </g>
  );
}

type Queries = Overview['queries']['daily'];

function Table({ daily, queries }: { daily: readonly Day[]; queries: Queries }) {
  const format = useFormat();
  return (
    <div className="chart-table">
      <table>
        <thead>
          <tr>
            {[t('chart.day'), ...figures.map((figure) => t(`figures.states.${figure}`))].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {daily.map((day, index) => (
            <tr key={day.date}>
              <th scope="row">{format.day(day.date)}</th>
              {figures.map((figure) => (
                <td key={figure}>
                  {day[figure] > 0 ? (
                    <Link url={`/activity?${queries[index]?.[figure] ?? ''}`} monochrome>
                      {format.number(day[figure])}
                    </Link>
                  ) : (
                    format.number(0)
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/**
 * Events of the last 14 days in the shop's calendar, by how they ended: as bars, and as a table.
 */
export function Chart({ daily, queries }: { daily: readonly Day[]; queries: Queries }) {
  const format = useFormat();
  const [open, setOpen] = useState(false);
  const ceiling = ceilingOf(Math.max(...daily.map(({ received }) => received)));
  const lines = [ceiling, ceiling / 2, 0];
  const yOf = (value: number) => BASE - (value / ceiling) * HEIGHT;
  const received = daily.reduce((sum, day) => sum + day.received, 0);
  const [first, last] = [daily[0]?.date ?? '', daily.at(-1)?.date ?? ''];
  if (received === 0) return null;
  return (
    <Card>
      <BlockStack gap="300">
        <CardHead title={t('chart.title')} />
        <div className="chart-frame">
          <svg
            className="chart-scale"
            height={BASE + LABELS}
            aria-hidden="true"
            style={{ width: `${0.75 + 0.5 * format.number(ceiling).length}rem` }}
          >
            {lines.map((value) => (
              <text key={value} className="chart-label" x="100%" y={yOf(value)} dy="0.33em" textAnchor="end">
                {format.number(value)}
              </text>
            ))}
          </svg>
          <svg
            className="chart"
            width="100%"
            height={BASE + LABELS}
            role="img"
            aria-label={t('chart.summary', { received, first: format.day(first), last: format.day(last) })}
          >
            <Patterns />
            {lines.map((value) => (
              <line key={value} className="chart-grid" x1="0" x2="100%" y1={yOf(value)} y2={yOf(value)} />
            ))}
            {daily.map((day, index) => (
              <Column key={day.date} day={day} index={index} days={daily.length} ceiling={ceiling} />
            ))}
            <line className="chart-base" x1="0" x2="100%" y1={BASE} y2={BASE} />
          </svg>
        </div>
        <InlineStack gap="400">
          {parts.map(({ name, className }) => (
            <InlineStack key={className} gap="150" blockAlign="center">
              <svg width="14" height="14" aria-hidden="true">
                <rect className={className} width="14" height="14" />
              </svg>
              <Text as="span" variant="bodySm">
                {t(name)}
              </Text>
            </InlineStack>
          ))}
        </InlineStack>
        <div>
          <Button
            variant="plain"
            disclosure={open ? 'up' : 'down'}
            onClick={() => setOpen(!open)}
            ariaExpanded={open}
            ariaControls="chart-table"
          >
            {open ? t('chart.hide') : t('chart.show')}
          </Button>
        </div>
        <Collapsible id="chart-table" open={open}>
          <Table daily={daily} queries={queries} />
        </Collapsible>
      </BlockStack>
    </Card>
  );
}
