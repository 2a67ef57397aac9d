import { Text } from '@shopify/polaris';
import { useEffect, useRef } from 'react';
import type { ActivityItem } from '../../server/store/events/event-list.ts';
import type { Format } from '../locale.ts';
import { AppLink } from '../shell/app-link.tsx';
import { useFormat } from '../shell/shop.tsx';
import { say, textAt } from '../texts.ts';
import { StateBadge, topicName } from './state-badge.tsx';
import '../shell/rows.css';
import './activity.css';

const MOST_TAGS = 5;

/** Forty tags are "40 tags"; the event's page has them all. */
function manyTags(summary: ActivityItem['summary']): string | null {
  const { code, params } = summary?.text ?? {};
  if (code !== 'summary.tags_added' && code !== 'summary.tags_removed') return null;
  const count = String(params?.['tags'] ?? '').split(', ').length;
  if (count <= MOST_TAGS) return null;
  return textAt(code === 'summary.tags_added' ? 'activity.manyTagsAdded' : 'activity.manyTagsRemoved', { count });
}

/** What an event is about, in one line. */
export function nameOf({ summary, topic }: Pick<ActivityItem, 'summary' | 'topic'>, format: Format): string {
  // A summary without a text was stored before texts existed.
  const what = manyTags(summary) ?? (summary?.text ? say(summary.text, format) : summary?.what);
  // A person is called by what reaches them, not by a number.
  if (summary?.text?.code === 'summary.customer' && summary.who) return summary.who;
  return [what ?? topicName(topic), summary?.who].filter(Boolean).join(' · ');
}

/** Why it ended like this. The badge says that it was accepted; anything else is shown here. */
export function noteOf({ state, text }: Pick<ActivityItem, 'state' | 'text'>, format: Format): string {
  if (state !== 'accepted') return say(text, format);
  return text.next ? say(text.next, format) : '';
}

/** The event last opened from a place in the list: focus returns to it. */
const visited = new Map<string, string>();

function EventRow({ item, onOpen }: { item: ActivityItem; onOpen: () => void }) {
  const format = useFormat();
  return (
    <li>
      <AppLink url={`/activity/${item.id}`} className="event-row" data-event={item.id} onClick={onOpen}>
        <span>
          <Text as="span" variant="bodySm" tone="subdued">
            <time dateTime={item.receivedAt}>{format.moment(item.receivedAt)}</time>
          </Text>
        </span>
        <span>
          <Text as="span" fontWeight="semibold">
            {nameOf(item, format)}
          </Text>{' '}
          {!nameOf(item, format).startsWith(topicName(item.topic)) && (
            <span className="topic">
              <Text as="span" tone="subdued" variant="bodySm">
                {topicName(item.topic)}
              </Text>
            </span>
          )}
        </span>
        <span>
          <StateBadge state={item.state} />{' '}
          <Text as="span" variant="bodySm" tone="subdued">
            {noteOf(item, format)}
          </Text>
        </span>
      </AppLink>
    </li>
  );
}

/**
 * A page of events, each linked to its own page. @param place of the page in the list: coming back
 * leads to the same row
 */
export function EventList({ items, place }: { items: readonly ActivityItem[]; place: string }) {
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    const id = visited.get(place);
    if (!id) return;
    visited.delete(place);
    // After the page's frame has moved focus to its top.
    const timer = window.setTimeout(() => list.current?.querySelector<HTMLElement>(`[data-event="${id}"]`)?.focus(), 0);
    return () => window.clearTimeout(timer);
  }, [place]);
  return (
    <ul ref={list} className="plain-list" aria-label={textAt('activity.list')}>
      {items.map((item) => (
        <EventRow key={item.id} item={item} onOpen={() => visited.set(place, item.id)} />
      ))}
    </ul>
  );
}
