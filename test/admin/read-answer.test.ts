import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnswer } from '../../server/admin/read-answer.ts';

const denial = (path: (string | number)[]) => ({
  message: 'not approved',
  path,
  extensions: { code: 'ACCESS_DENIED' },
});
const error = (code?: string) => ({ message: 'something', ...(code ? { extensions: { code } } : {}) });
const data = { shop: { name: 'A', email: null } };
const read = (body: unknown, status = 200, retryAfter: string | null = null) =>
  readAnswer({ status, retryAfter, text: typeof body === 'string' ? body : JSON.stringify(body) }, {}).outcome;

describe('an answer of the Admin API', () => {
  it.each<[string, unknown, object]>([
    ['data', { data }, { kind: 'data', data, denied: [] }],
    [
      'data without a field that the app may not see',
      { data, errors: [denial(['shop', 'email'])] },
      { kind: 'data', data, denied: ['shop.email'] },
    ],
    [
      'the same within a list',
      { data, errors: [denial(['nodes', 0, 'firstName']), denial(['nodes', 1, 'firstName'])] },
      { kind: 'data', data, denied: ['nodes.0.firstName', 'nodes.1.firstName'] },
    ],
    [
      'nothing but a denial',
      { data: null, errors: [denial(['customers'])] },
      { kind: 'refused', code: 'ACCESS_DENIED', denied: ['customers'] },
    ],
    [
      'data without something that the app may not see, but not what',
      { data, errors: [denial(['shop', 'email']), { message: 'denied', extensions: { code: 'ACCESS_DENIED' } }] },
      { kind: 'refused', code: 'ACCESS_DENIED', denied: ['shop.email'] },
    ],
    [
      'nothing but a denial of nobody says what',
      { errors: [{ message: 'denied', extensions: { code: 'ACCESS_DENIED' } }] },
      { kind: 'refused', code: 'ACCESS_DENIED', denied: [] },
    ],
    ['throttled', { errors: [error('THROTTLED')] }, { kind: 'throttled', waitMs: null }],
    ['too costly', { errors: [error('MAX_COST_EXCEEDED')] }, { kind: 'too_costly' }],
    [
      'a mistake in the query',
      { errors: [error('undefinedField')] },
      { kind: 'refused', code: 'undefinedField', denied: [] },
    ],
    [
      'a mistake without a code, which is at a place in the query',
      { errors: [{ ...error(), locations: [{ line: 1, column: 7 }] }] },
      { kind: 'refused', code: 'mistake', denied: [] },
    ],
    [
      'the same about what is asked for, as a segment that is gone',
      { data: null, errors: [{ ...error(), path: ['customerSegmentMembers'] }] },
      { kind: 'refused', code: 'mistake', denied: [] },
    ],
    ['an accident without a code', { errors: [{ message: 'Timeout' }] }, { kind: 'failed', code: 'unknown' }],
    [
      'a field lost to an error: we read it all again, because the field may not be empty',
      { data, errors: [error('INTERNAL_SERVER_ERROR')] },
      { kind: 'failed', code: 'INTERNAL_SERVER_ERROR', partial: true },
    ],
    [
      'the same together with a denial',
      { data, errors: [denial(['shop', 'email']), error('TIMEOUT')] },
      { kind: 'failed', code: 'TIMEOUT', partial: true },
    ],
    ['an accident', { errors: [error('INTERNAL_SERVER_ERROR')] }, { kind: 'failed', code: 'INTERNAL_SERVER_ERROR' }],
    ['too slow', { errors: [error('TIMEOUT')] }, { kind: 'failed', code: 'TIMEOUT' }],
    ['a shop that is being opened', { errors: [error('SHOP_INACTIVE')] }, { kind: 'failed', code: 'SHOP_INACTIVE' }],
    [
      'two mistakes and a denial: the first is named, and what is denied',
      { errors: [denial(['shop', 'email']), { ...error('first'), path: ['shop'] }, error('second')] },
      { kind: 'refused', code: 'first', denied: ['shop.email'] },
    ],
    ...['a sentence', 'ann@example.com', 'x'.repeat(61)].map((code): [string, unknown, object] => [
      `a code that is no word of Shopify’s: ${code}`,
      { errors: [error(code)] },
      { kind: 'failed', code: 'unknown' },
    ]),
    ['no data and no errors', {}, { kind: 'failed', code: 'unreadable' }],
    ['a page', '<!DOCTYPE html>', { kind: 'failed', code: 'unreadable' }],
    ['half of it', '{"data":{"shop"', { kind: 'failed', code: 'unreadable' }],
    ['nothing', '', { kind: 'failed', code: 'unreadable' }],
  ])('with status 200: %s', (_, body, outcome) => {
    expect(read(body)).toEqual(outcome);
  });

  it.each<[number, string | null, object]>([
    [401, null, { kind: 'unauthorized' }],
    [400, null, { kind: 'refused', code: 'status_400', denied: [] }],
    [403, null, { kind: 'failed', code: 'status_403' }],
    [402, null, { kind: 'failed', code: 'status_402' }],
    [423, null, { kind: 'failed', code: 'status_423' }],
    [302, null, { kind: 'failed', code: 'status_302' }],
    [502, null, { kind: 'failed', code: 'status_502' }],
    [429, null, { kind: 'throttled', waitMs: null }],
    [429, '2.0', { kind: 'throttled', waitMs: 2000 }],
    [429, '-1', { kind: 'throttled', waitMs: null }],
    [429, '86400', { kind: 'throttled', waitMs: null }],
    [429, 'soon', { kind: 'throttled', waitMs: null }],
  ])('with status %i (Retry-After %j)', (status, retryAfter, outcome) => {
    expect(read({ data }, status, retryAfter)).toEqual(outcome);
  });

  it.each(['<html><head><title>400 Bad Request</title></head></html>', 'Bad Request', '', 'null'])(
    'with status 400 that is no answer of Shopify’s API, as of something in between, says nothing about the query: %j',
    (text) => {
      expect(read(text, 400)).toEqual({ kind: 'failed', code: 'status_400' });
    },
  );

  it('in another form than was asked for is a failure of a part: asking for less may help', () => {
    const fields = { shop: { is: 'object', fields: { name: { is: 'text' } } } } as const;
    const text = (name: unknown) => JSON.stringify({ data: { shop: { name } } });
    const outcome = (name: unknown) => readAnswer({ status: 200, retryAfter: null, text: text(name) }, fields).outcome;
    expect(outcome('A')).toMatchObject({ kind: 'data' });
    expect(outcome(null)).toEqual({ kind: 'failed', code: 'misshapen', partial: true });
  });

  it('includes what the query costs and what is left', () => {
    const throttleStatus = { maximumAvailable: 2000, currentlyAvailable: 12, restoreRate: 100 };
    const text = JSON.stringify({ data, extensions: { cost: { requestedQueryCost: 42, throttleStatus } } });
    expect(readAnswer({ status: 200, retryAfter: null, text }, {}).cost).toEqual({
      requested: 42,
      throttle: throttleStatus,
    });
  });

  it('is never taken for data if it is something else, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        const { outcome } = readAnswer({ status: 200, retryAfter: null, text }, {});
        if (outcome.kind !== 'data') return;
        expect(JSON.parse(text)).toMatchObject({ data: outcome.data });
      }),
    );
  });
});
