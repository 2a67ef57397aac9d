/**
 * A small world: Shopify facts about one address that arrive late, twice and in any order, a
 * receiver that keeps the last flag it accepted, and a sender that uses `decide` as delivery does.
 * fast-check makes up what happens.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConsentRules } from '../../../server/domain/consent/decide.ts';
import { decide } from '../../../server/domain/consent/decide.ts';
import { meaningOf } from '../../../server/domain/consent/meaning-of.ts';
import type { ConsentFact, FlagChannel, FlagDecision, Told } from '../../../server/domain/consent.ts';
import { DAY, MINUTE } from '../../durations.ts';

const START = Date.UTC(2026, 5, 1);
const INSTALLED = START + DAY;

/**
 * How an attempt ends. Unknown: a time-out, a cut connection, a killed process; the receiver took
 * it or didn't.
 */
type Ending = 'accepted' | 'refused' | 'unknown_taken' | 'unknown_lost';
type Step =
  | { do: 'choose'; state: string | null; level: string | null; dated: boolean; newAddress: boolean }
  | { do: 'box'; state: 'ticked' | 'unticked' }
  /** All at once, as on a good day: chosen a minute later, known, and an attempt made. */
  | { do: 'choose_and_tell'; state: string; ending: Ending }
  | { do: 'arrive'; which: number }
  | { do: 'wait'; ms: number }
  | { do: 'change_settings'; rules: ConsentRules }
  | { do: 'attempt'; ending: Ending };

type Attempt = {
  at: number;
  value: boolean;
  ending: Ending;
  decision: FlagDecision;
  known: ConsentFact[];
  rules: ConsentRules;
};
type World = {
  channel: FlagChannel;
  now: number;
  rules: ConsentRules;
  /**
   * Everything that happened in Shopify. A fact lost on its way is sent again, and some arrive
   * twice.
   */
  happened: ConsentFact[];
  /** What we have received so far, repeats included. */
  known: ConsentFact[];
  told: Told;
  receiverHolds: boolean | null;
  attempts: Attempt[];
};

function attempt(world: World, ending: Ending): FlagDecision {
  const { channel, known, told, rules, now } = world;
  const decision = decide({ channel, facts: known, told, rules, historyBefore: INSTALLED, now });
  const value = decision.send;
  if (value === null) return decision;
  world.attempts.push({ at: now, value, ending, decision, known: [...known], rules });
  if (ending === 'accepted' || ending === 'unknown_taken') world.receiverHolds = value;
  if (ending === 'accepted') world.told = { accepted: value, acceptedAt: now, pendingFlags: [] };
  if (ending === 'unknown_taken' || ending === 'unknown_lost') {
    world.told = { ...told, pendingFlags: [...told.pendingFlags, value] };
  }
  return decision;
}

function happen(world: World, fact: Partial<ConsentFact>) {
  world.happened.push({
    id: `fact-${world.happened.length}`,
    channel: world.channel,
    state: null,
    level: null,
    chosenAt: world.now,
    source: 'consent_topic',
    eventId: null,
    addressChangedAt: null,
    ...fact,
  });
}

function play(channel: FlagChannel, rules: ConsentRules, steps: readonly Step[]): World {
  const world: World = {
    channel,
    now: START,
    rules,
    happened: [],
    known: [],
    told: { accepted: null, acceptedAt: null, pendingFlags: [] },
    receiverHolds: null,
    attempts: [],
  };
  for (const step of steps) {
    if (step.do === 'choose') {
      const chosenAt = step.dated ? world.now : null;
      const addressChangedAt = step.newAddress ? world.now + MINUTE : null;
      happen(world, { state: step.state, level: step.level, chosenAt, addressChangedAt });
    }
    if (step.do === 'box') happen(world, { state: step.state, source: 'order_box' });
    if (step.do === 'arrive') {
      const fact = world.happened[step.which % Math.max(1, world.happened.length)];
      if (fact !== undefined) world.known.push(fact);
    }
    if (step.do === 'choose_and_tell') {
      world.now += MINUTE;
      happen(world, { state: step.state, level: 'confirmed_opt_in' });
      world.known.push(...world.happened.slice(-1));
      attempt(world, step.ending);
    }
    if (step.do === 'wait') world.now += step.ms;
    if (step.do === 'change_settings') world.rules = step.rules;
    if (step.do === 'attempt') attempt(world, step.ending);
  }
  return world;
}

const rules = fc.record<ConsentRules>({
  optInLevel: fc.constantFrom('any', 'single', 'confirmed'),
  history: fc.constantFrom('none', 'optOuts', 'all', 'all'),
  untickedBox: fc.constantFrom('send', 'leaveOut'),
});
const ending = fc.constantFrom<Ending>('accepted', 'accepted', 'refused', 'unknown_taken', 'unknown_lost');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('choose_and_tell' as const),
      state: fc.constantFrom('subscribed', 'unsubscribed'),
      ending,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('choose' as const),
      state: fc.constantFrom('subscribed', 'subscribed', 'SUBSCRIBED', 'unsubscribed', 'Unsubscribed', 'pending', null),
      level: fc.constantFrom('single_opt_in', 'CONFIRMED_OPT_IN', 'unknown', null),
      dated: fc.constantFrom(true, true, true, false),
      newAddress: fc.constantFrom(false, false, false, true),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('box' as const), state: fc.constantFrom('ticked', 'unticked') }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('arrive' as const), which: fc.nat(30) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1, MINUTE, 2 * MINUTE, 14 * MINUTE, DAY, 5 * DAY),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('change_settings' as const), rules }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('attempt' as const),
      ending,
    }),
  },
);
const world = fc
  .tuple(fc.constantFrom<FlagChannel>('email', 'email', 'sms'), rules, fc.array(step, { minLength: 5, maxLength: 40 }))
  .map(([channel, first, steps]) => play(channel, first, steps));
const RUNS = { numRuns: 3000 };

/**
 * The right answer, worked out the slow way: facts sorted by date, opt-outs last on the same date,
 * the last one wins.
 */
const when = (fact: ConsentFact) => fact.chosenAt ?? Number.NEGATIVE_INFINITY;
const isOptOut = (fact: ConsentFact, under: ConsentRules) => meaningOf(fact, under.optInLevel) === 'opt_out';
const isOptIn = (fact: ConsentFact, under: ConsentRules) => {
  if (meaningOf(fact, under.optInLevel) !== 'opt_in') return false;
  return fact.addressChangedAt === null || (fact.chosenAt !== null && fact.chosenAt >= fact.addressChangedAt);
};
function newestChoice(facts: readonly ConsentFact[], under: ConsentRules) {
  const choices = facts.filter((fact) => isOptOut(fact, under) || isOptIn(fact, under));
  const rank = (fact: ConsentFact) => Number(isOptOut(fact, under));
  return choices.toSorted((a, b) => (when(a) === when(b) ? rank(a) - rank(b) : when(a) < when(b) ? -1 : 1)).at(-1);
}

describe('whatever happens', () => {
  it('Ascent360 holds the newest explicit choice once everything is known and accepted', () => {
    const settled = { opt_in: 0, opt_out: 0 };
    fc.assert(
      fc.property(world, (w) => {
        w.known.push(...w.happened.toReversed());
        w.rules = { ...w.rules, history: 'all', untickedBox: 'send' };
        attempt(w, 'accepted');
        expect(attempt(w, 'accepted').send).toBeNull();

        const choice = newestChoice(w.happened, w.rules);
        if (choice === undefined) return;
        if (isOptOut(choice, w.rules)) {
          settled.opt_out += 1;
          expect(w.receiverHolds).toBe(false);
          return;
        }
        const withoutChoice = w.happened.filter((fact) => meaningOf(fact, w.rules.optInLevel) === 'none');
        if (withoutChoice.some((fact) => when(fact) > when(choice))) return;
        settled.opt_in += 1;
        expect(w.receiverHolds).toBe(true);
      }),
      RUNS,
    );
    expect(Math.min(settled.opt_in, settled.opt_out)).toBeGreaterThan(RUNS.numRuns / 10);
  });

  it('no opt-in as old as a known opt-out, or older, is ever sent', () => {
    fc.assert(
      fc.property(world, (w) => {
        for (const { value, known, decision, rules: under } of w.attempts) {
          if (!value) continue;
          const { fact } = decision;
          if (fact === null) throw new Error('a flag without a fact');
          expect(isOptIn(fact, under)).toBe(true);
          for (const optOut of known.filter((one) => isOptOut(one, under))) {
            expect(when(optOut)).toBeLessThan(when(fact));
          }
        }
      }),
      RUNS,
    );
  });

  it('nothing is sent twice unless an outcome in between is unknown', () => {
    fc.assert(
      fc.property(world, (w) => {
        let surelyHeld: boolean | null = null;
        for (const { value, ending } of w.attempts) {
          expect(value).not.toBe(surelyHeld);
          if (ending === 'accepted') surelyHeld = value;
          if (ending === 'unknown_taken' || ending === 'unknown_lost') surelyHeld = null;
        }
      }),
      RUNS,
    );
  });

  it('every flag sent is the newest known choice, and never history or an unticked box that the settings hold back', () => {
    fc.assert(
      fc.property(world, (w) => {
        for (const { at, value, known, decision, rules: under } of w.attempts) {
          const newest = newestChoice(known, under);
          const { fact } = decision;
          if (newest === undefined || fact === null) throw new Error('a flag without a choice');
          expect(value).toBe(isOptIn(newest, under));
          const history = when(fact) < INSTALLED || (value && at - when(fact) > 7 * DAY);
          expect(history && (under.history === 'none' || (under.history === 'optOuts' && value))).toBe(false);
          const boxes = known.filter((one) => one.state === 'unticked' && w.channel === 'email');
          const unticked = boxes.some((box) => Math.abs(when(box) - when(fact)) <= 2 * MINUTE);
          expect(!value && unticked && under.untickedBox === 'leaveOut').toBe(false);
        }
      }),
      RUNS,
    );
  });

  it('no opt-in is sent while a newer state without a choice is known and Ascent360 doesn’t surely hold an opt-in', () => {
    fc.assert(
      fc.property(world, (w) => {
        for (const { value, known, decision, rules: under } of w.attempts) {
          const { fact } = decision;
          if (!value || fact === null) continue;
          const newer = known.filter((one) => meaningOf(one, under.optInLevel) === 'none' && when(one) > when(fact));
          expect(newer).toEqual([]);
        }
      }),
      RUNS,
    );
  });

  it('the order and repetition of facts never change a decision', () => {
    const rearranged = world.chain((w) => {
      const order = fc.shuffledSubarray(w.happened, { minLength: w.happened.length });
      return fc.tuple(fc.constant(w), order, fc.subarray(w.happened));
    });
    fc.assert(
      fc.property(rearranged, ([w, order, again]) => {
        const { channel, told, rules: under, now } = w;
        const input = { channel, told, rules: under, historyBefore: INSTALLED, now };
        const decision = decide({ ...input, facts: w.happened });
        expect(decide({ ...input, facts: order })).toEqual(decision);
        expect(decide({ ...input, facts: [...order, ...again.toReversed(), ...order] })).toEqual(decision);
      }),
      RUNS,
    );
  });
});

describe('the sender in this world', () => {
  it('runs into every reason, so the guarantees above are about something', () => {
    const met = new Set<string>();
    for (const w of fc.sample(world, { numRuns: 1000, seed: 360 })) {
      const { channel, known, told, rules: under, now } = w;
      met.add(decide({ channel, facts: known, told, rules: under, historyBefore: INSTALLED, now }).reason);
    }
    const all = ['due', 'already_told', 'no_choice', 'held_by_newer_state', 'history_held', 'unticked_box'];
    expect([...met].toSorted()).toEqual(all.toSorted());
  });
});
