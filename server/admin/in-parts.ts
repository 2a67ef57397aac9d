import { AdminError, isCausedByOneItem } from './admin.ts';

/** After this many failures in a row, of ever smaller parts, the problem is not one item. */
const MOST_FAILURES = 10;

type Parts<T> = {
  ask(part: readonly T[]): Promise<void>;
  /** It fails for this one alone, or for so many parts of these that nobody asks for them again. */
  failed(items: readonly T[], error: AdminError): void | Promise<void>;
  /** Whether one of the items may be the reason. By default as Shopify's answer says. */
  mayBeOne?(error: AdminError): boolean;
};

/**
 * Asks for all at once; where that is too much for one query, or fails because of one item, for
 * ever smaller parts, so that the others don't wait for that one.
 * @throws what `ask` throws, when it isn't about one item
 */
export async function inParts<T>(items: readonly T[], parts: Parts<T>): Promise<void> {
  const { ask, failed, mayBeOne = isCausedByOneItem } = parts;
  const todo = items.length > 0 ? [items] : [];
  let failures = 0;
  for (let wanted = todo.pop(); wanted; wanted = todo.pop()) {
    try {
      await ask(wanted);
      failures = 0;
    } catch (error) {
      if (!(error instanceof AdminError) || !mayBeOne(error)) throw error;
      if (error.failure !== 'too_costly') failures++;
      const half = Math.ceil(wanted.length / 2);
      if (failures > MOST_FAILURES) await failed([...todo.splice(0), wanted].flat(), error);
      else if (wanted.length === 1) await failed(wanted, error);
      else todo.push(wanted.slice(half), wanted.slice(0, half));
    }
  }
}
