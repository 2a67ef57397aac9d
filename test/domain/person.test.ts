import { describe, expect, it } from 'vitest';
import { emptyProfile, learnSaleOptOut, saleOptOutOf } from '../../server/domain/person.ts';

const READ_AT = 1000;
const someone = (known: boolean | null, merged?: boolean) => ({
  ...emptyProfile('1'),
  read: { at: READ_AT, metafields: {}, dataSaleOptOut: known },
  ...(merged !== undefined && { mergedSaleOptOut: merged }),
});

describe('whether somebody’s data may be sold or shared', () => {
  it.each<[string, known: boolean | null, said: boolean | null, askedAt: number | null, holds: boolean | null]>([
    ['an opt-out counts', false, true, READ_AT + 1, true],
    ['an opt-out counts even if asked about earlier: the answer may be younger', false, true, READ_AT - 1, true],
    ['an opt-out counts even if nobody knows when it was asked about', false, true, null, true],
    ['its end counts if asked about later', true, false, READ_AT + 1, false],
    ['its end does not count if asked about at the same moment', true, false, READ_AT, true],
    ['its end does not count if asked about earlier', true, false, READ_AT - 1, true],
    ['its end does not count if nobody knows when it was asked about', true, false, null, true],
    ['a first answer counts, whenever it was asked for', null, false, READ_AT - 1, false],
    ['no answer changes nothing', true, null, READ_AT + 1, true],
  ])('%s', (_, known, said, askedAt, holds) => {
    const profile = someone(known);
    learnSaleOptOut(profile, said, askedAt);
    expect(saleOptOutOf(profile)).toBe(holds);
  });

  it('is measured by the latest answer, also if another part of the person was read before', () => {
    const profile = someone(false);
    learnSaleOptOut(profile, true, READ_AT + 5);
    learnSaleOptOut(profile, false, READ_AT + 3);
    expect(saleOptOutOf(profile)).toBe(true);
    learnSaleOptOut(profile, true, READ_AT + 9);
    learnSaleOptOut(profile, false, READ_AT + 7);
    expect(saleOptOutOf(profile)).toBe(true);
    learnSaleOptOut(profile, false, READ_AT + 10);
    expect(saleOptOutOf(profile)).toBe(false);
  });

  it('stays unknown of somebody who was never read', () => {
    const profile = emptyProfile('1');
    learnSaleOptOut(profile, false, READ_AT);
    expect(saleOptOutOf(profile)).toBeNull();
  });

  it('the opt-out of a merged customer holds until Shopify has said the same of the kept one, and can then end', () => {
    const profile = someone(false, true);
    learnSaleOptOut(profile, false, READ_AT + 1);
    expect(saleOptOutOf(profile)).toBe(true);
    learnSaleOptOut(profile, true, READ_AT - 1);
    learnSaleOptOut(profile, false, READ_AT + 1);
    expect(saleOptOutOf(profile)).toBe(true);
    learnSaleOptOut(profile, true, READ_AT + 2);
    learnSaleOptOut(profile, false, READ_AT + 3);
    expect(saleOptOutOf(profile)).toBe(false);
  });
});
