import { BlockStack, Scrollable, Text } from '@shopify/polaris';
import { type ComponentRef, useEffect, useRef } from 'react';
import { textsOf } from '../texts.ts';
import type { JsonLine } from './json-lines.ts';
import { isSource, type Origin } from './places.ts';

const t = textsOf('activity.event.compare');

/** How far above the first marked line the box stops, in pixels. */
const MARGIN = 40;

/** Shopify's message line by line; the lines a key came from are marked and scrolled into view. */
export function Message(props: {
  lines: readonly JsonLine[];
  /** How many lines the message has, shown or not. */
  total: number;
  origin: Origin | null;
  title: string;
}) {
  const { lines, total, origin, title } = props;
  const box = useRef<ComponentRef<typeof Scrollable>>(null);
  const text = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const first = origin && text.current?.querySelector<HTMLElement>('.is-source');
    if (!first || !text.current) return;
    // Only the box scrolls: the page stays where it is.
    box.current?.scrollTo(first.offsetTop - text.current.offsetTop - MARGIN, { behavior: 'auto' });
  }, [origin]);
  return (
    <BlockStack gap="200">
      <Scrollable focusable className="json-lines" role="region" aria-label={title} ref={box}>
        <div ref={text}>
          {lines.map((line) => (
            <div
              key={line.number}
              className={isSource(line, origin) ? 'json-line is-source' : 'json-line'}
              style={{ paddingInlineStart: `${1.75 + line.depth * 0.875}rem` }}
            >
              {line.text}
            </div>
          ))}
        </div>
      </Scrollable>
      {total > lines.length && (
        <Text as="p" tone="subdued">
          {t('cut', { shown: lines.length, all: total })}
        </Text>
      )}
    </BlockStack>
  );
}
