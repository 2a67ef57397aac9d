/** The value made of a text, which is made anew only if it is not remembered. */
export type Recall = (text: string, make: (text: string) => string) => string;

/**
 * Shelves of values that were made lately. All of them together hold no more than `most`: when there would be more, everything is
 * forgotten, which costs less than knowing what was used last.
 */
export function createMemory(most: number): () => Recall {
  const filled = new Set<Map<string, string>>();
  let count = 0;
  return () => {
    const shelf = new Map<string, string>();
    return (text, make) => {
      const known = shelf.get(text);
      if (known !== undefined) return known;
      count++;
      if (count > most) {
        for (const full of filled) full.clear();
        filled.clear();
        count = 1;
      }
      const made = make(text);
      shelf.set(text, made);
      filled.add(shelf);
      return made;
    };
  };
}
