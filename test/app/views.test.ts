import { expect, it } from 'vitest';
import { noFilter, readFilter } from '../../app/activity/filter.ts';
import { keptFilter, loadViews, saveViews, type View, viewOf } from '../../app/activity/views.ts';

const SHOP = 'one.myshopify.com';

/** What a browser keeps. */
function browser() {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
}

const own: View = {
  id: 'a1',
  name: 'Rejected orders',
  filter: { ...noFilter, state: 'attention', topic: 'orders/create' },
  isOwn: true,
};
const all: View = { id: 'all', name: 'All', filter: noFilter, isOwn: false };

it('views are kept for one shop, and found again', () => {
  const store = browser();
  saveViews(store, SHOP, [own]);
  expect(loadViews(store, SHOP)).toEqual([own]);
  expect(loadViews(store, 'other.myshopify.com')).toEqual([]);
});

it.each([
  ['cut off', '[{"id":'],
  ['no list', '{}'],
  ['nothing of ours', '[null, 1, {"id": 1, "name": "x", "query": ""}]'],
])('what another script left in their place is no view: %s', (_what, text) => {
  const store = browser();
  saveViews(store, SHOP, []);
  for (const key of store.kept.keys()) store.kept.set(key, text);
  expect(loadViews(store, SHOP)).toEqual([]);
});

it('a view keeps no search: that is mostly somebody’s email address', () => {
  expect(keptFilter({ ...own.filter, q: 'mia@example.com' })).toEqual(own.filter);
});

it('a list belongs to the view that shows the same, or else to the one it was made from', () => {
  const views = [all, own] as const;
  expect(viewOf(views, own.filter, '')).toBe(own);
  expect(viewOf(views, { ...own.filter, source: 'import' }, own.id)).toBe(own);
  expect(viewOf(views, noFilter, own.id)).toBe(all);
  expect(viewOf(views, { ...noFilter, source: 'import' }, 'deleted')).toBe(all);
});

it('a time that is none filters nothing', () => {
  expect(readFilter('state=skipped&from=yesterday&to=2026-11-20')).toEqual({
    ...noFilter,
    state: 'skipped',
    to: '2026-11-20',
  });
});
