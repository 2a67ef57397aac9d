/**
 * Entries without those that only repeat the one before them about the same address.
 * @param entries newest first
 * @param saidBy what an entry says
 */
export function eachOnce<Entry extends { address: string | null }>(
  entries: readonly Entry[],
  saidBy: (entry: Entry) => unknown,
): Entry[] {
  const last = new Map<string | null, unknown>();
  const kept = entries.toReversed().filter((entry) => {
    const said = saidBy(entry);
    const repeats = last.has(entry.address) && last.get(entry.address) === said;
    last.set(entry.address, said);
    return !repeats;
  });
  return kept.toReversed();
}
