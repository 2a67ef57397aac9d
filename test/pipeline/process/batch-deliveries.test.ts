import { expect, it } from 'vitest';
import { type BatchDeliveries, batchDeliveries } from '../../../server/pipeline/process/batch-deliveries.ts';
import type { OpenOfEntity } from '../../../server/store/deliveries/give-way.ts';
import { contact, NOW } from '../deliver/prepare-input.ts';
import { shop, subject } from '../deliver/view.ts';

const waiting: OpenOfEntity = {
  id: 'before the batch',
  eventId: '0',
  entity: 'customer:7',
  kind: 'customer',
  choice: false,
  carriesOptOut: false,
};

type Opened = Pick<OpenOfEntity, 'kind'> & { choice?: true; carriesOptOut?: true };

/** What a batch that opens these of one customer, one after another, leaves open. */
function opened(before: readonly OpenOfEntity[], ...deliveries: Opened[]): ReturnType<BatchDeliveries['opened']> {
  const batch = batchDeliveries(
    shop,
    before,
    { end: () => {} },
    { now: NOW, reading: { may: false, waitMs: 0 }, quiet: { waitMs: 0 } },
  );
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
    'no opt-out that it carried for another reason',
    [],
    [{ ...customer, carriesOptOut: true }, customer],
    { carriesOptOut: false },
  ],
])('what replaces a waiting delivery of the same customer takes over %s', (_, before, deliveries, left) => {
  expect(opened(before, ...deliveries)).toMatchObject([{ eventId: String(deliveries.length), ...left }]);
});
