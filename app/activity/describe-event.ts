import type { ActivityItem } from '../../server/store/events/event-list.ts';
import type { Format } from '../locale.ts';
import { say, textAt, textIf } from '../texts.ts';
import { topicName } from './state-badge.tsx';

const MOST_TAGS = 5;

type Summary = Pick<NonNullable<ActivityItem['summary']>, 'who' | 'text'> | null;
type Event = Pick<ActivityItem, 'topic'> & { summary: Summary };

/** Forty tags are "40 tags"; the event's page has them all. */
function manyTags(summary: Summary): string | null {
  const { code, params } = summary?.text ?? {};
  if (code !== 'summary.tags_added' && code !== 'summary.tags_removed') return null;
  const count = String(params?.['tags'] ?? '').split(', ').length;
  if (count <= MOST_TAGS) return null;
  return textAt(code === 'summary.tags_added' ? 'activity.manyTagsAdded' : 'activity.manyTagsRemoved', { count });
}

/** Texts that call a customer by number. Once we know what reaches them, the kind of event says the rest. */
const numbered = ['summary.flow', 'summary.customer_deleted', 'summary.merged'];

/** What an event is about, in one line. */
export function nameOf({ summary, topic }: Event, format: Format): string {
  if (!summary) return topicName(topic);
  const { who, text } = summary;
  // A person is called by what reaches them, not by a number.
  if (who && text.code === 'summary.customer') return who;
  if (who && numbered.includes(text.code)) return `${topicName(topic)} · ${who}`;
  return [manyTags(summary) ?? say(text, format), who].filter(Boolean).join(' · ');
}

/** Why it ended like this. The badge says that it was accepted; anything else is shown here. */
export function noteOf({ state, text }: Pick<ActivityItem, 'state' | 'text'>, format: Format): string {
  if (state !== 'accepted') return say(text, format);
  return text.next ? say(text.next, format) : '';
}

/** Summaries that name an order, a customer or a choice: what happened to it, the topic says. */
const namesSomething = ['summary.order', 'summary.named', 'summary.customer', 'summary.choice'];

/** What kind of event it is, unless its name says so already. */
export function kindOf(item: Event, format: Format): string | null {
  const { text } = item.summary ?? {};
  const topic = topicName(item.topic);
  const isSaid = text ? !namesSomething.includes(text.code) : nameOf(item, format).startsWith(topic);
  return isSaid ? null : topic;
}

/**
 * Why it ended like this in a few words, as lines: a row of the list has little room, and says
 * nothing that its name or its badge says. The event's page has whole sentences.
 */
export function shortNotesOf(item: ActivityItem, format: Format): string[] {
  const { state, reason, text } = item;
  const { next, ...first } = text;
  const isInBadge = state === 'accepted' || state === 'sending';
  const why = reason === null ? say(first, format) : (textIf(`activity.reasons.${reason}`) ?? say(first, format));
  const lines = [...(isInBadge ? [] : [why]), ...(next ? [say(next, format)] : [])];
  return lines.filter((line) => !nameOf(item, format).startsWith(line));
}
