import { expect, it } from 'vitest';
import { type BatchDeliveries, batchDeliveries } from '../../../server/pipeline/process/batch-deliveries.ts';
import { newId } from '../../../server/platform/database/ids.ts';
import type { DeliverySubject } from '../../../server/store/deliveries/deliveries.ts';
import type { OpenOfEntity } from '../../../server/store/deliveries/give-way.ts';
import type { Person } from '../../../server/store/people/people.ts';
import { contact, NOW } from '../deliver/prepare-input.ts';
import { person, shop, subject } from '../deliver/view.ts';

const waiting: OpenOfEntity = {
  id: 'before the batch',
  eventId: '0',
  entity: 'customer:7',
  kind: 'customer',
  choice: false,
  carriesOptOut: false,
  emailLane: null,
  phoneLane: null,
};

type Opened = Pick<OpenOfEntity, 'kind'> & { choice?: true; carriesOptOut?: true };

/** @param how.ended gets the events whose deliveries give way */
const begin = (before: readonly OpenOfEntity[], how: { ended?: string[]; waitMs?: number } = {}) =>
  batchDeliveries(
    shop,
    before,
    { end: (eventId) => void how.ended?.push(eventId) },
    { now: Date.now(), reading: { may: true, waitMs: 60_000 }, quiet: { waitMs: how.waitMs ?? 0 } },
  );

/** What a batch that opens these of one customer, one after another, leaves open. */
function opened(before: readonly OpenOfEntity[], ...deliveries: Opened[]): ReturnType<BatchDeliveries['opened']> {
  const batch = begin(before);
  for (const [n, delivery] of deliveries.entries()) {
    const what = { entity: 'customer:7', person: null, contact, subject: subject(), waits: false };
    batch.deliver({ id: String(n + 1) }, { ...what, ...delivery });
  }
  return batch.opened();
}

const customer: Opened = { kind: 'customer' };

it.each<[string, OpenOfEntity[], Opened[], object]>([
  ['its place, however often it is replaced', [waiting], [customer, customer, customer], { takesPlaceOf: waiting.id }],
  ['no place if none waited before the batch', [], [customer, customer], { takesPlaceOf: null, choice: false }],
  ['the choice it was for', [waiting], [{ ...customer, choice: true }, customer, customer], { choice: true }],
  ['the choice that one before the batch was for', [{ ...waiting, choice: true }], [customer], { choice: true }],
  [
    'the tags it was for, with their opt-out',
    [],
    [{ kind: 'tags', carriesOptOut: true }, customer, customer],
    { kind: 'tags', carriesOptOut: true },
  ],
  [
    'the opt-out that it carried, until it is tried',
    [],
    [{ ...customer, carriesOptOut: true }, customer],
    { carriesOptOut: true },
  ],
])('what replaces a waiting delivery of the same customer takes over %s', (_, before, deliveries, left) => {
  expect(opened(before, ...deliveries)).toMatchObject([{ eventId: String(deliveries.length), ...left }]);
});

const what = { entity: 'customer:7', person: null, contact, subject: subject(), waits: false, ...customer } as const;

it('what follows a delivery that was dropped takes nobody’s place, and ends nothing again', () => {
  const ended: string[] = [];
  const batch = begin([{ ...waiting, choice: true }], { ended });
  batch.drop('customer:7', { settled: { state: 'skipped', reason: 'deleted_person' } });
  batch.deliver({ id: '1' }, what);
  expect(ended).toEqual([waiting.eventId]);
  expect(batch.opened()).toMatchObject([{ takesPlaceOf: null, choice: false }]);
});

it.each([
  ['one that the batch opened', [], 1],
  ['what takes the place of one before the batch', [waiting], 0],
])('a choice that %s is to bring is sent with it', (_, before, first) => {
  const batch = begin(before);
  if (first) batch.deliver({ id: '1' }, what);
  batch.bringChoice('customer:7');
  if (first) expect(batch.opened()).toMatchObject([{ choice: true }]);
  batch.deliver({ id: '2' }, what);
  expect(batch.opened()).toMatchObject([{ eventId: '2', choice: true }]);
});

it('a new customer’s delivery waits for their other webhooks, or for Shopify’s answer, which has them all', () => {
  const batch = begin([], { waitMs: 5000 });
  const isNew = { ...named(newId()), profile: { ...person(), customerId: '7' } };
  for (const waits of [false, true]) {
    batch.deliver({ id: String(waits) }, { ...what, entity: null, person: isNew, waits });
  }
  expect(batch.opened()).toMatchObject([
    { settleMs: expect.any(Number), readWaitMs: null },
    { settleMs: null, readWaitMs: 60_000 },
  ]);
});

const named = (id: string): Person => ({
  id,
  key: id,
  profile: person(),
  profileAt: NOW,
  seenAt: NOW,
  deletedAt: null,
  mergedInto: null,
  unread: false,
  addresses: new Map(),
});

it.each<[string, Partial<DeliverySubject>, string]>([
  ['as last known goes to that customer’s address', {}, 'kept'],
  [
    'about one address stays in line for it',
    { about: { channel: 'email', address: 'a@example.com', factId: '1' } },
    'own',
  ],
  ['with a contact of its own stays in line for its address', { contact }, 'own'],
])('a delivery of a customer who was merged into another, %s', (_, about, lane) => {
  const batch = begin([]);
  const [gone, kept, other] = [named('gone'), named('kept'), named('other')];
  for (const one of [gone, other]) {
    const what = { kind: 'consent', entity: null, contact, subject: subject(about), waits: false } as const;
    batch.deliver({ id: one.id }, { ...what, person: one });
  }
  const own = batch.opened()[0]?.emailLane;
  batch.handOver(gone, kept, { emailLane: 'kept', phoneLane: null });
  expect(batch.opened()).toMatchObject([
    { personId: 'kept', emailLane: lane === 'own' ? own : 'kept' },
    { personId: 'other', emailLane: own },
  ]);
});
