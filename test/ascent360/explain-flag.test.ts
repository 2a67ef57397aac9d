import { expect, it } from 'vitest';
import { explainFlag } from '../../server/ascent360/explain-flag.ts';
import type { ConsentFact, FactSource, FlagChannel, FlagDecision, FlagReason } from '../../server/domain/consent.ts';
import type { en } from '../../server/domain/wording/en.ts';
import { inEnglish } from '../../server/domain/wording/in-english.ts';
import type { Text } from '../../server/domain/wording/text.ts';
import { factWith } from './inputs.ts';

const EMAIL = { key: 'Email', present: true } as const;
const said = (decision: FlagDecision, channel: FlagChannel = 'email', address: typeof EMAIL | null = EMAIL) =>
  inEnglish(explainFlag(channel, decision, address ?? { key: 'Email', present: false }).text);
const held = (reason: FlagReason, fact: Partial<ConsentFact> | null = {}): FlagDecision => ({
  send: null,
  reason,
  fact: fact && factWith(fact),
});

it.each<[string, string]>([
  ['subscribed', 'Subscribed'],
  ['ticked', 'Subscribed'],
  ['tag_opt_in', 'Subscribed'],
  ['unsubscribed', 'Unsubscribed'],
  ['unticked', 'Unsubscribed'],
  ['tag_opt_out', 'Unsubscribed'],
  ['pending', 'A choice was made'],
])('a choice that Shopify calls %s and that was told before is explained as “%s”', (state, choice) => {
  const told = 'Left out: Ascent360 already accepted this choice.';
  expect(said(held('already_told', { state }))).toBe(`${choice} on 2026-05-03 at 23:30 UTC. ${told}`);
  expect(said(held('already_told', { state, chosenAt: null }))).toBe(`${choice}. Shopify gives no date. ${told}`);
});

it('a choice of which nothing is known any more is a choice', () => {
  expect(said(held('already_told', null))).toMatch(/^A choice was made\. Shopify gives no date\./);
  expect(said(held('already_told', { state: null }))).toMatch(/^A choice was made on /);
});

it.each<[string, string]>([
  ['subscribed', ' Shopify says “subscribed”. The opt-in level is lower than your settings ask for.'],
  ['not_subscribed', ' Shopify says “not subscribed”.'],
  ['never_subscribed', ' Shopify says “never subscribed”.'],
  ['pending', ' Shopify says “pending”.'],
  ['invalid', ' Shopify says “invalid”.'],
  ['redacted', ' Shopify says “erased”.'],
  ['tag_none', ' Shopify says no tag.'],
  ['ann@example.com', ''],
])('without a choice the state %s is repeated if it is a known one', (state, says) => {
  const none = 'Left out: there’s no explicit choice.';
  expect(said(held('no_choice', { state, chosenAt: null }))).toBe(`${none}${says}`);
  const dated = says.replace(/([”g])\./, '$1 since 2026-05-03 at 23:30 UTC.');
  expect(said(held('no_choice', { state }))).toBe(`${none}${dated}`);
});

/** The catalog's sentence for it. */
const sentence = (code: keyof typeof en.field, params?: Text['params']) =>
  inEnglish({ code: `field.${code}`, ...(params && { params }) });

it.each(['held_by_newer_state', 'held_by_holder', 'no_choice'] as const)(
  '%s is explained with what Shopify says, or alone if it says nothing',
  (reason) => {
    const text = sentence(reason);
    expect(said(held(reason, { state: 'pending', chosenAt: null }))).toBe(`${text} Shopify says “pending”.`);
    expect(said(held(reason, { state: null }))).toBe(text);
    expect(said(held(reason, null))).toBe(text);
  },
);

it.each(['history_held', 'not_asked_again', 'being_asked'] as const)('%s is explained after the choice', (reason) => {
  expect(said(held(reason))).toBe(`Subscribed on 2026-05-03 at 23:30 UTC. ${sentence(reason)}`);
});

it('a flag that is left out for another reason is explained', () => {
  expect(said(held('no_address'))).toBe(sentence('no_address', { key: 'Email' }));
  expect(said(held('due'))).toBe(sentence('left_out'));
});

it('a date that no calendar has is no date', () => {
  expect(said(held('already_told', { chosenAt: Number.NaN }))).toMatch(/^Subscribed\. Shopify gives no date\./);
  expect(said(held('unticked_box', { chosenAt: 9e15 }))).toMatch(/^The checkbox at checkout was left unticked\. /);
});

it('a record without the address says so, whatever was decided', () => {
  expect(said({ send: true, reason: 'due', fact: factWith() }, 'email', null)).toBe(
    'Left out: there’s no Email in this record.',
  );
});

it.each<[FactSource, FlagChannel, string]>([
  ['consent_topic', 'email', 'customers_email_marketing_consent/update'],
  ['consent_topic', 'sms', 'customers_marketing_consent/update'],
  ['order_box', 'email', 'orders/create buyer_accepts_marketing'],
  ['tag', 'postal', 'customer.tags'],
  ['admin_read', 'email', 'Admin API'],
  ['reconciliation', 'email', 'Admin API (reconciliation)'],
  ['import', 'email', 'Admin API (import)'],
])('a choice from %s about %s was recorded in %s', (source, channel, from) => {
  const everywhere: FlagReason[] = [
    'already_told',
    'history_held',
    'not_asked_again',
    'being_asked',
    'no_choice',
    'held_by_newer_state',
    'held_by_holder',
    'unticked_box',
    'no_address',
    'due',
  ];
  for (const reason of everywhere) expect(explainFlag(channel, held(reason, { source }), EMAIL).from).toBe(from);
  const due = { send: true, reason: 'due', fact: factWith({ source }) } as const;
  expect(explainFlag(channel, due, EMAIL).from).toBe(from);
  expect(explainFlag(channel, due, { key: 'Email', present: false }).from).toBe(from);
  expect(explainFlag(channel, held('no_choice', null), EMAIL).from).toBeNull();
});
