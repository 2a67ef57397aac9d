import type { Db } from '../db.ts';
import type { Instant } from '../domain/scalars.ts';
import { closeProblem, openProblem } from '../problems.ts';
import type { Shop } from '../shops.ts';

/** What only says where a field is in a list. */
const PLACES = new Set(['nodes', 'node', 'edges']);

/** `nodes.0.defaultEmailAddress.emailAddress` → `defaultEmailAddress.emailAddress`. Field names only, nothing personal. */
export function fieldOf(path: string): string {
  const [first = '', ...names] = path.split('.').filter((part) => !/^\d+$/.test(part));
  const fields = names.filter((name) => !PLACES.has(name));
  return fields.length > 0 ? fields.join('.') : first;
}

export type DeniedFields = {
  /** Notes which fields a document was answered without: an entry is opened, changed or closed when that is news. */
  note(shop: Shop, document: string, denied: readonly string[]): Promise<void>;
};

/** One kept problem per document, so that the merchant is told once, and told again only of something else. */
export function createDeniedFields({ db, now }: { db: Db; now: () => Instant }): DeniedFields {
  const noted = new Map<string, string>();
  return {
    note: async (shop, document, denied) => {
      const fields = [...new Set(denied.map(fieldOf))].sort();
      const key = `${shop.id}:${document}`;
      const news = fields.join();
      if (noted.get(key) === news) return;
      if (fields.length === 0) await closeProblem(db, shop, { kind: 'fields_denied', key: document }, now());
      else await openProblem(db, shop, { kind: 'fields_denied', key: document, detail: { fields } }, now());
      noted.set(key, news);
    },
  };
}
