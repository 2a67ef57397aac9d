import { Badge, type BadgeProps } from '@shopify/polaris';
import type { EventState } from '../../server/domain/states.ts';
import { useStaleSince } from '../shell/stale.tsx';
import { textAt, textIf } from '../texts.ts';
import { isUnderWay } from './under-way.ts';

type Look = Pick<BadgeProps, 'tone' | 'progress'>;

const looks: Record<EventState, Look> = {
  waiting: { tone: 'info', progress: 'incomplete' },
  sending: { tone: 'info', progress: 'partiallyComplete' },
  retrying: { tone: 'warning', progress: 'partiallyComplete' },
  accepted: { tone: 'success', progress: 'complete' },
  merged: {},
  skipped: {},
  attention: { tone: 'critical' },
};

/** An event's state in a word, which is clear without the colour. */
export function StateBadge({ state }: { state: EventState }) {
  const stale = useStaleSince() !== null;
  if (stale && isUnderWay(state)) return <Badge>{textAt('common.stale.unknown')}</Badge>;
  return <Badge {...looks[state]}>{textAt(`activity.states.${state}`)}</Badge>;
}

/** The kind of event in words, if we have them. */
export const knownTopic = (topic: string): string | null => textIf(`activity.topics.${topic.replaceAll(/[./]/g, '_')}`);

/** The kind of event in words: Shopify's own name is in the event's details. */
export const topicName = (topic: string): string => knownTopic(topic) ?? textAt('activity.otherTopic');
