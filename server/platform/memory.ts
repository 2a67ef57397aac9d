/** The value made of a text: the remembered one, or a new one. */
export type Recall = (text: string, make: (text: string) => string) => string;

/**
 * A cache of up to `most` values. Each call of what it returns gives a part of it with keys of its own.
 * When it is full, everything is forgotten: that costs less than knowing what was used last.
 */
export function createMemory(most: number): () => Recall {
  const made = new Map<string, string>();
  let parts = 0;
  return () => {
    const part = parts++;
    return (text, make) => {
      const place = `${part} ${text}`;
      const known = made.get(place);
      if (known !== undefined) return known;
      if (made.size >= most) made.clear();
      const value = make(text);
      made.set(place, value);
      return value;
    };
  };
}
