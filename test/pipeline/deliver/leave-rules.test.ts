import { describe, expect, it } from 'vitest';
import { CLOSED } from '../../../server/domain/delivery/breaker.ts';
import {
  addIfSent,
  claimedAtOnce,
  firstInLanes,
  settingsToSend,
} from '../../../server/pipeline/deliver/leave-at-once.ts';
import { emptyPlan } from '../../../server/pipeline/deliver/plan.ts';
import type { NewDelivery } from '../../../server/store/deliveries/deliveries.ts';
import type { StoredSettings } from '../../../server/store/shops/settings.ts';
import { NOW, optIn } from './prepare-input.ts';
import { ADA, delivery, subject, viewOf } from './view.ts';

const opened = (id: string, change: Partial<NewDelivery> = {}): NewDelivery => ({
  id,
  eventId: `event of ${id}`,
  kind: 'customer',
  entity: null,
  personId: ADA,
  emailLane: null,
  phoneLane: null,
  subject: subject(),
  takesPlaceOf: null,
  ...change,
});

describe('of what a batch opened, only the first of each address may leave at once', () => {
  const [email, phone] = [{ emailLane: 'a' }, { phoneLane: 'a' }];
  const both = { emailLane: 'a', phoneLane: 'b' };

  it.each<[string, NewDelivery[], string[]]>([
    ['one by email', [opened('1', email), opened('2', email)], ['1']],
    ['one by phone', [opened('1', phone), opened('2', phone)], ['1']],
    [
      'each address its own',
      [opened('1', email), opened('2', { emailLane: 'b' }), opened('3', phone)],
      ['1', '2', '3'],
    ],
    [
      'no second one by email or phone',
      [opened('1', both), opened('2', email), opened('3', { phoneLane: 'b' })],
      ['1'],
    ],
    ['none behind one that may not', [opened('1', { ...email, takesPlaceOf: '0' }), opened('2', email)], []],
    [
      'none behind one that is itself behind',
      [opened('1', email), opened('2', both), opened('3', { phoneLane: 'b' })],
      ['1'],
    ],
    ['all without an address', [opened('1'), opened('2')], ['1', '2']],
    ['none that takes another’s place', [opened('1', { takesPlaceOf: '0' })], []],
    ['none that waits for a read', [opened('1', { readWaitMs: 0 })], []],
    ['none that waits for others', [opened('1', { settleMs: 0 })], []],
    ['those that wait for neither', [opened('1', { readWaitMs: null, settleMs: null })], ['1']],
  ])('%s', (_what, all, first) => {
    expect(firstInLanes(all).map(({ id }) => id)).toEqual(first);
  });
});

describe('a shop', () => {
  const { stored, life } = viewOf([]);
  const open = { ...CLOSED, openedAt: NOW - 10 };
  it.each<[string, Partial<StoredSettings>, number | null, boolean]>([
    ['sends at once', {}, null, true],
    ['sends at once after its breaker closed', { breaker: CLOSED }, null, true],
    ['doesn’t while it is uninstalled', {}, NOW, false],
    ['doesn’t while it is not connected', { guid: null }, null, false],
    ['doesn’t while its GUID is refused, even if a probe is due', { problem: { since: NOW, error: '' } }, null, false],
    ['doesn’t while its breaker is open', { breaker: open }, null, false],
    ['doesn’t for a probe of its breaker', { breaker: { ...open, openedAt: NOW - 100 } }, null, false],
  ])('%s', (_what, change, uninstalledAt, sends) => {
    const held = { life: { ...life, uninstalledAt }, stored: { ...stored, ...change }, at: NOW };
    expect(settingsToSend(held, 50)).toEqual(sends ? held.stored : null);
  });

  it('that saved nothing sends nothing', () => {
    expect(settingsToSend({ life, stored: null, at: NOW }, 50)).toBeNull();
  });
});

it('what leaves at once is what a claim would have taken, for the first time', () => {
  const one = opened('d1', { eventId: 'e1', kind: 'order', entity: 'order' });
  const event = { topic: 'orders/create', triggered_at: new Date(4), received_at: new Date(5) };
  expect(claimedAtOnce(one, event)).toEqual({
    id: 'd1',
    eventId: 'e1',
    kind: 'order',
    entity: 'order',
    personId: ADA,
    subject: one.subject,
    attempts: 0,
    firstAttemptAt: null,
    again: false,
    reassert: false,
    unread: false,
    choice: false,
    topic: 'orders/create',
    eventReceivedAt: 5,
    eventTriggeredAt: 4,
  });
});

it('what would not be sent is left to be claimed, as if nobody had looked', () => {
  const [sent, not] = [delivery(), delivery({ subject: subject({ otherwise: 'stale' }) })];
  const view = viewOf([sent], { told: { email: { accepted: true } }, facts: { email: [optIn] } });
  const plan = emptyPlan();
  addIfSent(view, not, plan);
  expect(plan).toEqual(emptyPlan());
  addIfSent(view, sent, plan);
  expect(plan).toMatchObject({ leaving: [{ evaluated: { delivery: { id: 'd1' } } }], closed: [], updates: [] });
  expect(plan.decisions.map(({ channel }) => channel)).toEqual(['email', 'sms', 'phone', 'postal']);
});
