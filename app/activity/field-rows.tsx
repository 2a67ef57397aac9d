import { Box, Button, Text } from '@shopify/polaris';
import { useState } from 'react';
import type { FieldReason } from '../../server/domain/states.ts';
import type { Format } from '../locale.ts';
import { useFormat } from '../shell/shop.tsx';
import { say, textsOf } from '../texts.ts';
import type { Origin } from './places.ts';
import { knownTopic } from './state-badge.tsx';

const t = textsOf('activity.event.compare');

/** A key of the record, whether it was sent or left out, and where its value came from. */
export type RecordField = { field: FieldReason; value: unknown; isSent: boolean; origin: Origin };

/** Where a value comes from, in words, if the message doesn't hold it. */
const elsewhere = (from: string): string => {
  const topic = knownTopic(from.split(' ')[0] ?? '');
  const place = from
    .replaceAll(/\W+/g, '_')
    .replace(/^(tag|metafield)_.*/, '$1')
    .replace(/_$/, '');
  return topic !== null ? t('fromTopic', { topic }) : t('elsewhere', { place, from });
};

/**
 * Why the key is included or not, and in words where its value comes from if no line of the message
 * can show it.
 */
function whyOf({ text }: FieldReason, origin: Origin, format: Format): string {
  if (origin.kind !== 'elsewhere') return say(text, format);
  const place = elsewhere(origin.from);
  const namesPlaceOnly = text.code === 'field.from' || text.code === 'field.mapped';
  return namesPlaceOnly && !text.next ? place : [say(text, format), place].join(' ');
}

const written = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));

/** The key that is looked at, with the mouse, by focus, or kept by a click. */
export function useChosenKey() {
  const [hovered, setHovered] = useState<string | null>(null);
  const [focused, setFocused] = useState<string | null>(null);
  const [pinned, setPinned] = useState<string | null>(null);
  const pin = (key: string) => setPinned((before) => (before === key ? null : key));
  return { chosen: hovered ?? focused ?? pinned, setHovered, setFocused, pin };
}

type Choice = ReturnType<typeof useChosenKey>;

function FieldRow({ row, choice }: { row: RecordField; choice: Choice }) {
  const format = useFormat();
  const { field, value, isSent, origin } = row;
  const isChosen = choice.chosen === field.key;
  return (
    <li>
      <button
        type="button"
        className={`field-row${isChosen ? ' is-chosen' : ''}`}
        aria-pressed={isChosen}
        onMouseMove={(event) => {
          // A page scrolling under a resting mouse is no choice.
          if (event.movementX !== 0 || event.movementY !== 0) choice.setHovered(field.key);
        }}
        onMouseLeave={() => choice.setHovered(null)}
        onFocus={() => choice.setFocused(field.key)}
        onBlur={() => choice.setFocused(null)}
        onClick={() => choice.pin(field.key)}
      >
        <Text as="span" fontWeight={isSent ? 'semibold' : 'regular'}>
          {field.key}
        </Text>
        {isSent && (
          <span className="visually-plain" style={{ fontFamily: 'var(--p-font-family-mono)', fontSize: '0.75rem' }}>
            {written(value)}
          </span>
        )}
        <span className="why">
          <Text as="span" tone="subdued" variant="bodySm">
            {whyOf(field, origin, format)}
          </Text>
        </span>
      </button>
    </li>
  );
}

/** Each key of the record and why; those left out are shown on demand if others were sent. */
export function FieldRows({ rows, choice }: { rows: readonly RecordField[]; choice: Choice }) {
  const [showLeftOut, setShowLeftOut] = useState(!rows.some(({ isSent }) => isSent));
  const leftOut = rows.filter(({ isSent }) => !isSent);
  const rowOf = (row: RecordField) => <FieldRow key={row.field.key} row={row} choice={choice} />;
  return (
    <Box borderColor="border-secondary" borderWidth="025" borderRadius="200" overflowX="hidden" overflowY="hidden">
      <ul className="plain-list">{rows.filter(({ isSent }) => isSent).map(rowOf)}</ul>
      {leftOut.length > 0 && (
        <Box padding="300">
          <Button
            variant="plain"
            disclosure={showLeftOut ? 'up' : 'down'}
            ariaExpanded={showLeftOut}
            ariaControls="left-out"
            onClick={() => setShowLeftOut(!showLeftOut)}
          >
            {t('leftOut', { count: leftOut.length })}
          </Button>
        </Box>
      )}
      <ul className="plain-list" id="left-out" hidden={!showLeftOut}>
        {leftOut.map(rowOf)}
      </ul>
    </Box>
  );
}
