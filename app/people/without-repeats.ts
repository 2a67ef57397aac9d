import type { TimelineEntry } from '../../server/features/people/api.ts';

/**
 * The timeline without decisions that say the same as the one before about their channel. Each record is decided about
 * anew, so that most decisions of a loyal customer say that Ascent360 knows already.
 * @param entries newest first
 */
export function withoutRepeats(entries: readonly TimelineEntry[]): TimelineEntry[] {
  const last = new Map<string, string>();
  const kept = entries.toReversed().filter((entry) => {
    if (entry.kind === 'fact') last.delete(entry.channel);
    if (entry.kind !== 'decision') return true;
    const says = entry.decision === 'told' ? null : entry.reason;
    const repeats = says !== null && last.get(entry.channel) === says;
    if (says === null) last.delete(entry.channel);
    else last.set(entry.channel, says);
    return !repeats;
  });
  return kept.toReversed();
}
