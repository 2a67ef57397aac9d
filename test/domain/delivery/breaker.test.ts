import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLOSED, mayAttempt, record, startProbe } from '../../../server/domain/delivery/breaker.ts';
import type { BreakerState } from '../../../server/domain/states.ts';

const WINDOW = 300_000;
const PROBE = 30_000;
const T = Date.UTC(2026, 5, 30);
type Outcome = 'success' | 'failure';

const run = (outcomes: Outcome[], every = 1000, from: BreakerState = CLOSED, start = T) =>
  outcomes.reduce((state, outcome, i) => record(state, outcome, start + i * every, WINDOW), from);
const times = (n: number, outcome: Outcome): Outcome[] => Array.from({ length: n }, () => outcome);
const OPEN = record(run(times(9, 'failure'), 0), 'failure', T, WINDOW);

describe('the breaker of a shop', () => {
  it.each([
    { name: '9 failures', outcomes: times(9, 'failure'), open: false },
    { name: '10 failures', outcomes: times(10, 'failure'), open: true },
    { name: '7 failures of 10', outcomes: [...times(3, 'success'), ...times(7, 'failure')], open: true },
    {
      name: '7 failures of 10, failures first',
      outcomes: [...times(7, 'failure'), ...times(3, 'success')],
      open: true,
    },
    { name: '6 failures of 10', outcomes: [...times(4, 'success'), ...times(6, 'failure')], open: false },
    { name: '49 failures of 70', outcomes: [...times(21, 'success'), ...times(49, 'failure')], open: true },
    { name: '48 failures of 69', outcomes: [...times(21, 'success'), ...times(48, 'failure')], open: false },
    { name: '100 successes', outcomes: times(100, 'success'), open: false },
  ] as const)('$name in the window: open = $open', ({ outcomes, open }) => {
    const state = run([...outcomes]);
    expect(mayAttempt(state, T + 70_000, PROBE) === 'yes').toBe(!open);
    expect(state.openedAt !== null).toBe(open);
  });

  it('forgets attempts that have left the window', () => {
    const seen = run(times(9, 'failure'), 0);
    expect(record(seen, 'failure', T + WINDOW - 1, WINDOW).openedAt).toBe(T + WINDOW - 1);
    expect(record(seen, 'failure', T + WINDOW * 1.04, WINDOW).openedAt).toBeNull();
    expect(run(times(100, 'failure'), WINDOW / 8.5).openedAt).toBeNull();
    expect(run(times(100, 'failure'), WINDOW / 11).openedAt).not.toBeNull();
  });

  it('counts an attempt for a thirtieth longer than the window, and no longer', () => {
    const seen = run(times(9, 'failure'), 0);
    expect(record(seen, 'failure', T + WINDOW + WINDOW / 30 - 1, WINDOW).openedAt).not.toBeNull();
    expect(record(seen, 'failure', T + WINDOW + WINDOW / 30, WINDOW).openedAt).toBeNull();
  });

  it('starts a new slice after a thirtieth of the window, and adds to the last one until then', () => {
    const width = WINDOW / 30;
    const at = [0, 1, width - 1, width, width + 1, 2 * width, 2 * width + 5, 3 * width - 1];
    const state = at.reduce((before, later) => record(before, 'failure', T + later, WINDOW), CLOSED);
    expect(state.slices).toEqual([
      { at: T, attempts: 3, failures: 3 },
      { at: T + width, attempts: 2, failures: 2 },
      { at: T + 2 * width, attempts: 3, failures: 3 },
    ]);
  });

  it('lets one probe through after the wait, then one per wait', () => {
    expect(mayAttempt(OPEN, T, PROBE)).toBe('no');
    expect(mayAttempt(OPEN, T + PROBE - 1, PROBE)).toBe('no');
    expect(mayAttempt(OPEN, T + PROBE, PROBE)).toBe('probe');
    const probing = startProbe(OPEN, T + PROBE + 5);
    expect(mayAttempt(probing, T + PROBE + 6, PROBE)).toBe('no');
    expect(mayAttempt(probing, T + 2 * PROBE + 4, PROBE)).toBe('no');
    expect(mayAttempt(probing, T + 2 * PROBE + 5, PROBE)).toBe('probe');
  });

  it('stays open when the probe fails', () => {
    const probing = startProbe(OPEN, T + PROBE);
    expect(record(probing, 'failure', T + PROBE + 100, WINDOW)).toEqual(probing);
  });

  it('closes after one success and starts counting again', () => {
    const closed = record(startProbe(OPEN, T + PROBE), 'success', T + PROBE + 100, WINDOW);
    expect(mayAttempt(closed, T + PROBE + 101, PROBE)).toBe('yes');
    expect(run(times(8, 'failure'), 0, closed, T + PROBE + 101).openedAt).toBeNull();
    expect(run(times(9, 'failure'), 0, closed, T + PROBE + 101).openedAt).toBe(T + PROBE + 101);
  });

  it('never probes while closed', () => {
    const closed = run(times(3, 'failure'));
    expect(startProbe(closed, T)).toEqual(closed);
    expect(mayAttempt(closed, T, PROBE)).toBe('yes');
  });

  it('probes even if the clock was set back', () => {
    expect(mayAttempt(OPEN, T - 10 * PROBE, PROBE)).toBe('probe');
  });

  it('stays small and survives JSON unchanged, whatever happens', () => {
    const step = fc.record({
      outcome: fc.constantFrom<Outcome>('success', 'failure'),
      later: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: -WINDOW, max: 2 * WINDOW })),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        let [state, now] = [CLOSED, T];
        for (const { outcome, later } of steps) {
          now += later;
          state = record(state, outcome, now, WINDOW);
          expect(JSON.parse(JSON.stringify(state))).toEqual(state);
          expect(state.slices.length).toBeLessThanOrEqual(31);
        }
      }),
    );
  });

  it('opens exactly when a plain count of all attempts within a slice would open it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom<Outcome>('success', 'failure', 'failure', 'failure'), { maxLength: 60 }),
        (outcomes) => {
          const expected = outcomes.findIndex((_, i) => {
            const failures = outcomes.slice(0, i + 1).filter((o) => o === 'failure').length;
            return i >= 9 && failures / (i + 1) >= 0.7 - 1e-12;
          });
          let state: BreakerState = CLOSED;
          const opened = outcomes.findIndex((outcome, i) => {
            state = record(state, outcome, T + i, WINDOW);
            return state.openedAt !== null;
          });
          expect(opened).toBe(expected);
        },
      ),
      { numRuns: 500 },
    );
  });
});
