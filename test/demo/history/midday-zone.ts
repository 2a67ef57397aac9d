import type { Instant } from '../../../server/domain/scalars.ts';

/**
 * A time zone whose clocks show between 12 and 1 o'clock at this moment and never change. The story
 * of a shop there is the same whenever it is told: no test depends on the hour at which it runs.
 */
export function middayZone(now: Instant): string {
  const ahead = 12 - new Date(now).getUTCHours();
  // The sign is that of POSIX: what is east of Greenwich is negative.
  return `Etc/GMT${ahead > 0 ? '-' : '+'}${Math.abs(ahead)}`;
}
