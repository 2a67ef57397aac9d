import { useCallback, useMemo } from 'react';
import { useSearch } from 'wouter';
import { withQuery } from '../api.ts';
import { navigate, replaceQuery } from '../location.ts';

/**
 * What the list shows, from its URL. Empty texts mean any. Days as `YYYY-MM-DD`, in the shop's time
 * zone, or times in ISO 8601. Several states and sources are separated by commas.
 */
const names = ['q', 'state', 'reason', 'topic', 'source', 'from', 'to', 'import', 'person', 'optOuts'] as const;
export type Filter = Record<(typeof names)[number], string>;

export const noFilter: Filter = {
  q: '',
  state: '',
  reason: '',
  topic: '',
  source: '',
  from: '',
  to: '',
  import: '',
  person: '',
  optOuts: '',
};

/** A day, as the date fields need it, or nothing for a time. */
export const isDay = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text);

/** The filter and the place in the list that a URL names. */
export function readFilter(search: string): { filter: Filter; cursor: string } {
  const query = new URLSearchParams(search);
  const filter = { ...noFilter };
  for (const name of names) filter[name] = query.get(name) ?? '';
  return { filter, cursor: query.get('cursor') ?? '' };
}

/** Whether anything is filtered out. */
export const isFiltered = (filter: Filter): boolean => names.some((name) => filter[name] !== '');

/** The filter as `POST /api/activity/retry` takes it. */
export const filterBody = (filter: Filter) =>
  Object.fromEntries(names.flatMap((name) => (filter[name] === '' ? [] : [[name, filter[name]]])));

/** The URL of the list with this filter. */
export const listAddress = (filter: Partial<Filter>) => withQuery('/activity', filter);

/**
 * Where the list was left, so that an event's page can lead back to it. Lives as long as the
 * document.
 */
let left = '/activity';
export const lastList = (): string => left;

/**
 * How many pages towards older events the person has gone: that many steps of the browser's history
 * lead back.
 */
let steps = 0;

/**
 * The filter in the URL. Changing it replaces the URL; going to older events adds a step to the
 * browser's history, so that the back button leads to the newer ones.
 */
export function useFilter() {
  const search = useSearch();
  const { filter, cursor } = useMemo(() => readFilter(search), [search]);
  left = withQuery('/activity', { ...filter, cursor });
  if (cursor === '') steps = 0;
  const change = useCallback(
    (changed: Partial<Filter>) => {
      replaceQuery('/activity', { ...filter, ...changed });
    },
    [filter],
  );
  const older = useCallback(
    (next: string) => {
      steps += 1;
      void navigate(withQuery('/activity', { ...filter, cursor: next }));
    },
    [filter],
  );
  const newer = useCallback(() => {
    if (steps > 0) {
      steps -= 1;
      window.history.back();
    } else void navigate(listAddress(filter));
  }, [filter]);
  return { filter, cursor, change, older, newer };
}
