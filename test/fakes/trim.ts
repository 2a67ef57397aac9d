/** What is left of a body when only these paths are asked for, without what is null or empty. */
export function trim(value: unknown, paths: readonly string[], path = ''): unknown {
  if (value === null || value === '') return undefined;
  if (Array.isArray(value)) {
    const kept = value.map((entry) => trim(entry, paths, path)).filter((entry) => entry !== undefined);
    return kept.length > 0 ? kept : undefined;
  }
  if (typeof value !== 'object') return paths.includes(path) ? value : undefined;
  const kept = Object.entries(value).flatMap(([key, entry]): [string, unknown][] => {
    const trimmed = trim(entry, paths, path === '' ? key : `${path}.${key}`);
    return trimmed === undefined ? [] : [[key, trimmed]];
  });
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}
