import type { ShopAnswer } from '../../server/features/settings/api.ts';
import { type Filter, isSame, noFilter, readKept } from './filter.ts';

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

/** The views that somebody saved for the shop. */
export const savedViews = (saved: ShopAnswer['views']): View[] =>
  saved.map(({ id, name, filter }) => ({ id, name, filter: readKept(filter), isOwn: true }));

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
