import { Badge, type BadgeProps } from '@shopify/polaris';
import type { EventState } from '../../server/domain/states.ts';
import { useStaleSince } from '../shell/stale.tsx';
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

/** These change by themselves. */
const underWay: readonly EventState[] = ['waiting', 'sending', 'retrying'];

/** An event's state in a word, which is clear without the colour. */
export function StateBadge({ state }: { state: EventState }) {
  const stale = useStaleSince() !== null;
  if (stale && underWay.includes(state)) return <Badge>{textAt('common.stale.unknown')}</Badge>;
  return <Badge {...looks[state]}>{textAt(`activity.states.${state}`)}</Badge>;
}

/** The kind of event in words; a topic without any is shown as it is. */
export const topicName = (topic: string): string =>
  textIf(`activity.topics.${topic.replaceAll(/[./]/g, '_')}`) ?? topic;
