/**
 * What makes the steps of one history alike: what is rare in single steps is common in some
 * histories.
 */
import fc from 'fast-check';
import type { Step } from './history.ts';

/**
 * What a whole history is like. `smooth`: everything arrives at once, choices are whole and made
 * now, and Ascent360 keeps to an answer, so that only the order of what happens is unusual.
 * `channel`: all choices and moves are of this one. `silent`: they never choose, as most people
 * don't. `apart`: nothing happens while an answer is on its way.
 */
type Manner = { smooth: boolean; channel: 'email' | 'sms' | null; silent: number | null; apart: boolean };
export const manner: fc.Arbitrary<Manner> = fc.record({
  smooth: fc.boolean(),
  channel: fc.constantFrom(null, 'email', 'sms'),
  silent: fc.constantFrom(null, 0, 1),
  apart: fc.boolean(),
});

const smoothed = (step: Step): Step => ({
  ...step,
  ...{ fate: 'comes', work: true, short: false },
  ...(step.do === 'answers' && { answers: step.answers.map(() => step.answers[0] ?? 'ok') }),
  ...(step.do === 'choose' && { level: 'single_opt_in', age: 0, dating: 'dated', named: true }),
});

export const inManner =
  ({ smooth, channel, silent, apart }: Manner) =>
  (step: Step): Step => {
    const timed = apart ? { ...step, amid: null } : step;
    const like = smooth ? smoothed(timed) : timed;
    const onIt = 'channel' in like && channel !== null ? { ...like, channel } : like;
    return onIt.do === 'choose' && onIt.who === silent ? { ...onIt, who: 1 - silent } : onIt;
  };
