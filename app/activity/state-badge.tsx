import { Badge, type BadgeProps } from '@shopify/polaris';
import type { EventState } from '../../server/domain/states.ts';
import { textAt, textIf } from '../texts.ts';

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

/** How an event stands, in a word; the word says it without its colour. */
export function StateBadge({ state }: { state: EventState }) {
  return <Badge {...looks[state]}>{textAt(`activity.states.${state}`)}</Badge>;
}

/** What kind of event it is, in words; a topic without any stands for itself. */
export const topicName = (topic: string): string =>
  textIf(`activity.topics.${topic.replaceAll(/[./]/g, '_')}`) ?? topic;
