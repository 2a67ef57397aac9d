import type { Instant } from '../domain/scalars.ts';
import type { Db } from '../platform/database/db.ts';
import { closeProblem, openProblem, openProblems } from '../store/shops/problems.ts';
import type { Shop } from '../store/shops/shops.ts';

/** Path parts that only give a field's place in a list. */
const PLACES = new Set(['nodes', 'node', 'edges']);
export const isPlace = (name: string) => PLACES.has(name);

/**
 * `nodes.0.defaultEmailAddress.emailAddress` → `defaultEmailAddress.emailAddress`. Field names
 * only, nothing personal.
 */
export function fieldOf(path: string): string {
  const [first = '', ...names] = path.split('.').filter((part) => !/^\d+$/.test(part));
  const fields = names.filter((name) => !isPlace(name));
  // Only customers are asked for as nodes.
  return fields.length > 0 ? fields.join('.') : first === 'nodes' ? 'customers' : first;
}

/** The fields that have a value in an answer. */
export function seenIn(data: unknown, path = '', seen = new Set<string>()): Set<string> {
  if (typeof data !== 'object' || data === null) return seen;
  for (const [key, value] of Object.entries(data)) {
    if (value === null) continue;
    const inner = path === '' ? key : `${path}.${key}`;
    seen.add(fieldOf(inner));
    seenIn(value, inner, seen);
  }
  return seen;
}

export type DeniedFields = {
  /**
   * Records which fields were denied to a document, and opens, updates or closes its entry when
   * that changes. An answer that denies nothing is no news, because the person may have nothing
   * there: a field counts as allowed once it has a value.
   */
  note(shop: Shop, document: string, denied: readonly string[], data: unknown): Promise<void>;
};

/**
 * Keeps one problem per document, so that the merchant is told once, and again only if it changes.
 */
export function createDeniedFields({ db, now }: { db: Db; now: () => Instant }): DeniedFields {
  async function toldOf(shop: Shop, document: string): Promise<readonly string[]> {
    const entry = (await openProblems(db, shop)).find(({ kind, key }) => kind === 'fields_denied' && key === document);
    const fields = entry && 'fields' in entry.detail && Array.isArray(entry.detail.fields) ? entry.detail.fields : [];
    return fields.filter((field) => typeof field === 'string');
  }

  return {
    note: async (shop, document, denied, data) => {
      // Another process may have opened or closed it.
      const before = await toldOf(shop, document);
      const at = now();
      const seen = before.length > 0 ? seenIn(data) : new Set<string>();
      const fields = [...new Set([...before.filter((field) => !seen.has(field)), ...denied.map(fieldOf)])].sort();
      if (fields.join() === before.join()) return;
      if (fields.length === 0) await closeProblem(db, shop, { kind: 'fields_denied', key: document }, at);
      else await openProblem(db, shop, { kind: 'fields_denied', key: document, detail: { fields } }, at);
    },
  };
}
