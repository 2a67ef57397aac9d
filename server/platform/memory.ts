/** The value made of a text, which is made anew only if it is not remembered. */
export type Recall = (text: string, make: (text: string) => string) => string;

/**
 * Shelves of values that were made lately. All of them together hold no more than `most`: when there would be more, everything is
 * forgotten, which costs less than knowing what was used last.
 */
export function createMemory(most: number): () => Recall {
  const made = new Map<string, string>();
  let shelves = 0;
  return () => {
    const shelf = shelves++;
    return (text, make) => {
      const place = `${shelf} ${text}`;
      const known = made.get(place);
      if (known !== undefined) return known;
      if (made.size >= most) made.clear();
      const value = make(text);
      made.set(place, value);
      return value;
    };
  };
}
