import { Banner, Box } from '@shopify/polaris';
import { type Query, type QueryCache, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useCallback, useSyncExternalStore } from 'react';
import { ApiError, isUnreachable } from '../api.ts';
import { textAt, textsOf } from '../texts.ts';
import { reload } from './reload.ts';
import { shopQuery, useKnownFormat } from './shop.tsx';

const t = textsOf('common.stale');

const isPulse = ({ queryKey }: Query) => queryKey[0] === shopQuery.queryKey[0];

/** Of a query that a dialog makes: the dialog says itself what failed, and offers to try again. */
export const inDialog = { inDialog: true };

/** What the page itself shows. */
const activeOf = (cache: QueryCache) =>
  cache.findAll({ type: 'active' }).filter(({ meta }) => meta?.['inDialog'] !== true);

/**
 * When the oldest of what is on the page was read, in milliseconds, if the server can't be reached
 * any more; null as long as it can. A page that has nothing to show yet says so itself.
 */
function staleSince(cache: QueryCache): number | null {
  const active = activeOf(cache);
  const lost = active.filter(({ state }) => isUnreachable(state.error));
  if (lost.length === 0) return null;
  const read = (queries: readonly Query[]) =>
    queries.filter(({ state }) => state.data !== undefined).map(({ state }) => state.dataUpdatedAt);
  const figures = read(active.filter((query) => !isPulse(query)));
  if (figures.length > 0) return Math.min(...figures);
  if (lost.some(({ state }) => state.data === undefined)) return null;
  return Math.min(...read(active));
}

/** As `staleSince`, kept up to date. */
export function useStaleSince(): number | null {
  const cache = useQueryClient().getQueryCache();
  const subscribe = useCallback((changed: () => void) => cache.subscribe(changed), [cache]);
  return useSyncExternalStore(subscribe, () => staleSince(cache));
}

/** Whether the notice is there because of this error of a query, and offers to try again. */
export function useIsNoticed(error: unknown): boolean {
  const active = activeOf(useQueryClient().getQueryCache());
  return useStaleSince() !== null && isUnreachable(error) && active.some(({ state }) => state.error === error);
}

/** On every page: that the server can't be reached, and since when what is on the page is old. */
export function StaleNotice() {
  const since = useStaleSince();
  const client = useQueryClient();
  const format = useKnownFormat();
  if (since === null) return null;
  const ended = client
    .getQueryCache()
    .findAll({ type: 'active' })
    .some(({ state: { error } }) => error instanceof ApiError && error.kind === 'token');
  const action = ended
    ? reload()
    : { content: textAt('common.retry'), onAction: () => void client.refetchQueries({ type: 'active' }) };
  return (
    <Box paddingBlockEnd="400">
      <Banner tone="critical" title={t('title')} action={action}>
        {t('text', { at: format.moment(new Date(since).toISOString()) })}
      </Banner>
    </Box>
  );
}

/** What says how sending goes now: nobody knows while the server can't be reached. */
export function WhileReachable({ children }: { children: ReactNode }) {
  return useStaleSince() === null ? children : null;
}
