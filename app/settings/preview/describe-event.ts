import type { ActivityItem } from '../../../server/store/events/event-list.ts';
import { kindOf, nameOf } from '../../activity/describe-event.ts';
import type { Format } from '../../locale.ts';

/** `Order placed · Order #1005 · mia@example.com · 3 May 2026, 14:05` */
export const describeEvent = (item: ActivityItem, format: Format): string =>
  [kindOf(item, format), nameOf(item, format), format.moment(item.receivedAt)].filter(Boolean).join(' · ');
