import { hourOfWeek, lookAt, nextLookAt, PATTERN_WEEKS, WINDOW_MS } from '../../../server/domain/silence.ts';
import { DAY, HOUR } from '../../durations.ts';
import { changesOf, makeShop } from './shops.ts';

const YEAR = 365;
/** Before it nothing is counted: a pattern is being learned. */
const LEARNING = 28;
const MARGIN = 2 * 60_000;

/** The results of one shop's year. */
export type Watched = {
  changesPerDay: number;
  /** Checks of a shop whose webhooks arrived: Shopify was asked in vain. */
  vainLooks: number;
  /** Problems reported for a shop whose webhooks arrived, some of them late. */
  falseAlarms: number;
  /** Problems that a shop without a token would have got although nothing was wrong. */
  blindAlarms: number;
  /**
   * Hours from the first change without a webhook to the reported problem; null: no change all
   * year.
   */
  hoursToDetection: number | null;
};

/** The last four weeks of windows with webhooks. */
function createPattern() {
  const windows: number[] = Array.from({ length: 168 }, () => 0);
  const kept: number[] = [];
  let oldest = 0;
  return {
    add: (at: number) => {
      const window = Math.floor(at / WINDOW_MS);
      if (kept.at(-1) === window) return;
      kept.push(window);
      const slot = hourOfWeek(window * WINDOW_MS);
      windows[slot] = (windows[slot] ?? 0) + 1;
    },
    at: (now: number) => {
      const from = (now - PATTERN_WEEKS * 7 * DAY) / WINDOW_MS;
      for (let window = kept[oldest]; window !== undefined && window < from; window = kept[oldest]) {
        const slot = hourOfWeek(window * WINDOW_MS);
        windows[slot] = (windows[slot] ?? 0) - 1;
        oldest++;
      }
      return { windows, weeks: Math.min(PATTERN_WEEKS, now / (7 * DAY)) };
    },
  };
}

/**
 * How long a webhook takes: seconds, but one in 1,000 arrives up to four hours late, as with
 * Shopify's retries.
 */
const lateness = (random: () => number) => (random() < 0.001 ? random() ** 2 * 4 * HOUR : random() * 20_000);

/**
 * A year of a shop whose webhooks arrive, then the same shop with webhooks that stop at some time.
 */
export function watchYear(random: () => number): Watched {
  const shop = makeShop(random);
  const changes = changesOf(shop, LEARNING + YEAR, random);
  const came = changes.map((at) => ({ at, heard: at + lateness(random) })).sort((a, b) => a.heard - b.heard);
  const stops = (LEARNING + 28 + random() * (YEAR - 60)) * DAY;
  const pattern = createPattern();
  const found = { vainLooks: 0, falseAlarms: 0, blindAlarms: 0 };
  let detected: number | null = null;
  let since = 0;
  for (let i = 0; i <= came.length; i++) {
    const next = came[i]?.heard ?? (LEARNING + YEAR) * DAY;
    const isCounted = since >= LEARNING * DAY;
    if (detected === null && next >= stops) detected = detection(changes, pattern.at(since), { since, stops });
    if (isCounted && next - since > 30 * 60_000) {
      let look = lookAt(pattern.at(since), since);
      for (let looks = 0; look < next; looks++) {
        if (looks === 0) found.blindAlarms++;
        // Shopify knows of a change whose webhook is late.
        const late = came.slice(i, i + 20).some(({ at }) => at > since && at <= look - MARGIN);
        if (late) {
          found.falseAlarms++;
          break;
        }
        found.vainLooks++;
        look = nextLookAt(since, look);
      }
    }
    since = next;
    if (came[i]) pattern.add(next);
  }
  return { changesPerDay: shop.changesPerDay, ...found, hoursToDetection: detected };
}

/**
 * Webhooks stop: the last one arrived at `since`. @returns hours from the first unreported change
 * to the check that finds one
 */
function detection(
  changes: readonly number[],
  pattern: Parameters<typeof lookAt>[0],
  { since, stops }: { since: number; stops: number },
): number | null {
  const first = changes.find((at) => at >= stops);
  if (first === undefined) return null;
  for (let look = lookAt(pattern, since); ; look = nextLookAt(since, look)) {
    if (look >= stops && first <= look - MARGIN) return (look - first) / HOUR;
  }
}
