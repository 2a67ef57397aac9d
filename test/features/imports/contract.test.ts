import { describe, expect, it } from 'vitest';
import { importContract, isInRange, searchOf } from '../../../server/features/imports/contract.ts';

const NOW = Date.parse('2026-11-24T10:00:00Z');
const parse = (asked: unknown) => importContract(NOW, 'America/Denver').safeParse(asked);
const fields = (asked: unknown) => parse(asked).error?.issues.map(({ path }) => path.join('.'));

describe('what an import may ask for', () => {
  it.each([
    [{ kind: 'customers' }, { kind: 'customers', from: null, customerIds: null, segmentId: null }],
    [{ kind: 'orders' }, { kind: 'orders', from: Date.parse('2026-09-25T10:00:00Z') }],
    [{ kind: 'orders', from: '2026-11-01' }, { from: Date.parse('2026-11-01T06:00:00Z') }],
    [{ kind: 'orders', from: '2026-11-01T08:00:00-07:00' }, { from: Date.parse('2026-11-01T15:00:00Z') }],
    [{ kind: 'orders', from: '2026-09-25' }, { from: Date.parse('2026-09-25T06:00:00Z') }],
    [
      { kind: 'customers', customerIds: ['706405506930370084', 'gid://shopify/Customer/12', 13, '\u200b12\u200e'] },
      { customerIds: ['706405506930370084', '12', '13'] },
    ],
    [
      { kind: 'customers', customerIds: ["'706405506930370084", '"12"', '"\'13"', ' 14\t'] },
      { customerIds: ['706405506930370084', '12', '13', '14'] },
    ],
    [{ kind: 'customers', segmentId: 'gid://shopify/Segment/7' }, { segmentId: '7' }],
    [{ kind: 'customers', customerIds: null, segmentId: null, from: null }, { from: null }],
  ])('accepts %j', (asked, request) => {
    expect(parse(asked).data).toMatchObject(request);
  });

  it.each([
    [undefined, ['']],
    [{}, ['kind']],
    [{ kind: 'products' }, ['kind']],
    [{ kind: 'orders', from: '2026-09-20' }, ['from']],
    [{ kind: 'orders', from: '2026-12-24' }, ['from']],
    [{ kind: 'orders', from: 'yesterday' }, ['from']],
    [{ kind: 'orders', from: '2026-11-01T08:00:00' }, ['from']],
    [{ kind: 'customers', from: '0000-01-01' }, ['from']],
    [{ kind: 'customers', from: '0001-01-01T00:00:00+14:00' }, ['from']],
    [{ kind: 'customers', from: '1969-12-30' }, ['from']],
    [{ kind: 'orders', customerIds: ['1'] }, ['customerIds']],
    [{ kind: 'orders', segmentId: '1' }, ['segmentId']],
    [{ kind: 'customers', customerIds: [] }, ['customerIds']],
    [{ kind: 'customers', customerIds: ['1', 'x'] }, ['customerIds.1']],
    [{ kind: 'customers', customerIds: ['gid://shopify/Order/1'] }, ['customerIds.0']],
    [{ kind: 'customers', customerIds: [2 ** 60] }, ['customerIds.0']],
    [{ kind: 'customers', customerIds: Array.from({ length: 10_001 }, (_, i) => i + 1) }, ['customerIds']],
    [{ kind: 'customers', segmentId: 'vip' }, ['segmentId']],
    [{ kind: 'customers', segmentId: '1', customerIds: ['1'] }, ['segmentId']],
    [{ kind: 'customers', segmentId: '1', from: '2026-11-01' }, ['from']],
  ])('refuses %j, naming the field', (asked, named) => {
    expect(fields(asked)).toEqual(named);
  });

  it('refuses an id of 100 kB in a moment: meanwhile no shop’s webhook is answered', () => {
    const id = `1${' '.repeat(100_000)}1`;
    const began = performance.now();
    expect(fields({ kind: 'customers', customerIds: [id] })).toEqual(['customerIds.0']);
    expect(fields({ kind: 'customers', segmentId: id })).toEqual(['segmentId']);
    expect(performance.now() - began).toBeLessThan(2000);
  });

  it('becomes a search that no time zone narrows', () => {
    expect(searchOf({ kind: 'orders', from: NOW })).toBe(`created_at:>='2026-11-24T10:00:00.000Z'`);
    expect(searchOf({ kind: 'customers', from: NOW })).toBe(`updated_at:>='2026-11-23'`);
    expect(searchOf({ kind: 'customers', from: null })).toBeNull();
  });

  it.each([
    ['customers', NOW, { updatedAt: '2026-11-24T10:00:00Z' }, true],
    ['customers', NOW, { updatedAt: '2026-11-24T03:00:00-07:00' }, true],
    ['customers', NOW, { updatedAt: '2026-11-24T09:59:59Z' }, false],
    ['customers', NOW, { updatedAt: null }, true],
    ['customers', NOW, 'no JSON', true],
    ['customers', null, { updatedAt: '2020-01-01T00:00:00Z' }, true],
    // Shopify searches orders by time.
    ['orders', NOW, { updatedAt: '2020-01-01T00:00:00Z' }, true],
  ] as const)('keeps of the %s that Shopify read those since the given time: %#', (kind, from, record, asked) => {
    expect(isInRange({ kind, from }, typeof record === 'string' ? record : JSON.stringify(record))).toBe(asked);
  });
});
