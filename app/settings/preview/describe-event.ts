import type { ActivityItem } from '../../../server/store/events/event-list.ts';
import { topicName } from '../../activity/state-badge.tsx';
import type { Format } from '../../locale.ts';
import { say } from '../../texts.ts';

/** `Order placed · Order #1005 · mia@example.com · 3 May 2026, 14:05` */
export const describeEvent = ({ topic, summary, receivedAt }: ActivityItem, format: Format): string =>
  [topicName(topic), summary?.text && say(summary.text, format), summary?.who, format.moment(receivedAt)]
    .filter(Boolean)
    .join(' · ');
