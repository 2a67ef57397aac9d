import type { BaseLocationHook } from 'wouter';
import { navigate as go, useBrowserLocation } from 'wouter/use-browser-location';
import { withQuery } from './api.ts';
import { appBridge } from './app-bridge.ts';

/**
 * The part of Shopify's first URL that a reload of any page needs again: the shop (the server lets
 * only that shop's admin frame it), where the admin is, and the language.
 */
const lasting = ['shop', 'host', 'embedded', 'locale'];

/** The URL of one of our pages with the part that stays. @param to a path, perhaps with a query */
export function hrefOf(to: string): string {
  const url = new URL(to, window.location.origin);
  const now = new URLSearchParams(window.location.search);
  for (const name of lasting) {
    const value = now.get(name);
    if (value !== null && !url.searchParams.has(name)) url.searchParams.set(name, value);
  }
  return `${url.pathname}${url.search}${url.hash}`;
}

/** Goes to the top of a page, unless the person stays because of unsaved changes. */
export async function navigate(to: string): Promise<void> {
  await appBridge()?.saveBar.leaveConfirmation();
  go(hrefOf(to));
  window.scrollTo(0, 0);
}

/** What happens on the browser's Back and Forward before the router sees where they led. */
let onPop: ((event: PopStateEvent) => void) | null = null;
// Listeners of the window are called in the order they were added, so before the router's.
window.addEventListener('popstate', (event) => onPop?.(event));

/**
 * From now on Back and Forward ask before they leave this page, too, as `navigate` does.
 * @returns ends that
 */
export function askBeforeBack(): () => void {
  const { href, pathname } = window.location;
  let latest: PopStateEvent | null = null;
  const end = () => {
    onPop = null;
  };
  onPop = async (event) => {
    if (window.location.pathname === pathname) return;
    event.stopImmediatePropagation();
    const { scrollX, scrollY } = window;
    // In place of the entry it left.
    window.history.pushState(null, '', href);
    // Next, the browser scrolls to where the other page was, though this one is still here.
    window.requestAnimationFrame(() => window.scrollTo(scrollX, scrollY));
    latest = event;
    await appBridge()?.saveBar.leaveConfirmation();
    if (latest !== event) return;
    end();
    window.history.back();
  };
  return end;
}

/**
 * For wouter's Router: every navigation between our pages keeps the part that stays, and asks about
 * unsaved changes.
 */
export const usePageLocation: BaseLocationHook = () => {
  const [path] = useBrowserLocation();
  return [path, navigate];
};

/** Puts our query into the URL without a new entry in the history, for filters. */
export function replaceQuery(path: string, query: Record<string, string | null | undefined>): void {
  go(hrefOf(withQuery(path, query)), { replace: true });
}
