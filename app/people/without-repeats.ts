import type { TimelineEntry } from '../../server/features/people/api.ts';

/**
 * The timeline without decisions that repeat the previous one for their channel. Each record is
 * decided again, so most decisions for a loyal customer say that Ascent360 already knows.
 * @param entries newest first
 */
export function withoutRepeats(entries: readonly TimelineEntry[]): TimelineEntry[] {
  const last = new Map<string, string>();
  const kept = entries.toReversed().filter((entry) => {
    if (entry.kind === 'fact') last.delete(entry.channel);
    if (entry.kind !== 'decision') return true;
    const says = entry.decision === 'told' || entry.decision === 'refused' ? null : entry.reason;
    const repeats = says !== null && last.get(entry.channel) === says;
    if (says === null) last.delete(entry.channel);
    else last.set(entry.channel, says);
    return !repeats;
  });
  return kept.toReversed();
}
