/** The text that an error has under this name; undefined: none. */
export function textIn(error: unknown, name: string): string | undefined {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** The code of an error of Node, of a driver or of the database's; empty: it has none. */
export const codeOf = (error: unknown): string => textIn(error, 'code') ?? '';
