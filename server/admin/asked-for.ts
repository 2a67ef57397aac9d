import { isWithin } from '../shopify/is-within.ts';
import { AdminError } from './admin.ts';

/** Undefined: it isn't an object, or has no such field. */
export const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

const isOf = (id: unknown) => (node: unknown) =>
  node === null || typeof field(node, 'id') !== 'string' || field(node, 'id') === id;

/**
 * Each place has its record, or null if there is none. A record of another kind can't have an id we
 * asked for.
 */
function areRecordsOf(ids: readonly unknown[], nodes: unknown): boolean {
  if (!Array.isArray(nodes)) return true;
  return nodes.length === ids.length && ids.every((id, i) => nodes[i] === null || field(nodes[i], 'id') === id);
}

function standsStill(after: unknown, list: unknown): boolean {
  const page = field(list, 'pageInfo') ?? field(field(list, 'lineItems'), 'pageInfo');
  if (field(page, 'hasNextPage') !== true) return false;
  const end = field(page, 'endCursor');
  return typeof end !== 'string' || end === after;
}

/**
 * Checks an answer that has the right shape for other mistakes: we must not take another's record
 * for someone's, take missing places for people who are gone, or read a page that leads to itself
 * forever.
 * @returns null: nothing is wrong
 */
export function faultOfAnswer(variables: unknown, data: unknown): 'other_records' | 'page_stands_still' | null {
  const ids = field(variables, 'ids');
  const id = field(variables, 'id');
  const roots = typeof data === 'object' && data !== null ? Object.values(data) : [];
  if (Array.isArray(ids) && !areRecordsOf(ids, field(data, 'nodes'))) return 'other_records';
  if (typeof id === 'string' && !roots.every(isOf(id))) return 'other_records';
  const after = field(variables, 'after');
  if (after !== undefined && roots.some((root) => standsStill(after, root))) return 'page_stands_still';
  return null;
}

/**
 * Whether a record that was asked for by its id is null because the app may not see it, or may not
 * see a field of it that is never null: as if there were no such record.
 */
export function isRecordDenied(variables: unknown, data: unknown, denied: readonly string[]): boolean {
  const isHidden = (place: string, record: unknown) => record === null && denied.some((path) => isWithin(path, place));
  const nodes = field(data, 'nodes');
  if (Array.isArray(field(variables, 'ids')) && Array.isArray(nodes)) {
    return nodes.some((node, i) => isHidden(`nodes.${i}`, node));
  }
  const roots = typeof data === 'object' && data !== null ? Object.entries(data) : [];
  return typeof field(variables, 'id') === 'string' && roots.some(([root, record]) => isHidden(root, record));
}

/**
 * The cursor of the next page.
 * @param seen earlier cursors; this one is added
 * @returns null: that was the last page
 * @throws AdminError `later` when the pages loop
 */
export function nextCursor(
  document: string,
  { hasNextPage, endCursor }: { hasNextPage: boolean; endCursor: string | null },
  seen: Set<string>,
): string | null {
  if (!hasNextPage || endCursor === null) return null;
  if (seen.has(endCursor))
    throw new AdminError('later', `The pages of ${document} go round in a circle`, { why: 'page_circle' });
  seen.add(endCursor);
  return endCursor;
}
