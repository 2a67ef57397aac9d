import { describe, expect, it } from 'vitest';
import { askText } from '../../../server/features/privacy/ask-text.ts';

describe('the text for Ascent360', () => {
  const receivedAt = Date.parse('2026-11-24T03:00:00Z');
  const request = { requestId: 'r-1', receivedAt, dueAt: receivedAt + 30 * 86_400_000, subject: null };

  it.each([
    ['America/Denver', '2026-11-23', '2026-12-23'],
    ['UTC', '2026-11-24', '2026-12-24'],
  ])('names the days as they are in %s: requested on %s, due by %s', (timeZone, asked, due) => {
    for (const kind of ['redact', 'data_request'] as const) {
      const text = askText('shop.myshopify.com', { kind, ...request }, timeZone);
      expect(text.match(/\d{4}-\d\d-\d\d/g), kind).toEqual([asked, due]);
    }
  });

  const subject = { email: 'kim@example.com', phone: '+13035550142', customerId: '7', orderIds: [] };

  it('names the person by everything that is known of them', () => {
    const text = askText('shop.myshopify.com', { kind: 'data_request', ...request, subject }, 'UTC');
    expect(text).toMatch(/The person: email kim@example\.com, phone \+13035550142, Shopify customer 7\.$/);
  });

  it.each(['redact', 'data_request'] as const)('has no placeholder to fill in (%s)', (kind) => {
    for (const known of [null, subject]) {
      expect(askText('shop.myshopify.com', { kind, ...request, subject: known }, 'UTC')).not.toMatch(/[[\]{}]|…/);
    }
  });
});
