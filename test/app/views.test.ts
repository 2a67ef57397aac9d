import { expect, it } from 'vitest';
import { asked, type Filter, keptFilter, noFilter, partsOf, readFilter } from '../../app/activity/filter.ts';
import { savedViews, type View, viewOf } from '../../app/activity/views.ts';
import { DAY } from '../durations.ts';

const NOW = Date.parse('2026-11-26T10:00:00.000Z');
const before = (milliseconds: number) => new Date(NOW - milliseconds).toISOString();
const filter = (parts: Partial<Filter>): Filter => ({ ...noFilter, ...parts });

const own: View = {
  id: 'a1',
  name: 'Rejected orders',
  filter: filter({ state: 'attention', topic: 'orders/create' }),
  isOwn: true,
};
const all: View = { id: 'all', name: 'All', filter: noFilter, isOwn: false };

it('a saved view shows the same again', () => {
  expect(savedViews([{ id: own.id, name: own.name, filter: partsOf(own.filter) }])).toEqual([own]);
});

it('a saved view ignores what this version does not know', () => {
  const filter = { state: 'attention', colour: 'red', from: 'yesterday', last: '3w' };
  expect(savedViews([{ id: 'b', name: 'Odd', filter }])[0]?.filter).toEqual({ ...noFilter, state: 'attention' });
});

it('a view keeps no search: that is mostly somebody’s email address', () => {
  expect(keptFilter({ ...own.filter, q: 'mia@example.com' })).toEqual(own.filter);
});

it.each([
  ['24h', DAY],
  ['7d', 7 * DAY],
  ['30d', 30 * DAY],
])('a view of a figure of the overview moves along with the days: %s', (last, length) => {
  const figure = filter({ state: 'skipped', from: before(length), to: before(0) });
  expect(keptFilter(figure)).toEqual(filter({ state: 'skipped', last }));
});

it.each([
  ['days', { from: '2026-11-20', to: '2026-11-21' }],
  ['a day of the overview’s chart', { from: '2026-11-25T07:00:00.000Z', to: '2026-11-26T06:59:59.999Z' }],
  ['a beginning alone', { from: before(DAY) }],
])('a view of %s keeps it', (_what, period) => {
  expect(keptFilter(filter(period))).toEqual(filter(period));
});

it('a time up to now begins at a moment when the API is asked, and names no days beside it', () => {
  const week = readFilter('state=skipped&last=7d&from=2020-01-01&to=2020-01-02');
  expect(asked(week, NOW)).toEqual({ state: 'skipped', from: before(7 * DAY) });
  expect(asked(week, NOW + DAY)).toEqual({ state: 'skipped', from: before(6 * DAY) });
});

it('a list belongs to the view that shows the same, or else to the one it was made from', () => {
  const views = [all, own] as const;
  expect(viewOf(views, own.filter, '')).toBe(own);
  expect(viewOf(views, { ...own.filter, source: 'import' }, own.id)).toBe(own);
  expect(viewOf(views, noFilter, own.id)).toBe(all);
  expect(viewOf(views, filter({ source: 'import' }), 'deleted')).toBe(all);
});

it('a time that is none filters nothing', () => {
  expect(readFilter('state=skipped&from=yesterday&to=2026-11-20&last=3w')).toEqual(
    filter({ state: 'skipped', to: '2026-11-20' }),
  );
});
