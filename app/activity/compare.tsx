import { Banner, BlockStack, Box, Button, Card, InlineStack, Text } from '@shopify/polaris';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { FieldReason } from '../../server/domain/states.ts';
import type { ActivityDetail } from '../../server/features/activity/api.ts';
import type { Format } from '../locale.ts';
import { copyText } from '../shell/copy-text.ts';
import { useFormat } from '../shell/shop.tsx';
import { say, textAt, textsOf } from '../texts.ts';
import { type JsonLine, jsonLines } from './json-lines.ts';
import { isRecord, isSource, type Origin, originOf, saidByShopify } from './places.ts';
import { topicName } from './state-badge.tsx';

const t = textsOf('activity.event.compare');

/** At most this many lines of a message are shown: nobody reads more. */
const MOST_LINES = 1500;

const has = (value: object | null, key: string) => value !== null && Object.hasOwn(value, key);
const at = (value: object | null, key: string): unknown => (value === null ? undefined : Reflect.get(value, key));

function CopyButton({ label, value }: { label: string; value: unknown }) {
  const copy = () => copyText(JSON.stringify(value, null, 2), t('copied'));
  return (
    <Button variant="plain" onClick={() => void copy()} accessibilityLabel={label}>
      {textAt('common.copy')}
    </Button>
  );
}

/** Shopify's message line by line; the lines a key came from are marked and scrolled into view. */
function Message(props: { lines: readonly JsonLine[]; total: number; origin: Origin | null; title: string }) {
  const { lines, total, origin, title } = props;
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    const first = origin && box.current?.querySelector<HTMLElement>('.is-source');
    if (!first || !box.current) return;
    // Only the box scrolls: the page stays where it is.
    box.current.scrollTo({ top: first.offsetTop - box.current.offsetTop - 40 });
  }, [origin]);
  return (
    <BlockStack gap="200">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard (WCAG 2.1.1) */}
      <section className="json-lines" aria-label={title} tabIndex={0} ref={box}>
        {lines.map((line) => (
          <div
            key={line.number}
            className={isSource(line, origin) ? 'is-source' : undefined}
            style={{ paddingInlineStart: `${1.75 + line.depth * 0.875}rem` }}
          >
            {line.text}
          </div>
        ))}
      </section>
      {total > lines.length && (
        <Text as="p" tone="subdued">
          {t('cut', { shown: lines.length, all: total })}
        </Text>
      )}
    </BlockStack>
  );
}

/** Where a value comes from, in words, if the message doesn't hold it. */
const elsewhere = (from: string): string => {
  const topic = topicName(from.split(' ')[0] ?? '');
  const place = from
    .replaceAll(/\W+/g, '_')
    .replace(/^(tag|metafield)_.*/, '$1')
    .replace(/_$/, '');
  return from.includes('/') && topic !== from ? t('fromTopic', { topic }) : t('elsewhere', { place, from });
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

function written(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

type Choose = {
  chosen: string | null;
  onHover: (key: string | null) => void;
  onFocus: (key: string | null) => void;
  onPin: (key: string) => void;
};

function Field(props: { field: FieldReason; value: unknown; origin: Origin } & Choose) {
  const format = useFormat();
  const { field, value, origin, chosen, onHover, onFocus, onPin } = props;
  const isChosen = chosen === field.key;
  return (
    <li>
      <button
        type="button"
        className={`field-row${isChosen ? ' is-chosen' : ''}`}
        aria-pressed={isChosen}
        onMouseMove={(event) => {
          // A page scrolling under a resting mouse is no choice.
          if (event.movementX !== 0 || event.movementY !== 0) onHover(field.key);
        }}
        onMouseLeave={() => onHover(null)}
        onFocus={() => onFocus(field.key)}
        onBlur={() => onFocus(null)}
        onClick={() => onPin(field.key)}
      >
        <Text as="span" fontWeight={value === undefined ? 'regular' : 'semibold'}>
          {field.key}
        </Text>
        {value !== undefined && (
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

/** Shopify's message next to what was made of it; each key leads to the lines it came from. */
export function Compare({ detail }: { detail: ActivityDetail }) {
  const { payload, fields, topic, attempts, source } = detail;
  const event = useMemo(() => detail.event && saidByShopify(detail.event), [detail.event]);
  const asked = isRecord(detail.event);
  const [hovered, setHovered] = useState<string | null>(null);
  const [focused, setFocused] = useState<string | null>(null);
  const [pinned, setPinned] = useState<string | null>(null);
  const [showLeftOut, setShowLeftOut] = useState(payload === null);
  const { lines, total } = useMemo(() => jsonLines(event, MOST_LINES), [event]);
  const origins = useMemo(
    () => new Map(fields.map((field) => [field.key, originOf(field, { topic, lines, isRecord: asked })])),
    [fields, topic, lines, asked],
  );
  const chosen = hovered ?? focused ?? pinned;
  const origin = chosen === null ? null : (origins.get(chosen) ?? null);
  const raw = event && 'raw' in event && Object.keys(event).length === 1 ? event.raw : null;
  const isEmpty = event !== null && Object.keys(event).length === 0;
  // Shopify sent this because we asked, not as a webhook.
  const title = t(asked || source === 'read' || source === 'person' ? 'asked' : 'shopify');
  const onPin = (key: string) => setPinned((before) => (before === key ? null : key));
  const rowOf = (field: FieldReason) => (
    <Field
      key={field.key}
      field={field}
      value={has(payload, field.key) ? at(payload, field.key) : undefined}
      origin={origins.get(field.key) ?? { kind: 'nowhere' }}
      chosen={chosen}
      onHover={setHovered}
      onFocus={setFocused}
      onPin={onPin}
    />
  );
  const present = fields.filter(({ key }) => has(payload, key));
  const leftOut = fields.filter(({ key }) => !has(payload, key));
  const settled = ['accepted', 'merged', 'skipped', 'attention'].includes(detail.state);
  return (
    <Card>
      <BlockStack gap="400">
        <BlockStack gap="100">
          <Text as="h2" variant="headingMd">
            {t('title')}
          </Text>
          {fields.length > 0 && event !== null && (
            <Text as="p" tone="subdued">
              {t('text')}
            </Text>
          )}
        </BlockStack>
        <div className="compare">
          <BlockStack gap="200">
            <InlineStack align="space-between" blockAlign="center">
              <Text as="h3" variant="headingSm">
                {title}
              </Text>
              {event !== null && !isEmpty && <CopyButton label={t('copyEvent')} value={raw ?? event} />}
            </InlineStack>
            {event === null ? (
              <Banner>{t('erased')}</Banner>
            ) : isEmpty ? (
              <Text as="p" tone="subdued">
                {t('noMessage')}
              </Text>
            ) : raw !== null ? (
              <>
                <Text as="p">{t('raw')}</Text>
                <Message
                  lines={[{ number: 1, text: String(raw).slice(0, 20_000), depth: 0, path: '' }]}
                  total={1}
                  origin={null}
                  title={title}
                />
              </>
            ) : (
              <Message lines={lines} total={total} origin={origin} title={title} />
            )}
          </BlockStack>
          <BlockStack gap="200">
            <InlineStack align="space-between" blockAlign="center">
              <Text as="h3" variant="headingSm">
                {payload !== null && attempts.length === 0 ? t('wouldBe') : t('sent')}
              </Text>
              {payload !== null && <CopyButton label={t('copyPayload')} value={payload} />}
            </InlineStack>
            {fields.length === 0 ? (
              <Text as="p" tone="subdued">
                {settled ? t('nothingSent') : t('notYet')}
              </Text>
            ) : (
              <Box
                borderColor="border-secondary"
                borderWidth="025"
                borderRadius="200"
                overflowX="hidden"
                overflowY="hidden"
              >
                <ul className="plain-list">{present.map(rowOf)}</ul>
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
            )}
          </BlockStack>
        </div>
      </BlockStack>
    </Card>
  );
}
