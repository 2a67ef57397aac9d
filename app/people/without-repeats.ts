import type { TimelineEntry } from '../../server/features/people/api.ts';

/**
 * The timeline without decisions that repeat the previous one for their address. Each record is
 * decided again, so most decisions for a loyal customer say that Ascent360 already knows.
 * @param entries newest first
 */
export function withoutRepeats(entries: readonly TimelineEntry[]): TimelineEntry[] {
  const last = new Map<string, string>();
  const kept = entries.toReversed().filter((entry) => {
    if (entry.kind !== 'fact' && entry.kind !== 'decision') return true;
    const about = `${entry.channel} ${entry.address}`;
    const isSent = entry.kind === 'decision' && (entry.decision === 'told' || entry.decision === 'refused');
    if (entry.kind === 'fact' || isSent) {
      last.delete(about);
      return true;
    }
    const repeats = last.get(about) === entry.reason;
    last.set(about, entry.reason);
    return !repeats;
  });
  return kept.toReversed();
}
