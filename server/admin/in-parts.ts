import { AdminError } from './admin.ts';

/** What `nodes(ids:)` takes at most (https://shopify.dev/docs/api/usage/limits). */
const MOST_IDS = 250;

/**
 * Runs a query over ids in parts: as many at once as Shopify takes, fewer when it says that the query costs too much. What
 * was found out holds for later calls of the same function.
 * @returns one answer per part, in order
 */
export function createInParts(
  most = MOST_IDS,
): <T>(ids: readonly string[], run: (part: string[]) => Promise<T>) => Promise<T[]> {
  let size = most;
  return async (ids, run) => {
    const answers = [];
    for (let from = 0; from < ids.length; ) {
      const part = ids.slice(from, from + size);
      try {
        answers.push(await run(part));
        from += part.length;
      } catch (error) {
        if (!(error instanceof AdminError && error.failure === 'too_costly') || part.length === 1) throw error;
        size = Math.min(size, Math.ceil(part.length / 2));
      }
    }
    return answers;
  };
}
