import { type Filter, isSame, noFilter, queryOf, readFilter } from './filter.ts';

/** A filter with a name. `id`: of a standard view, its name in the texts. */
export type View = { id: string; name: string; filter: Filter; isOwn: boolean };

/** All views, beginning with the one of all events. */
export type Views = readonly [View, ...View[]];

/** Besides all events, the views that everybody has. `waiting` includes what is being sent or retried. */
export const standardViews = [
  { id: 'attention', filter: { ...noFilter, state: 'attention' } },
  { id: 'waiting', filter: { ...noFilter, state: 'waiting' } },
  { id: 'skipped', filter: { ...noFilter, state: 'skipped' } },
] as const;

type Store = Pick<Storage, 'getItem' | 'setItem'>;

const keyOf = (shop: string) => `activity-views:${shop}`;

const isText = (value: unknown): value is string => typeof value === 'string';

function readKept(kept: string | null): unknown[] {
  try {
    const value: unknown = JSON.parse(kept ?? '[]');
    return Array.isArray(value) ? value : [];
  } catch {
    // Not ours, or cut off.
    return [];
  }
}

/** The views somebody saved in this browser for this shop. @throws if the browser keeps nothing */
export function loadViews(store: Store, shop: string): View[] {
  return readKept(store.getItem(keyOf(shop))).flatMap((one): View[] => {
    if (typeof one !== 'object' || one === null) return [];
    const [id, name, query]: unknown[] = ['id', 'name', 'query'].map((key) => Reflect.get(one, key));
    return isText(id) && isText(name) && isText(query) ? [{ id, name, filter: readFilter(query), isOwn: true }] : [];
  });
}

/** @throws if the browser keeps nothing */
export function saveViews(store: Store, shop: string, views: readonly View[]): void {
  const kept = views.map(({ id, name, filter }) => ({ id, name, query: queryOf(filter) }));
  store.setItem(keyOf(shop), JSON.stringify(kept));
}

/** A filter as a view keeps it: without what was searched for, which is mostly an email address. */
export const keptFilter = (filter: Filter): Filter => ({ ...filter, q: '' });

/**
 * The view that a list belongs to: one that shows exactly the same, or else the one that the filter
 * was made from.
 * @param from that view's id, as the URL has it
 */
export function viewOf(views: Views, filter: Filter, from: string): View {
  const origin = views.find(({ id }) => id === from);
  if (origin && isSame(origin.filter, filter)) return origin;
  return views.find((view) => isSame(view.filter, filter)) ?? origin ?? views[0];
}
