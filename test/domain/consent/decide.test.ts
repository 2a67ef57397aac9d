import { describe, expect, it } from 'vitest';
import type { ConsentRules, DecideInput } from '../../../server/domain/consent/decide.ts';
import { decide } from '../../../server/domain/consent/decide.ts';
import type { ConsentFact, FlagReason, Told } from '../../../server/domain/consent.ts';
import { DAY, HOUR, MINUTE } from '../../durations.ts';

const NOW = Date.UTC(2026, 5, 30, 12);
const INSTALLED = NOW - 30 * DAY;

const NOTHING: Told = { accepted: null, acceptedAt: null, pendingFlags: [] };
const RULES: ConsentRules = { optInLevel: 'single', history: 'optOuts', untickedBox: 'send' };
const LEAVE_OUT: ConsentRules = { ...RULES, untickedBox: 'leaveOut' };

/** A fact whose id is its state and age. `ago`: ms before NOW; null: undated. */
function fact(state: string | null, ago: number | null, more: Partial<ConsentFact> = {}): ConsentFact {
  return {
    id: `${state}@${ago}`,
    channel: 'email',
    state,
    level: state === 'subscribed' ? 'single_opt_in' : null,
    chosenAt: ago === null ? null : NOW - ago,
    source: state === 'ticked' || state === 'unticked' ? 'order_box' : 'consent_topic',
    eventId: null,
    addressChangedAt: null,
    ...more,
  };
}
const subscribed = (ago: number | null, more: Partial<ConsentFact> = {}) => fact('subscribed', ago, more);
const unsubscribed = (ago: number | null, more: Partial<ConsentFact> = {}) => fact('unsubscribed', ago, more);
const pending = (ago: number | null) => fact('pending', ago);
const unticked = (ago: number | null) => fact('unticked', ago);
const told = (accepted: boolean | null, ...pendingFlags: boolean[]): Told => ({
  accepted,
  acceptedAt: accepted === null ? null : NOW - HOUR,
  pendingFlags,
});

type Row = {
  name: string;
  facts: ConsentFact[];
  told?: Told;
  rules?: ConsentRules;
  more?: Partial<DecideInput>;
  send: boolean | null;
  reason: FlagReason;
  /** The id of the fact that decides. */
  by?: string;
};

/** Runs every row with its facts forwards, backwards and each twice. */
function table(title: string, rows: Row[]) {
  describe(title, () => {
    it.each(rows)('$name', (row) => {
      const { facts } = row;
      for (const arranged of [facts, facts.toReversed(), [...facts, ...facts]]) {
        const decision = decide({
          channel: 'email',
          facts: arranged,
          told: row.told ?? NOTHING,
          rules: row.rules ?? RULES,
          historyBefore: INSTALLED,
          now: NOW,
          ...row.more,
        });
        expect({ ...decision, fact: decision.fact?.id }).toEqual({ send: row.send, reason: row.reason, fact: row.by });
      }
    });
  });
}

table('the newest choice', [
  { name: 'no flag is sent when nothing is known', facts: [], send: null, reason: 'no_choice' },
  { name: 'an unticked box alone is no choice', facts: [unticked(HOUR)], send: null, reason: 'no_choice' },
  {
    name: 'an older opt-in never undoes a newer opt-out',
    facts: [subscribed(2 * HOUR), unsubscribed(HOUR)],
    send: false,
    reason: 'due',
    by: 'unsubscribed@3600000',
  },
  {
    name: 'an opt-in after an opt-out counts',
    facts: [unsubscribed(2 * HOUR), subscribed(HOUR)],
    send: true,
    reason: 'due',
    by: 'subscribed@3600000',
  },
  {
    name: 'on a tie, the opt-out wins',
    facts: [subscribed(HOUR), unsubscribed(HOUR)],
    send: false,
    reason: 'due',
    by: 'unsubscribed@3600000',
  },
  {
    name: 'an undated opt-out is older than a dated opt-in',
    facts: [unsubscribed(null), subscribed(HOUR)],
    send: true,
    reason: 'due',
    by: 'subscribed@3600000',
  },
  {
    name: 'an undated opt-in is older than a dated opt-out',
    facts: [subscribed(null), unsubscribed(29 * DAY)],
    send: false,
    reason: 'due',
    by: `unsubscribed@${29 * DAY}`,
  },
  {
    name: 'of two undated choices, the opt-out wins',
    facts: [subscribed(null), unsubscribed(null)],
    send: false,
    reason: 'due',
    by: 'unsubscribed@null',
  },
  {
    name: 'of equal facts, the one with the smallest id decides',
    facts: [unsubscribed(HOUR, { id: 'b' }), unsubscribed(HOUR, { id: 'a' })],
    send: false,
    reason: 'due',
    by: 'a',
  },
  {
    name: 'SMS consent says nothing about email',
    facts: [subscribed(HOUR), unsubscribed(MINUTE, { channel: 'sms' })],
    send: true,
    reason: 'due',
    by: 'subscribed@3600000',
  },
  {
    name: 'WhatsApp consent says nothing about email',
    facts: [subscribed(HOUR, { channel: 'whatsapp' })],
    send: null,
    reason: 'no_choice',
  },
  {
    name: 'a guest’s ticked box is an opt-in',
    facts: [fact('ticked', HOUR)],
    send: true,
    reason: 'due',
    by: 'ticked@3600000',
  },
]);

table('a newer state without a choice', [
  {
    name: 'holds back an opt-in that Ascent360 does not have',
    facts: [subscribed(2 * HOUR), pending(HOUR)],
    send: null,
    reason: 'held_by_newer_state',
    by: 'pending@3600000',
  },
  {
    name: 'is reported as the newest of several',
    facts: [subscribed(3 * HOUR), fact(null, 2 * HOUR), pending(HOUR)],
    send: null,
    reason: 'held_by_newer_state',
    by: 'pending@3600000',
  },
  {
    name: 'holds back an opt-in with an unknown outcome',
    facts: [subscribed(2 * HOUR), pending(HOUR)],
    told: told(null, true),
    send: null,
    reason: 'held_by_newer_state',
    by: 'pending@3600000',
  },
  {
    name: 'holds back an opt-in accepted before an opt-out that may have arrived',
    facts: [subscribed(2 * HOUR), pending(HOUR)],
    told: told(true, false),
    send: null,
    reason: 'held_by_newer_state',
    by: 'pending@3600000',
  },
  {
    name: 'takes back nothing that Ascent360 has',
    facts: [subscribed(2 * HOUR), pending(HOUR)],
    told: told(true),
    send: null,
    reason: 'already_told',
    by: 'subscribed@7200000',
  },
  {
    name: 'never holds back an opt-out',
    facts: [unsubscribed(2 * HOUR), pending(HOUR)],
    send: false,
    reason: 'due',
    by: 'unsubscribed@7200000',
  },
  {
    name: 'holds nothing back if it is older',
    facts: [pending(2 * HOUR), subscribed(HOUR)],
    send: true,
    reason: 'due',
    by: 'subscribed@3600000',
  },
  {
    name: 'holds nothing back if it is of the same moment',
    facts: [pending(HOUR), subscribed(HOUR)],
    send: true,
    reason: 'due',
    by: 'subscribed@3600000',
  },
  {
    name: 'holds nothing back if it is undated',
    facts: [fact('not_subscribed', null), subscribed(HOUR)],
    send: true,
    reason: 'due',
    by: 'subscribed@3600000',
  },
  {
    name: 'may be a subscription at a lower level',
    facts: [subscribed(2 * HOUR), subscribed(HOUR, { level: 'unknown' })],
    send: null,
    reason: 'held_by_newer_state',
    by: 'subscribed@3600000',
  },
  {
    name: 'cannot be an unticked box',
    facts: [subscribed(2 * HOUR), unticked(HOUR)],
    send: true,
    reason: 'due',
    by: 'subscribed@7200000',
  },
]);

table('what Ascent360 was told', [
  {
    name: 'an accepted opt-in is not sent again',
    facts: [subscribed(HOUR)],
    told: told(true),
    send: null,
    reason: 'already_told',
    by: 'subscribed@3600000',
  },
  {
    name: 'an accepted opt-out is not sent again',
    facts: [unsubscribed(HOUR)],
    told: told(false),
    send: null,
    reason: 'already_told',
    by: 'unsubscribed@3600000',
  },
  {
    name: 'a change to opt-out is sent',
    facts: [subscribed(2 * HOUR), unsubscribed(HOUR)],
    told: told(true),
    send: false,
    reason: 'due',
    by: 'unsubscribed@3600000',
  },
  {
    name: 'a change to opt-in is sent',
    facts: [unsubscribed(2 * HOUR), subscribed(HOUR)],
    told: told(false),
    send: true,
    reason: 'due',
    by: 'subscribed@3600000',
  },
  {
    name: 'an opt-in with an unknown outcome is sent again',
    facts: [subscribed(HOUR)],
    told: told(null, true),
    send: true,
    reason: 'due',
    by: 'subscribed@3600000',
  },
  {
    name: 'an opt-out accepted before an opt-in with an unknown outcome is sent again',
    facts: [unsubscribed(HOUR)],
    told: told(false, true),
    send: false,
    reason: 'due',
    by: 'unsubscribed@3600000',
  },
  {
    name: 'an opt-in accepted before an opt-out with an unknown outcome is sent again',
    facts: [subscribed(HOUR)],
    told: told(true, true, false),
    send: true,
    reason: 'due',
    by: 'subscribed@3600000',
  },
  {
    name: 'the same value sent again with an unknown outcome changes nothing',
    facts: [subscribed(HOUR)],
    told: told(true, true, true),
    send: null,
    reason: 'already_told',
    by: 'subscribed@3600000',
  },
  {
    name: 'an accepted choice that has become old counts as accepted, not as history',
    facts: [subscribed(20 * DAY)],
    told: told(true),
    send: null,
    reason: 'already_told',
    by: `subscribed@${20 * DAY}`,
  },
  {
    name: 'an accepted opt-out from history counts as accepted, not as held back',
    facts: [unsubscribed(40 * DAY)],
    told: told(false),
    rules: { ...RULES, history: 'none' },
    send: null,
    reason: 'already_told',
    by: `unsubscribed@${40 * DAY}`,
  },
  {
    name: 'having no choice takes nothing back',
    facts: [pending(HOUR)],
    told: told(true),
    send: null,
    reason: 'no_choice',
  },
]);

table('an address that changed', [
  {
    name: 'an opt-in from before the person had the address does not count for it',
    facts: [subscribed(2 * HOUR, { addressChangedAt: NOW - HOUR })],
    send: null,
    reason: 'no_choice',
  },
  {
    name: 'an opt-in at the moment of the change counts',
    facts: [subscribed(HOUR, { addressChangedAt: NOW - HOUR })],
    send: true,
    reason: 'due',
    by: 'subscribed@3600000',
  },
  {
    name: 'an undated opt-in does not count for a changed address',
    facts: [subscribed(null, { addressChangedAt: NOW - HOUR })],
    rules: { ...RULES, history: 'all' },
    send: null,
    reason: 'no_choice',
  },
  {
    name: 'an opt-out from before the person had the address counts',
    facts: [unsubscribed(2 * HOUR, { addressChangedAt: NOW - HOUR })],
    send: false,
    reason: 'due',
    by: 'unsubscribed@7200000',
  },
  {
    name: 'an undated opt-out counts',
    facts: [unsubscribed(null, { addressChangedAt: NOW - HOUR })],
    send: false,
    reason: 'due',
    by: 'unsubscribed@null',
  },
  {
    name: 'an opt-in that does not count overrides no opt-out',
    facts: [unsubscribed(3 * HOUR), subscribed(2 * HOUR, { addressChangedAt: NOW - HOUR })],
    send: false,
    reason: 'due',
    by: 'unsubscribed@10800000',
  },
  {
    name: 'no opt-in counts if the time of the change is unreadable',
    facts: [subscribed(HOUR, { addressChangedAt: Number.NaN })],
    send: null,
    reason: 'no_choice',
  },
]);

table('an unticked box at checkout', [
  {
    name: 'is sent as an opt-out if the setting says so',
    facts: [unsubscribed(HOUR), unticked(HOUR)],
    send: false,
    reason: 'due',
    by: 'unsubscribed@3600000',
  },
  {
    name: 'is left out if the setting says so',
    facts: [unsubscribed(HOUR), unticked(HOUR)],
    rules: LEAVE_OUT,
    send: null,
    reason: 'unticked_box',
    by: 'unsubscribed@3600000',
  },
  {
    name: 'explains an `unsubscribed` 2 minutes after it',
    facts: [unsubscribed(HOUR), unticked(HOUR + 2 * MINUTE)],
    rules: LEAVE_OUT,
    send: null,
    reason: 'unticked_box',
    by: 'unsubscribed@3600000',
  },
  {
    name: 'explains an `unsubscribed` 2 minutes before it',
    facts: [unsubscribed(HOUR), unticked(HOUR - 2 * MINUTE)],
    rules: LEAVE_OUT,
    send: null,
    reason: 'unticked_box',
    by: 'unsubscribed@3600000',
  },
  {
    name: 'does not explain one more than 2 minutes after it',
    facts: [unsubscribed(HOUR), unticked(HOUR + 2 * MINUTE + 1)],
    rules: LEAVE_OUT,
    send: false,
    reason: 'due',
    by: 'unsubscribed@3600000',
  },
  {
    name: 'does not explain one more than 2 minutes before it',
    facts: [unsubscribed(HOUR), unticked(HOUR - 2 * MINUTE - 1)],
    rules: LEAVE_OUT,
    send: false,
    reason: 'due',
    by: 'unsubscribed@3600000',
  },
  {
    name: 'overrides an older opt-in even though it is left out',
    facts: [subscribed(2 * HOUR), unsubscribed(HOUR), unticked(HOUR)],
    rules: LEAVE_OUT,
    send: null,
    reason: 'unticked_box',
    by: 'unsubscribed@3600000',
  },
  {
    name: 'is overridden by an opt-in after it',
    facts: [unsubscribed(HOUR), unticked(HOUR), subscribed(MINUTE)],
    rules: LEAVE_OUT,
    send: true,
    reason: 'due',
    by: 'subscribed@60000',
  },
  {
    name: 'never hides a later opt-out',
    facts: [unsubscribed(2 * HOUR), unticked(2 * HOUR), unsubscribed(HOUR)],
    rules: LEAVE_OUT,
    send: false,
    reason: 'due',
    by: 'unsubscribed@3600000',
  },
  {
    name: 'never hides an earlier opt-out that still holds',
    facts: [unsubscribed(2 * HOUR), unsubscribed(HOUR), unticked(HOUR)],
    rules: LEAVE_OUT,
    send: false,
    reason: 'due',
    by: 'unsubscribed@7200000',
  },
  {
    name: 'is left out if an opt-in lies between it and an earlier opt-out',
    facts: [unsubscribed(3 * HOUR), subscribed(2 * HOUR), unsubscribed(HOUR), unticked(HOUR)],
    rules: LEAVE_OUT,
    send: null,
    reason: 'unticked_box',
    by: 'unsubscribed@3600000',
  },
  {
    name: 'does not explain an undated `unsubscribed`',
    facts: [unsubscribed(null), unticked(null), unticked(HOUR)],
    rules: LEAVE_OUT,
    send: false,
    reason: 'due',
    by: 'unsubscribed@null',
  },
  {
    name: 'stays accepted once accepted',
    facts: [unsubscribed(HOUR), unticked(HOUR)],
    told: told(false),
    rules: LEAVE_OUT,
    send: null,
    reason: 'already_told',
    by: 'unsubscribed@3600000',
  },
  {
    name: 'is the reason given even if the choice is also history',
    facts: [unsubscribed(40 * DAY), unticked(40 * DAY)],
    rules: { ...LEAVE_OUT, history: 'none' },
    send: null,
    reason: 'unticked_box',
    by: `unsubscribed@${40 * DAY}`,
  },
  ...(
    [
      ['explains an `unsubscribed` of the same customer', 'ada', 'ada', null],
      ['does not explain another customer’s `unsubscribed`', 'ada', 'ben', false],
      ['of a guest explains the `unsubscribed` of a customer', null, 'ada', null],
      ['of a customer explains an `unsubscribed` that names nobody', 'ada', null, null],
    ] as const
  ).map(
    ([name, buyer, personId, send]): Row => ({
      name,
      facts: [unsubscribed(HOUR, { personId }), fact('unticked', HOUR, { personId: buyer })],
      rules: LEAVE_OUT,
      send,
      reason: send === null ? 'unticked_box' : 'due',
      by: 'unsubscribed@3600000',
    }),
  ),
  {
    name: 'concerns email only',
    facts: [unsubscribed(HOUR, { channel: 'sms' }), fact('unticked', HOUR, { channel: 'sms' })],
    rules: LEAVE_OUT,
    more: { channel: 'sms' },
    send: false,
    reason: 'due',
    by: 'unsubscribed@3600000',
  },
]);

const OLD_TAG = fact('tag_opt_in', 8 * DAY, { channel: 'postal', source: 'tag' });
table('mapped tags follow the same rules', [
  {
    name: 'an opt-in tag is sent',
    facts: [fact('tag_opt_in', HOUR, { channel: 'phone', source: 'tag' })],
    more: { channel: 'phone' },
    send: true,
    reason: 'due',
    by: 'tag_opt_in@3600000',
  },
  {
    name: 'a removed tag takes nothing back',
    facts: [OLD_TAG, fact('tag_none', HOUR, { channel: 'postal', source: 'tag' })],
    told: told(true),
    more: { channel: 'postal' },
    send: null,
    reason: 'already_told',
    by: OLD_TAG.id,
  },
  {
    name: 'a removed tag holds back an opt-in that Ascent360 does not have',
    facts: [OLD_TAG, fact('tag_none', HOUR, { channel: 'postal', source: 'tag' })],
    more: { channel: 'postal' },
    send: null,
    reason: 'held_by_newer_state',
    by: 'tag_none@3600000',
  },
  {
    name: 'an opt-in tag found when the person is first seen is history',
    facts: [fact('tag_opt_in', null, { channel: 'postal', source: 'tag' })],
    more: { channel: 'postal' },
    send: null,
    reason: 'history_held',
    by: 'tag_opt_in@null',
  },
  {
    name: 'an opt-out tag found when the person is first seen is sent',
    facts: [fact('tag_opt_out', null, { channel: 'postal', source: 'tag' })],
    more: { channel: 'postal' },
    send: false,
    reason: 'due',
    by: 'tag_opt_out@null',
  },
]);

describe('history', () => {
  const choices = [
    { what: 'an opt-in made today', state: 'subscribed', ago: HOUR, history: false },
    { what: 'an opt-in made exactly 7 days ago', state: 'subscribed', ago: 7 * DAY, history: false },
    { what: 'an opt-in made 7 days and 1 ms ago', state: 'subscribed', ago: 7 * DAY + 1, history: true },
    { what: 'an opt-in before the installation', state: 'subscribed', ago: 31 * DAY, history: true },
    { what: 'an undated opt-in', state: 'subscribed', ago: null, history: true },
    { what: 'an opt-out made 29 days ago', state: 'unsubscribed', ago: 29 * DAY, history: false },
    { what: 'an opt-out at the installation', state: 'unsubscribed', ago: 30 * DAY, history: false },
    { what: 'an opt-out 1 ms before the installation', state: 'unsubscribed', ago: 30 * DAY + 1, history: true },
    { what: 'an undated opt-out', state: 'unsubscribed', ago: null, history: true },
  ] as const;
  const rows = choices.flatMap((choice) =>
    (['none', 'optOuts', 'all'] as const).map((policy) => ({
      ...choice,
      policy,
      held: choice.history && (policy === 'none' || (policy === 'optOuts' && choice.state === 'subscribed')),
    })),
  );

  it.each(rows)('$what under $policy: held = $held', ({ state, ago, policy, held }) => {
    const one = fact(state, ago);
    const flag = state === 'subscribed';
    const input = { channel: 'email' as const, facts: [one], told: NOTHING, rules: { ...RULES, history: policy } };
    expect(decide({ ...input, historyBefore: INSTALLED, now: NOW })).toEqual(
      held ? { send: null, reason: 'history_held', fact: one } : { send: flag, reason: 'due', fact: one },
    );
  });

  const reasonFor = (one: ConsentFact, historyBefore: number) => {
    const rules: ConsentRules = { ...RULES, history: 'none' };
    return decide({ channel: 'email', facts: [one], told: NOTHING, rules, historyBefore, now: NOW }).reason;
  };

  it('an undated choice is history even if nothing came before it', () => {
    expect(reasonFor(unsubscribed(null), Number.NEGATIVE_INFINITY)).toBe('history_held');
  });

  it('a recent opt-in from before a new Ascent360 account was set is history', () => {
    expect(reasonFor(subscribed(2 * HOUR), NOW - HOUR)).toBe('history_held');
    expect(reasonFor(subscribed(HOUR), NOW - HOUR)).toBe('due');
  });
});

const AHEAD = -16 * MINUTE;
table('dates that cannot be right', [
  {
    name: 'an opt-in a little ahead of our clock is new',
    facts: [unsubscribed(HOUR), subscribed(-15 * MINUTE)],
    send: true,
    reason: 'due',
    by: 'subscribed@-900000',
  },
  {
    name: 'an opt-in far ahead of our clock never beats an opt-out',
    facts: [unsubscribed(HOUR), subscribed(AHEAD)],
    send: false,
    reason: 'due',
    by: 'unsubscribed@3600000',
  },
  {
    name: 'an opt-in far ahead of our clock is undated, so history',
    facts: [subscribed(AHEAD)],
    send: null,
    reason: 'history_held',
    by: `subscribed@${AHEAD}`,
  },
  {
    name: 'an opt-out far ahead of our clock still beats an opt-in',
    facts: [subscribed(HOUR), unsubscribed(AHEAD)],
    send: false,
    reason: 'due',
    by: `unsubscribed@${AHEAD}`,
  },
  {
    name: 'a state far ahead of our clock still holds back an opt-in',
    facts: [subscribed(HOUR), pending(AHEAD)],
    send: null,
    reason: 'held_by_newer_state',
    by: `pending@${AHEAD}`,
  },
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 9e15, -9e15].flatMap((chosenAt): Row[] => [
    {
      name: `an opt-in chosen at ${chosenAt} is undated`,
      facts: [subscribed(null, { chosenAt })],
      send: null,
      reason: 'history_held',
      by: 'subscribed@null',
    },
    {
      name: `an opt-out chosen at ${chosenAt} is undated`,
      facts: [unsubscribed(null, { chosenAt }), subscribed(HOUR)],
      send: true,
      reason: 'due',
      by: 'subscribed@3600000',
    },
  ]),
  {
    name: 'no opt-in is sent without a readable current time',
    facts: [subscribed(HOUR)],
    more: { now: Number.NaN },
    send: null,
    reason: 'history_held',
    by: 'subscribed@3600000',
  },
  {
    name: 'no opt-in is sent without a readable installation date',
    facts: [subscribed(HOUR)],
    more: { historyBefore: Number.NaN },
    send: null,
    reason: 'history_held',
    by: 'subscribed@3600000',
  },
]);
