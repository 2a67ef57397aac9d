import { DAY, HOUR } from '../../durations.ts';

/** Numbers from 0 to 1 from a seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A made-up shop: from one change in ten days to 300 a day, with its own hours, weekdays, seasons,
 * closed days and sales.
 */
type MadeShop = { changesPerDay: number; rate(at: number): number };

export function makeShop(random: () => number): MadeShop {
  const changesPerDay = 0.1 * 3000 ** random();
  const peak = random() * 24;
  const sharp = 0.2 + random() * 3;
  const weekend = 0.2 + random() * 1.6;
  const season = random() * 0.8;
  const seasonAt = random() * 365;
  /** Closed for days, as over holidays: 0 to 4 times a year, when hardly anyone orders. */
  const closed = Array.from({ length: Math.floor(random() * 5) }, () => {
    const from = random() * 365;
    return { from, to: from + 1 + random() * 9, factor: random() * 0.3 };
  });
  const sales = Array.from({ length: Math.floor(random() * 8) }, () => ({
    from: random() * 365,
    factor: 2 + random() * 8,
  }));
  const shapeOf = (hour: number) => Math.exp(sharp * (Math.cos(((hour - peak) / 24) * 2 * Math.PI) - 1));
  let mean = 0;
  for (let hour = 0; hour < 24; hour++) mean += shapeOf(hour) / 24;
  return {
    changesPerDay,
    rate: (at) => {
      const day = at / DAY;
      const isWeekend = (Math.floor(day) + 3) % 7 >= 5;
      let factor = shapeOf((at / HOUR) % 24) / mean;
      factor *= isWeekend ? weekend : 1;
      factor *= 1 + season * Math.cos(((day - seasonAt) / 365) * 2 * Math.PI);
      const today = day % 365;
      for (const { from, to, factor: left } of closed) if (today >= from && today < to) factor *= left;
      for (const { from, factor: more } of sales) if (today >= from && today < from + 1) factor *= more;
      return (changesPerDay * factor) / DAY;
    },
  };
}

const STEP = HOUR / 4;
const gap = (random: () => number) => -Math.log(random() || 1e-12);

/**
 * When something changed in the shop, at random, with days that are quieter or busier than others.
 * @param days how many
 */
export function changesOf(shop: MadeShop, days: number, random: () => number): number[] {
  const changes: number[] = [];
  for (let day = 0; day < days; day++) {
    // Days differ by more than chance: log-normal, with a standard deviation of 0.35.
    const normal = Math.sqrt(-2 * Math.log(random() || 1e-12)) * Math.cos(2 * Math.PI * random());
    const mood = Math.exp(0.35 * normal - 0.06);
    for (let at = day * DAY; at < (day + 1) * DAY; at += STEP) {
      const mean = shop.rate(at + STEP / 2) * mood * STEP;
      // Poisson, by exponential gaps.
      const here: number[] = [];
      for (let sum = gap(random); sum < mean; sum += gap(random)) here.push(at + random() * STEP);
      changes.push(...here.sort((a, b) => a - b));
    }
  }
  return changes;
}
