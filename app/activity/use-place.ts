import { useCallback, useMemo } from 'react';
import { useSearch } from 'wouter';
import { withQuery } from '../api.ts';
import { navigate, replaceQuery } from '../location.ts';
import { type Filter, listAddress, readFilter } from './filter.ts';

/**
 * Where the list was left, so that an event's page can lead back to it. Lives as long as the
 * document.
 */
let left = '/activity';
export const lastList = (): string => left;

/**
 * The next newer page of each page that the person has gone on to. Steps of the browser's history
 * can't say: they may lead to an event opened in between.
 */
const newerThan = new Map<string, string>();

/**
 * The place in the list that the URL names: filter, page, and the view that the filter was made
 * from. Changing the filter replaces the URL; going to older events adds a step to the browser's
 * history, so that the back button leads to the newer ones.
 */
export function usePlace() {
  const search = useSearch();
  const { filter, cursor, view } = useMemo(() => {
    const query = new URLSearchParams(search);
    return { filter: readFilter(search), cursor: query.get('cursor') ?? '', view: query.get('view') ?? '' };
  }, [search]);
  const here = withQuery('/activity', { ...filter, view, cursor });
  left = here;
  const change = useCallback(
    (changed: Partial<Filter>, newView = view) => {
      replaceQuery('/activity', { ...filter, ...changed, view: newView });
    },
    [filter, view],
  );
  const older = useCallback(
    (next: string) => {
      const to = withQuery('/activity', { ...filter, view, cursor: next });
      newerThan.set(to, here);
      void navigate(to);
    },
    [filter, view, here],
  );
  const newer = useCallback(
    () => void navigate(newerThan.get(here) ?? listAddress({ ...filter, view })),
    [filter, view, here],
  );
  return { filter, cursor, view, change, older, newer };
}
