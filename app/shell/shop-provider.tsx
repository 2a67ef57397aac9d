import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { textAt } from '../texts.ts';
import { AppPage } from './app-page.tsx';
import { Loading } from './loading.tsx';
import { NotYet } from './not-yet.tsx';
import { formatIn, ShopContext, shopQuery } from './shop.tsx';

/** How often the server is asked for a sign of life, on pages that don't ask for anything else. */
const PULSE = 30_000;

/** Shows its children once the shop and its time zone are known. */
export function ShopProvider({ children }: { children: ReactNode }) {
  const query = useQuery({ ...shopQuery, refetchInterval: PULSE, refetchOnWindowFocus: 'always' });
  const { data: shop } = query;
  const format = useMemo(() => formatIn(shop?.timeZone ?? 'UTC'), [shop?.timeZone]);
  const value = useMemo(() => (shop ? { shop, format } : null), [shop, format]);
  if (value) return <ShopContext.Provider value={value}>{children}</ShopContext.Provider>;
  return (
    <AppPage title={textAt('common.appName')}>
      <NotYet query={query} loading={<Loading />} />
    </AppPage>
  );
}
