import { describe, expect, it } from 'vitest';
import { type ConsentRules, decide, type Recipient } from '../../../server/domain/consent/decide.ts';
import type { ConsentFact, FlagReason, Told } from '../../../server/domain/consent.ts';
import { HOUR } from '../../durations.ts';

const NOW = Date.UTC(2026, 5, 30, 12);
const RULES: ConsentRules = { optInLevel: 'single', history: 'optOuts', untickedBox: 'send' };
const TOLD_YES: Told = { accepted: true, acceptedAt: NOW - HOUR, pendingFlags: [] };

/**
 * What Shopify says about a person for the address they share with the other. `ago` in hours; null:
 * undated.
 */
function says(
  personId: string | null,
  state: string,
  ago: number | null,
  more: Partial<ConsentFact> = {},
): ConsentFact {
  return {
    id: `${personId} ${state} ${ago}`,
    channel: 'sms',
    state,
    level: state === 'subscribed' ? 'single_opt_in' : null,
    chosenAt: ago === null ? null : NOW - ago * HOUR,
    personId,
    source: 'consent_topic',
    eventId: null,
    addressChangedAt: null,
    ...more,
  };
}

const BEN: Recipient = { personId: 'ben', canBeAsked: true, isBeingAsked: false, optInsFrom: Number.NEGATIVE_INFINITY };
const ADA_OPTED_IN = says('ada', 'subscribed', 2);

type Row = {
  name: string;
  facts: ConsentFact[];
  to?: Partial<Recipient> | null;
  told?: Told;
  send: boolean | null;
  reason: FlagReason;
  /** The fact that decides. */
  by?: ConsentFact;
  rules?: Partial<ConsentRules>;
};

function table(title: string, rows: Row[]) {
  describe(title, () => {
    it.each(rows)('$name', ({ facts, to = {}, told, send, reason, by, rules }) => {
      for (const arranged of [facts, facts.toReversed()]) {
        const decision = decide({
          channel: 'sms',
          facts: arranged,
          told: told ?? { accepted: null, acceptedAt: null, pendingFlags: [] },
          rules: { ...RULES, ...rules },
          historyBefore: NOW - 1000 * HOUR,
          now: NOW,
          ...(to === null ? {} : { to: { ...BEN, ...to } }),
        });
        expect(decision).toMatchObject({ send, reason });
        if (by) expect(decision.fact?.id).toBe(by.id);
      }
    });
  });
}

const elsewhere = (state: string, ago: number | null) => says('ben', state, ago, { id: `elsewhere ${state} ${ago}` });

table('A number that only Ada opted in with, in something that is sent for Ben, into whom she was merged', [
  ...[null, 3, 1].map((ago): Row => {
    const his = elsewhere('not_subscribed', ago);
    const name = `Shopify says at his own number that he has not chosen, ${ago ?? 'no'} hours ago: no flag`;
    return { name, facts: [ADA_OPTED_IN], to: { ownWords: [his] }, send: null, reason: 'held_by_holder', by: his };
  }),
  {
    name: 'he opted in at his own number since: she is no other person',
    facts: [ADA_OPTED_IN],
    to: { ownWords: [elsewhere('not_subscribed', 3), elsewhere('subscribed', 1)] },
    send: true,
    reason: 'due',
  },
  {
    name: 'he opted in at his own number, and that he has not chosen has no date: she is no other person',
    facts: [ADA_OPTED_IN],
    to: { ownWords: [elsewhere('not_subscribed', null), elsewhere('subscribed', 1)] },
    send: true,
    reason: 'due',
  },
  ...[null, 1].map(
    (ago): Row => ({
      name: `he opted out of his own number, ${ago ?? 'no'} hours ago: that is about his number`,
      facts: [ADA_OPTED_IN],
      to: { ownWords: [elsewhere('unsubscribed', ago)] },
      send: true,
      reason: 'due',
    }),
  ),
  {
    name: 'what Shopify says about his email says nothing about her number',
    facts: [ADA_OPTED_IN],
    to: { ownWords: [{ ...elsewhere('not_subscribed', 1), channel: 'email' }] },
    send: true,
    reason: 'due',
  },
  {
    name: 'her opt-out goes out whatever Shopify says about him',
    facts: [says('ada', 'unsubscribed', 2)],
    to: { ownWords: [elsewhere('not_subscribed', null)] },
    send: false,
    reason: 'due',
  },
  {
    name: 'Ascent360 surely has her opt-in: nothing is taken back',
    facts: [ADA_OPTED_IN],
    to: { ownWords: [elsewhere('not_subscribed', null)] },
    told: TOLD_YES,
    send: null,
    reason: 'already_told',
  },
]);

table('A number that Ada opted in with, in something that is sent for Ben', [
  ...['not_subscribed', 'never_subscribed'].map((state): Row => {
    const his = says('ben', state, 3);
    const name = `${state} in Shopify: no flag goes out with him`;
    return { name, facts: [ADA_OPTED_IN, his], send: null, reason: 'held_by_holder', by: his };
  }),
  {
    name: 'who opted out, undated, so it cannot be compared: no flag',
    facts: [ADA_OPTED_IN, says('ben', 'unsubscribed', null)],
    send: null,
    reason: 'held_by_holder',
  },
  {
    name: 'who opted out earlier: his choice is the older one',
    facts: [ADA_OPTED_IN, says('ben', 'unsubscribed', 3)],
    send: true,
    reason: 'due',
  },
  {
    name: 'who opted out later: that stands',
    facts: [ADA_OPTED_IN, says('ben', 'unsubscribed', 1)],
    send: false,
    reason: 'due',
  },
  { name: 'of whom nothing is known', facts: [ADA_OPTED_IN], send: true, reason: 'due' },
  {
    name: 'who has not confirmed yet, which is no refusal',
    facts: [ADA_OPTED_IN, says('ben', 'pending', 3)],
    send: true,
    reason: 'due',
  },
  {
    name: 'who has not confirmed since he was not subscribed: no flag goes out with him',
    facts: [ADA_OPTED_IN, says('ben', 'never_subscribed', 4), says('ben', 'pending', 3)],
    send: null,
    reason: 'held_by_holder',
    by: says('ben', 'never_subscribed', 4),
  },
  {
    name: 'who opted in himself after that state: it is his own choice too',
    facts: [ADA_OPTED_IN, says('ben', 'not_subscribed', 4), says('ben', 'subscribed', 3)],
    send: true,
    reason: 'due',
  },
  {
    name: 'who opted in before that state',
    facts: [ADA_OPTED_IN, says('ben', 'not_subscribed', 3), says('ben', 'subscribed', 4)],
    send: null,
    reason: 'held_by_holder',
  },
  {
    name: 'who opted in at the moment of that state: when in doubt no flag',
    facts: [ADA_OPTED_IN, says('ben', 'not_subscribed', 3), says('ben', 'subscribed', 3)],
    send: null,
    reason: 'held_by_holder',
  },
  {
    name: 'who opted in without a date: no refusal',
    facts: [ADA_OPTED_IN, says('ben', 'subscribed', null)],
    send: true,
    reason: 'due',
  },
  {
    name: 'and that Ascent360 surely has: nothing is held, as nothing is due',
    facts: [ADA_OPTED_IN, says('ben', 'not_subscribed', 3)],
    told: TOLD_YES,
    send: null,
    reason: 'already_told',
  },
]);

table('An opt-in of Ben himself', [
  {
    name: 'of the very moment at which he was not subscribed counts',
    facts: [says('ben', 'subscribed', 2), says('ben', 'not_subscribed', 2)],
    send: true,
    reason: 'due',
  },
  {
    name: 'counts while Shopify is asked about him',
    facts: [says('ben', 'subscribed', 2)],
    to: { isBeingAsked: true },
    send: true,
    reason: 'due',
  },
]);

table('When nobody is named', [
  {
    name: 'a state that came with nobody is no refusal',
    facts: [ADA_OPTED_IN, says(null, 'not_subscribed', 3)],
    to: { personId: null },
    send: true,
    reason: 'due',
  },
  {
    name: 'nobody is waited for',
    facts: [ADA_OPTED_IN],
    to: { personId: null, isBeingAsked: true },
    send: true,
    reason: 'due',
  },
  {
    name: 'an undated opt-in counts from when it was heard, for nobody can be asked',
    facts: [says('ada', 'subscribed', null, { heardAt: NOW - HOUR })],
    to: null,
    send: true,
    reason: 'due',
  },
]);

table('Before Shopify has answered', [
  {
    name: 'an opt-in of another waits while Shopify is asked about Ben',
    facts: [ADA_OPTED_IN],
    to: { isBeingAsked: true },
    send: null,
    reason: 'being_asked',
    by: ADA_OPTED_IN,
  },
  {
    name: 'an undated opt-in is history when he can be asked',
    facts: [says('ben', 'subscribed', null, { heardAt: NOW - HOUR })],
    send: null,
    reason: 'history_held',
  },
  ...(['none', 'optOuts', 'all'] as const).map(
    (history): Row => ({
      name: `an undated opt-in that he has not confirmed is held with history "${history}"`,
      facts: [says('ben', 'subscribed', null, { heardAt: NOW - HOUR })],
      rules: { history },
      send: null,
      reason: 'history_held',
    }),
  ),
  {
    name: 'one that Shopify did not confirm when it was asked is held once it can be asked no more',
    facts: [says('ben', 'subscribed', null, { heardAt: NOW - HOUR }), says('ben', 'not_subscribed', null)],
    to: { canBeAsked: false, askedAt: NOW - HOUR },
    send: null,
    reason: 'history_held',
  },
  {
    name: 'one that came after Shopify was last asked counts when it can be asked no more',
    facts: [says('ben', 'subscribed', null, { heardAt: NOW - HOUR }), says('ben', 'not_subscribed', null)],
    to: { canBeAsked: false, askedAt: NOW - HOUR - 1 },
    send: true,
    reason: 'due',
  },
  {
    name: 'one below the level asked for is newer than the opt-in before it when nobody can be asked',
    facts: [says('ben', 'subscribed', 2), says('ben', 'subscribed', null, { heardAt: NOW - HOUR, level: 'unknown' })],
    to: { canBeAsked: false },
    send: null,
    reason: 'held_by_newer_state',
  },
  {
    name: 'one of 8 days ago that nobody can be asked about is sent with history "all"',
    facts: [says('ben', 'subscribed', null, { heardAt: NOW - 8 * 24 * HOUR })],
    to: { canBeAsked: false },
    rules: { history: 'all' },
    send: true,
    reason: 'due',
  },
  {
    name: 'one that he has confirmed, undated too, is sent with history "all"',
    facts: [says('ben', 'subscribed', null, { heardAt: NOW - HOUR }), says('ben', 'subscribed', null, { id: 'z' })],
    rules: { history: 'all' },
    send: true,
    reason: 'due',
  },
  {
    name: 'an opt-in from before the app was installed again may have been undone meanwhile',
    facts: [says('ben', 'subscribed', 2)],
    to: { optInsFrom: NOW - 2 * HOUR + 1 },
    send: null,
    reason: 'not_asked_again',
  },
  {
    name: 'an opt-in of that moment was made under the new installation',
    facts: [says('ben', 'subscribed', 2)],
    to: { optInsFrom: NOW - 2 * HOUR },
    send: true,
    reason: 'due',
  },
  {
    name: 'nothing said about this channel since: an opt-in may have been undone, though the others are known anew',
    facts: [says('ben', 'subscribed', 2)],
    to: { optInsFrom: NOW - 3 * HOUR, optInsFromOn: { sms: NOW - HOUR } },
    send: null,
    reason: 'not_asked_again',
  },
  {
    name: 'nothing said about another channel since: this one’s opt-in counts',
    facts: [says('ben', 'subscribed', 2)],
    to: { optInsFrom: NOW - 3 * HOUR, optInsFromOn: { email: NOW - HOUR } },
    send: true,
    reason: 'due',
  },
  {
    name: 'an opt-out needs no such confirmation',
    facts: [says('ben', 'unsubscribed', 2)],
    to: { optInsFrom: NOW, isBeingAsked: true },
    send: false,
    reason: 'due',
  },
]);

table('Ben was created after a customer of his id was deleted', [
  {
    name: 'what that one had opted in to is not his',
    facts: [says('ben', 'subscribed', 2)],
    to: { newSince: NOW - 2 * HOUR },
    send: null,
    reason: 'held_by_holder',
  },
  {
    name: 'what he opted in to since is',
    facts: [says('ben', 'subscribed', 2)],
    to: { newSince: NOW - 2 * HOUR - 1 },
    send: true,
    reason: 'due',
  },
  {
    name: 'an opt-out is about the address',
    facts: [says('ben', 'unsubscribed', 2)],
    to: { newSince: NOW - HOUR },
    send: false,
    reason: 'due',
  },
  {
    name: 'what another customer opted in to is that customer’s still',
    facts: [ADA_OPTED_IN],
    to: { newSince: NOW - HOUR },
    send: true,
    reason: 'due',
  },
  {
    name: 'nothing is taken back that Ascent360 has',
    facts: [says('ben', 'subscribed', 2)],
    to: { newSince: NOW - HOUR },
    told: TOLD_YES,
    send: null,
    reason: 'already_told',
  },
]);

table('A date that cannot be', [
  ...[
    { ms: 15 * 60_000, send: true as const, reason: 'due' as const },
    { ms: 15 * 60_000 + 1, send: null, reason: 'history_held' as const },
  ].map(
    ({ ms, send, reason }): Row => ({
      name: `an opt-in dated ${ms} ms ahead of the clock: ${reason}`,
      facts: [says('ben', 'subscribed', 0, { chosenAt: NOW + ms })],
      send,
      reason,
    }),
  ),
  {
    name: 'the last that there is counts for an opt-out',
    facts: [ADA_OPTED_IN, says('ben', 'unsubscribed', 0, { chosenAt: 8.64e15 })],
    send: false,
    reason: 'due',
  },
  {
    name: 'one after that counts for nothing',
    facts: [ADA_OPTED_IN, says('ada', 'unsubscribed', 0, { chosenAt: 8.64e15 + 1 })],
    send: true,
    reason: 'due',
  },
]);
