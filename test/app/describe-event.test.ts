import { beforeAll, expect, it } from 'vitest';
import { kindOf, nameOf, shortNotesOf } from '../../app/activity/describe-event.ts';
import { createFormat } from '../../app/locale.ts';
import { startTexts } from '../../app/texts.ts';
import type { Text } from '../../server/domain/wording/text.ts';
import type { ActivityItem } from '../../server/store/events/event-list.ts';

const format = createFormat('en', 'UTC');
beforeAll(async () => void (await startTexts('en')));

const event = (changed: Partial<ActivityItem> & { about?: Text }): ActivityItem => ({
  id: '01a20c17-d9a0-7045-b876-cfa84638b8f5',
  webhookId: 'w-1',
  topic: 'orders/updated',
  source: 'webhook',
  receivedAt: '2026-11-26T10:00:00.000Z',
  state: 'accepted',
  reason: null,
  message: '',
  text: { code: 'state.accepted' },
  summary: changed.about ? { what: '', text: changed.about } : null,
  ...changed,
});
/** What a row says besides state and time. */
const said = (item: ActivityItem) => [nameOf(item, format), kindOf(item, format), ...shortNotesOf(item, format)];

it.each<[string, ActivityItem, (string | null)[]]>([
  [
    'an order and what happened to it',
    event({ about: { code: 'summary.named', params: { name: '#1001' } } }),
    ['#1001', 'Order updated'],
  ],
  [
    'many tags by their number',
    event({
      topic: 'customer.tags_added',
      about: {
        code: 'summary.tags_added',
        params: { tags: Array.from({ length: 40 }, (_, n) => `tag${n}`).join(', ') },
      },
    }),
    ['40 tags added', null],
  ],
  ['a kind of event that has no summary', event({ topic: 'shop/update' }), ['Store details changed', null]],
  ['one we don’t know, without its name', event({ topic: 'products/update' }), ['Other update', null]],
  [
    'a reason in a few words',
    event({ state: 'skipped', reason: 'nothing_new', text: { code: 'state.nothing_new' } }),
    ['Order updated', null, 'Already accepted by Ascent360'],
  ],
  [
    'with it, what is known of this event alone',
    event({
      state: 'attention',
      reason: 'rejected',
      text: { code: 'state.rejected', next: { code: 'detail.timeout' } },
    }),
    ['Order updated', null, 'Rejected by Ascent360', 'Ascent360 didn’t answer in time.'],
  ],
  [
    'nothing that its badge says',
    event({ state: 'sending', text: { code: 'state.sending' } }),
    ['Order updated', null],
  ],
  [
    'nothing that its name says',
    event({
      topic: 'customers/merge',
      about: { code: 'summary.merge_not_completed' },
      state: 'skipped',
      reason: 'merge_not_completed',
      text: { code: 'state.merge_not_completed' },
    }),
    ['Merge not completed', null],
  ],
  [
    'whom it is about instead of a number, once that is known',
    event({
      topic: 'flow/send',
      summary: { who: 'ann@example.com', what: '', text: { code: 'summary.flow', params: { id: '77' } } },
    }),
    ['Sent by a Flow workflow · ann@example.com', null],
  ],
  [
    'nor its kind after it',
    event({ topic: 'person/read', about: { code: 'summary.choice_read' } }),
    ['A choice read from Shopify', null],
  ],
])('a row says %s', (_what, item, lines) => {
  expect(said(item)).toEqual(lines);
});
