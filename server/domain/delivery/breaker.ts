/**
 * The breaker of one shop. It stops attempts while Ascent360 is down for the shop, so that none are
 * wasted.
 *
 * | state  | on                                                   | becomes                 |
 * |--------|------------------------------------------------------|-------------------------|
 * | closed | ≥ 10 attempts in the window, ≥ 70 % of them failures | open                    |
 * | open   | probeMs since it opened, or since the last probe     | open: one probe may go  |
 * | open   | a success, of the probe or of an earlier attempt     | closed, counts restart  |
 * | open   | a failure                                            | open                    |
 *
 * A failure is an answer of class retry (5xx, 429, time-out, no connection). Any other is a success
 * here: whoever refuses a record (400) or a GUID (401 …) is up, and to wait would help nobody. After
 * closing, that success is the first attempt counted. The window is counted in 30 slices, so that the
 * state stays small at any rate; an attempt counts for at most one slice longer than the window.
 */
import type { Instant } from '../scalars.ts';
import type { BreakerState } from '../states.ts';

const OPENS_AT_ATTEMPTS = 10;
const OPENS_AT_FAILURE_PERCENT = 70;
const SLICES = 30;

export const CLOSED: BreakerState = { openedAt: null, probedAt: null, slices: [] };

/** The state after an attempt ended at `now`. */
export function record(
  state: BreakerState,
  outcome: 'success' | 'failure',
  now: Instant,
  windowMs: number,
): BreakerState {
  if (state.openedAt !== null && outcome === 'failure') return state;
  const slices = count(state.slices, outcome === 'failure', now, windowMs);
  const attempts = slices.reduce((sum, slice) => sum + slice.attempts, 0);
  const failures = slices.reduce((sum, slice) => sum + slice.failures, 0);
  const opens = attempts >= OPENS_AT_ATTEMPTS && failures * 100 >= attempts * OPENS_AT_FAILURE_PERCENT;
  return opens ? { openedAt: now, probedAt: null, slices: [] } : { openedAt: null, probedAt: null, slices };
}

/**
 * Whether an attempt may start: as usual, as the one probe (then call startProbe), or not at all.
 */
export function mayAttempt(state: BreakerState, now: Instant, probeMs: number): 'yes' | 'probe' | 'no' {
  if (state.openedAt === null) return 'yes';
  const since = now - (state.probedAt ?? state.openedAt);
  // If the clock was set back by more than the wait, the probe must not wait that much longer.
  return Math.abs(since) >= probeMs ? 'probe' : 'no';
}

/** The state once the probe has left. A closed breaker has no probe and stays as it is. */
export function startProbe(state: BreakerState, now: Instant): BreakerState {
  return state.openedAt === null ? state : { ...state, probedAt: now };
}

function count(slices: BreakerState['slices'], failed: boolean, now: Instant, windowMs: number) {
  const width = windowMs / SLICES;
  const kept = slices.filter((slice) => Math.abs(now - slice.at) < windowMs + width);
  const last = kept.at(-1);
  const failure = failed ? 1 : 0;
  if (last === undefined || now >= last.at + width) return [...kept, { at: now, attempts: 1, failures: failure }];
  return [...kept.slice(0, -1), { at: last.at, attempts: last.attempts + 1, failures: last.failures + failure }];
}
