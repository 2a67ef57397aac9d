import { beforeAll, expect, it } from 'vitest';
import { createFormat } from '../../app/locale.ts';
import { type Consent, choiceOf, describeConsent } from '../../app/people/describe-consent.ts';
import { startTexts } from '../../app/texts.ts';

const format = createFormat('en', 'UTC');
beforeAll(async () => void (await startTexts('en')));

const MAY = '2026-05-03T10:00:00.000Z';
const JUNE = '2026-06-04T10:00:00.000Z';
const consent = (changed: Partial<Consent>): Consent => ({
  ...{ address: 'ann@example.com', state: null, level: null, since: null, source: null, eventId: null },
  ...{ told: null, toldAt: null, now: { send: null, reason: 'no_choice' } },
  ...changed,
});

it.each<[string, Partial<Consent>, string]>([
  ['nothing', {}, 'No choice known. No permission accepted by Ascent360.'],
  ['no address', { address: null }, 'We don’t know an email address.'],
  [
    'an opt-in that was accepted later',
    { state: 'subscribed', since: MAY, told: true, toldAt: JUNE },
    'Subscribed to email on May 3, 2026. Accepted by Ascent360 on Jun 4, 2026.',
  ],
  [
    'an opt-in that was accepted before',
    { state: 'subscribed', since: JUNE, told: true, toldAt: MAY },
    'Subscribed to email on Jun 4, 2026. Ascent360 already accepted this choice on May 3, 2026.',
  ],
  [
    'an opt-out of which Ascent360 has accepted the opposite',
    { state: 'unsubscribed', since: JUNE, told: true, toldAt: MAY },
    'Unsubscribed from email on Jun 4, 2026. What Ascent360 last accepted was an opt-in, on May 3, 2026.',
  ],
  [
    'an opt-in of which Ascent360 has accepted the opposite',
    { state: 'ticked', since: JUNE, source: 'order_box', told: false, toldAt: MAY },
    'Subscribed to email at checkout on Jun 4, 2026. What Ascent360 last accepted was an opt-out, on May 3, 2026.',
  ],
  [
    'an opt-out without a date',
    { state: 'unticked', told: false, toldAt: MAY },
    'Unsubscribed from email. Shopify gives no date. Accepted by Ascent360 on May 3, 2026.',
  ],
  [
    'an opt-in of an address that is not known any more',
    { address: null, state: 'subscribed' },
    'Subscribed to email. Shopify gives no date. No permission accepted by Ascent360.',
  ],
  [
    'no choice, where there was one before',
    { state: 'not_subscribed', since: MAY, told: false, toldAt: JUNE },
    'Shopify says “not subscribed” since May 3, 2026, which isn’t an explicit choice. What Ascent360 last accepted was an opt-out, on Jun 4, 2026.',
  ],
  [
    'a state that we don’t know',
    { state: 'something_new' },
    'Shopify says “something_new”, which isn’t an explicit choice. No permission accepted by Ascent360.',
  ],
  [
    'a confirmation that was asked for',
    { state: 'pending', since: MAY },
    'Asked on May 3, 2026 to confirm, but hasn’t yet. No permission accepted by Ascent360.',
  ],
  [
    'the same without a date',
    { state: 'pending' },
    'Asked to confirm, but hasn’t yet. No permission accepted by Ascent360.',
  ],
])('of a customer with %s, a page says what they chose and what was accepted, and no more', (_, known, said) => {
  expect(describeConsent('email', consent(known), format)).toBe(said);
});

it.each<[Consent['state'], Consent['now']['reason'], string]>([
  ['subscribed', 'due', 'in'],
  ['ticked', 'already_told', 'in'],
  ['tag_opt_in', 'due', 'in'],
  ['unsubscribed', 'no_choice', 'out'],
  ['unticked', 'unticked_box', 'out'],
  ['tag_opt_out', 'due', 'out'],
  ['subscribed', 'no_choice', 'none'],
  ['pending', 'due', 'none'],
  [null, 'due', 'none'],
])('%s is shown as a choice only where it is one: with %s as %s', (state, reason, choice) => {
  expect(choiceOf({ state, now: { send: null, reason } })).toBe(choice);
});
