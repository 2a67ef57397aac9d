/**
 * A language's texts by area, from its files: `activity.json` becomes `activity`.
 * @param files from `import.meta.glob('./*.json')`, which only the language's own folder can call
 */
export const areasOf = (files: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(files).map(([path, texts]) => [path.slice('./'.length, -'.json'.length), texts]));
