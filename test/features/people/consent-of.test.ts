import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../../server/domain/consent/decide.ts';
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
const alone = { canBeAsked: false, askedAt: null, personId: 'me' };
const heard = (id: string, heardAt: number) => fact(id, 'subscribed', null, { heardAt });

describe('what Shopify last says', () => {
  it.each<[string, ConsentFact[], string | null]>([
    ['nothing', [], null],
    ['the only fact', [fact('a', 'pending', 5)], 'pending'],
    ['the later date', [fact('b', 'subscribed', 5), fact('a', 'unsubscribed', 6)], 'unsubscribed'],
    ['a date rather than none', [fact('b', 'subscribed', 5), fact('c', 'unsubscribed', null)], 'subscribed'],
    ['the opt-in on a tie with a pending one', [fact('a', 'subscribed', 5), fact('b', 'pending', 5)], 'subscribed'],
    [
      'a ticked box on a tie with a pending one',
      [fact('b', 'ticked', 5, { source: 'order_box' }), fact('a', 'pending', 5)],
      'ticked',
    ],
    ['the opt-out on a tie', [fact('a', 'unsubscribed', 5), fact('b', 'subscribed', 5)], 'unsubscribed'],
    [
      'an unticked box says nothing',
      [fact('a', 'subscribed', 5), fact('b', 'unticked', 9, { source: 'order_box' })],
      'subscribed',
    ],
    [
      'an opt-in without a date, which counts from its event',
      [fact('b', 'not_subscribed', 5), heard('a', 6)],
      'subscribed',
    ],
    ['a later date rather than such an event', [fact('a', 'pending', 7), heard('b', 6)], 'pending'],
    ['another’s opt-in at their address', [fact('a', 'subscribed', 5, { personId: 'other' })], 'subscribed'],
    [
      'what they chose themselves rather than that',
      [fact('a', 'subscribed', 5, { personId: 'other' }), fact('b', 'never_subscribed', null, { personId: 'me' })],
      'never_subscribed',
    ],
    [
      'another’s later opt-in, where they had opted out: it is sent',
      [fact('a', 'unsubscribed', 5, { personId: 'me' }), fact('b', 'subscribed', 6, { personId: 'other' })],
      'subscribed',
    ],
    [
      'a guest’s later opt-in, where they had opted out: it is sent',
      [fact('a', 'unsubscribed', 5, { personId: 'me' }), fact('b', 'subscribed', 6, { personId: null })],
      'subscribed',
    ],
    [
      'a guest’s opt-in, where they hadn’t chosen: it is held',
      [fact('a', 'not_subscribed', 5, { personId: 'me' }), fact('b', 'subscribed', 6, { personId: null })],
      'not_subscribed',
    ],
    [
      'another’s opt-out, which is about the address',
      [fact('a', 'unsubscribed', 5, { personId: 'other' }), fact('b', 'subscribed', 4, { personId: 'me' })],
      'unsubscribed',
    ],
    ['the opt-out that such an opt-in might repeat', [fact('a', 'unsubscribed', 5), heard('b', 6)], 'unsubscribed'],
  ])('%s', (_what, facts, state) => {
    expect(consentOf('a@example.com', facts, untold, alone).state).toBe(state);
    expect(consentOf('a@example.com', facts.toReversed(), untold, alone).state).toBe(state);
  });

  it.each<[string, ConsentFact, { canBeAsked: boolean; askedAt: number | null }]>([
    ['can be asked', fact('b', 'pending', 5), { canBeAsked: true, askedAt: null }],
    ['has answered since', fact('b', 'not_subscribed', null), { canBeAsked: false, askedAt: 7 }],
    ['answers without a date', fact('b', 'not_subscribed', null), { canBeAsked: true, askedAt: 7 }],
  ])('isn’t an opt-in without a date if Shopify %s', (_what, other, to) => {
    for (const opted of [heard('a', 6), heard('c', 6)]) {
      expect(consentOf('a@example.com', [opted, other], untold, { ...alone, ...to }).state).toBe(other.state);
    }
  });

  it('is an opt-in whenever a true is due, never while a false is, and not another’s that is held back as theirs', () => {
    const said = fc.record({
      state: fc.constantFrom(
        'subscribed',
        'ticked',
        'unsubscribed',
        'not_subscribed',
        'never_subscribed',
        'pending',
        null,
      ),
      chosenAt: fc.option(fc.integer({ min: 1, max: 5 })),
      heardAt: fc.option(fc.integer({ min: 1, max: 5 })),
      personId: fc.constantFrom('me', 'other', null),
    });
    const asked = fc.record({
      canBeAsked: fc.boolean(),
      askedAt: fc.option(fc.integer({ min: 1, max: 5 })),
      // What Shopify last said about them at another address.
      ownWords: fc.array(
        fc.constantFrom('subscribed', 'never_subscribed').map((state) => fact('w', state, 3)),
        { maxLength: 1 },
      ),
    });
    fc.assert(
      fc.property(fc.array(said, { maxLength: 5 }), asked, (all, to) => {
        const facts = all.map(({ state, ...rest }, i) =>
          fact(`${i}`, state, rest.chosenAt, {
            ...rest,
            heardAt: rest.chosenAt === null ? rest.heardAt : null,
            source: state === 'ticked' ? 'order_box' : 'consent_topic',
            eventId: `of ${rest.personId}`,
          }),
        );
        const { send, reason } = decide({
          channel: 'email',
          facts,
          told: { ...untold, pendingFlags: [] },
          rules: { optInLevel: 'any', history: 'all', untickedBox: 'send' },
          historyBefore: 0,
          now: 10,
          to: { personId: 'me', ...to, isBeingAsked: false, optInsFrom: -Infinity },
        });
        const { state, eventId } = consentOf('a@example.com', facts, untold, { personId: 'me', ...to });
        const isOptIn = state === 'subscribed' || state === 'ticked';
        if (send !== null) expect(isOptIn).toBe(send);
        if (reason === 'held_by_holder' && isOptIn) expect(eventId).toBe('of me');
      }),
      { numRuns: 5000 },
    );
  });

  it('is dated by its event if it has no date of its own and counts from then', () => {
    const said = consentOf('a@example.com', [heard('a', 6000)], untold, alone);
    expect([said.state, said.since]).toEqual(['subscribed', '1970-01-01T00:00:06.000Z']);
  });

  it('comes with its date and event, and with what was sent', () => {
    const facts = [fact('a', 'subscribed', 1000, { level: 'confirmed_opt_in', eventId: 'e' })];
    expect(consentOf('a@example.com', facts, { accepted: false, acceptedAt: 2000 }, alone)).toEqual({
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
