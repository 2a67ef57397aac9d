import type { BaseLocationHook } from 'wouter';
import { navigate as go, useBrowserLocation } from 'wouter/use-browser-location';
import { appBridge } from './app-bridge.ts';

/**
 * What Shopify says in the first address and a reload of any page needs again: for whom (the server lets only that shop's
 * admin frame it), where the admin is, and in which language.
 */
const lasting = ['shop', 'host', 'embedded', 'locale'];

/** The address of a page of ours with what lasts. @param to a path, perhaps with a query */
export function hrefOf(to: string): string {
  const url = new URL(to, window.location.origin);
  const now = new URLSearchParams(window.location.search);
  for (const name of lasting) {
    const value = now.get(name);
    if (value !== null && !url.searchParams.has(name)) url.searchParams.set(name, value);
  }
  return `${url.pathname}${url.search}${url.hash}`;
}

/** Goes to a page, once nothing unsaved holds the person back. */
export async function navigate(to: string, options: { replace?: boolean } = {}): Promise<void> {
  await appBridge()?.saveBar.leaveConfirmation();
  go(hrefOf(to), options);
}

/** For wouter's Router: every change of page of ours keeps what lasts and asks about what is not saved. */
export const usePageLocation: BaseLocationHook = () => {
  const [path] = useBrowserLocation();
  return [path, (to: string, options?: { replace?: boolean }) => void navigate(to, options)];
};

/** Puts a query of ours into the address without a new entry in the history, for filters. */
export function replaceQuery(path: string, query: Record<string, string | null | undefined>): void {
  const entries = Object.entries(query).flatMap(([key, value]): [string, string][] => (value ? [[key, value]] : []));
  go(hrefOf(`${path}?${new URLSearchParams(entries)}`), { replace: true });
}
