import { describe, expect, it } from 'vitest';
import type { ConsentFact } from '../../../server/domain/consent.ts';
import { consentOf } from '../../../server/features/people/consent-of.ts';

const fact = (
  id: string,
  state: string | null,
  chosenAt: number | null,
  rest: Partial<ConsentFact> = {},
): ConsentFact => ({
  id,
  channel: 'email',
  state,
  level: null,
  chosenAt,
  source: 'consent_topic',
  eventId: null,
  addressChangedAt: null,
  ...rest,
});
const untold = { accepted: null, acceptedAt: null };

describe('what Shopify last says', () => {
  it.each<[string, ConsentFact[], string | null]>([
    ['nothing', [], null],
    ['the only fact', [fact('a', 'pending', 5)], 'pending'],
    ['the later date', [fact('b', 'subscribed', 5), fact('a', 'unsubscribed', 6)], 'unsubscribed'],
    ['a date rather than none', [fact('b', 'subscribed', 5), fact('c', 'unsubscribed', null)], 'subscribed'],
    ['the opt-out on a tie', [fact('a', 'unsubscribed', 5), fact('b', 'subscribed', 5)], 'unsubscribed'],
    [
      'an unticked box says nothing',
      [fact('a', 'subscribed', 5), fact('b', 'unticked', 9, { source: 'order_box' })],
      'subscribed',
    ],
  ])('%s', (_what, facts, state) => {
    expect(consentOf('a@example.com', facts, untold).state).toBe(state);
    expect(consentOf('a@example.com', facts.toReversed(), untold).state).toBe(state);
  });

  it('comes with its date and event, and with what was sent', () => {
    const facts = [fact('a', 'subscribed', 1000, { level: 'confirmed_opt_in', eventId: 'e' })];
    expect(consentOf('a@example.com', facts, { accepted: false, acceptedAt: 2000 })).toEqual({
      address: 'a@example.com',
      state: 'subscribed',
      level: 'confirmed_opt_in',
      since: '1970-01-01T00:00:01.000Z',
      source: 'consent_topic',
      eventId: 'e',
      told: false,
      toldAt: '1970-01-01T00:00:02.000Z',
    });
  });
});
