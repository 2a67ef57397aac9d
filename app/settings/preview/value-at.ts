const LONGEST = 160;

/** A payload's value as text, cut if it is very long; null: it isn't there. */
export function valueAt(payload: object | null, key: string): string | null {
  const value: unknown = payload && Object.hasOwn(payload, key) ? Reflect.get(payload, key) : undefined;
  if (value === undefined) return null;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
