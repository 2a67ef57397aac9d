import { expect, it } from 'vitest';
import { emptyProfile, type PersonProfile } from '../../../server/domain/person.ts';
import { describeRead, knownBesides } from '../../../server/features/people/known-besides.ts';

const READ_AT = Date.parse('2026-11-20T10:00:00Z');
const profile: PersonProfile = {
  ...emptyProfile('1'),
  tags: {
    vip: { tag: 'VIP', present: true, at: null },
    gone: { tag: 'gone', present: false, at: null },
  },
  read: { at: READ_AT, metafields: { 'facts.birth_date': ['1980-12-01'], 'facts.gender': [] }, dataSaleOptOut: false },
};

it('what is known of a person besides contact and consent: tags they have, metafields, and whether data may be sold', () => {
  expect(knownBesides(profile)).toEqual({
    readAt: '2026-11-20T10:00:00.000Z',
    tags: ['VIP'],
    metafields: { 'facts.birth_date': ['1980-12-01'], 'facts.gender': [] },
    dataSaleOptOut: false,
  });
});

it('somebody who opted out of data sale before they were merged into this customer is shown as opted out, as for lists', () => {
  const merged = { ...profile, mergedSaleOptOut: true };
  expect(knownBesides(merged).dataSaleOptOut).toBe(true);
  // Shopify said the opposite of this customer: the read found no opt-out.
  expect(JSON.stringify(describeRead(merged))).not.toContain('data_sale');
});
