import { createContext, useContext } from 'react';
import type { ShopAnswer } from '../../server/features/settings/api.ts';
import { get } from '../api.ts';
import { createFormat, type Format } from '../locale.ts';
import { readLocale } from '../read-locale.ts';

export const shopQuery = {
  queryKey: ['shop'],
  queryFn: get<ShopAnswer>('/shop'),
  staleTime: 60_000,
};

export const formatIn = (timeZone: string) =>
  createFormat(readLocale(window.location.search, navigator.languages), timeZone);

export const ShopContext = createContext<{ shop: ShopAnswer; format: Format } | null>(null);

function useContextOfShop() {
  const value = useContext(ShopContext);
  if (!value) throw new Error('Not inside ShopProvider');
  return value;
}

/** What we know about the merchant's shop. */
export const useShop = (): ShopAnswer => useContextOfShop().shop;

/** Dates and numbers in this merchant's format, in UTC until the shop is known. */
export function useKnownFormat(): Format {
  return useContext(ShopContext)?.format ?? formatIn('UTC');
}

/** Dates and numbers in this merchant's format. */
export const useFormat = (): Format => useContextOfShop().format;
