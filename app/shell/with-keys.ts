/**
 * Items that have no id of their own, each with a key for React made from what it says. Of several
 * that say the same the last keeps the plain key, so that a new one at the top changes no other.
 */
export function withKeys<Item>(items: readonly Item[], saidBy: (item: Item) => string): { key: string; item: Item }[] {
  const times = new Map<string, number>();
  return items
    .toReversed()
    .map((item) => {
      const said = saidBy(item);
      const before = times.get(said) ?? 0;
      times.set(said, before + 1);
      return { key: before === 0 ? said : `${said} ${before}`, item };
    })
    .toReversed();
}
