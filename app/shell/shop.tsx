import { useQuery } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useMemo } from 'react';
import type { ShopAnswer } from '../../server/features/settings/api.ts';
import { call } from '../api.ts';
import { createFormat, type Format, readLocale } from '../locale.ts';
import { textAt } from '../texts.ts';
import { AppPage } from './app-page.tsx';
import { Failure } from './failure.tsx';
import { Loading } from './loading.tsx';

export const shopQuery = {
  queryKey: ['shop'],
  queryFn: ({ signal }: { signal: AbortSignal }) => call<ShopAnswer>('GET', '/shop', { signal }),
  staleTime: 60_000,
};

/** How often the server is asked for a sign of life, on pages that don't ask for anything else. */
const PULSE = 30_000;

const formatIn = (timeZone: string) => createFormat(readLocale(window.location.search, navigator.languages), timeZone);

const Context = createContext<{ shop: ShopAnswer; format: Format } | null>(null);

/** Shows its children once the shop and its time zone are known. */
export function ShopProvider({ children }: { children: ReactNode }) {
  const {
    data: shop,
    error,
    refetch,
  } = useQuery({
    ...shopQuery,
    refetchInterval: PULSE,
    refetchOnWindowFocus: 'always',
  });
  const format = useMemo(() => formatIn(shop?.timeZone ?? 'UTC'), [shop?.timeZone]);
  const value = useMemo(() => (shop ? { shop, format } : null), [shop, format]);
  if (value) return <Context.Provider value={value}>{children}</Context.Provider>;
  return (
    <AppPage title={textAt('common.appName')}>
      {error ? <Failure error={error} onRetry={() => void refetch()} /> : <Loading />}
    </AppPage>
  );
}

function useContextOfShop() {
  const value = useContext(Context);
  if (!value) throw new Error('Not inside ShopProvider');
  return value;
}

/** What we know about the merchant's shop. */
export const useShop = (): ShopAnswer => useContextOfShop().shop;

/** Dates and numbers in this merchant's format, in UTC until the shop is known. */
export function useKnownFormat(): Format {
  return useContext(Context)?.format ?? formatIn('UTC');
}

/** Dates and numbers in this merchant's format. */
export const useFormat = (): Format => useContextOfShop().format;
