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
 * How many pages towards older events the person has gone: that many steps of the browser's history
 * lead back.
 */
let steps = 0;

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
  left = withQuery('/activity', { ...filter, view, cursor });
  if (cursor === '') steps = 0;
  const change = useCallback(
    (changed: Partial<Filter>, newView = view) => {
      replaceQuery('/activity', { ...filter, ...changed, view: newView });
    },
    [filter, view],
  );
  const older = useCallback(
    (next: string) => {
      steps += 1;
      void navigate(withQuery('/activity', { ...filter, view, cursor: next }));
    },
    [filter, view],
  );
  const newer = useCallback(() => {
    if (steps > 0) {
      steps -= 1;
      window.history.back();
    } else void navigate(listAddress({ ...filter, view }));
  }, [filter, view]);
  return { filter, cursor, view, change, older, newer };
}
