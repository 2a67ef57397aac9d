/** Sets a text key when the value is known, and leaves it out otherwise. */
export function setKnown<Key extends string>(
  target: Partial<Record<Key, string>>,
  key: Key,
  value: string | undefined,
): void {
  if (value !== undefined) target[key] = value;
}
