import type { ExtensionInfo } from './app-bridge.ts';

/**
 * The parts of the app outside its own pages, by the handles in `extensions/`. Shopify doesn't
 * report those for Flow.
 */
export const PARTS = {
  customerBlock: 'customer-block',
  signUp: 'newsletter',
  selection: 'send-selection',
  segment: 'send-segment',
  flow: null,
} as const;
type Part = keyof typeof PARTS;
export const parts: readonly Part[] = ['customerBlock', 'signUp', 'selection', 'segment', 'flow'];

/**
 * `available`: the merchant can add it. `unavailable`: the published theme can't show it. `unknown`: Shopify doesn't say.
 */
type PartState = 'active' | 'available' | 'unavailable' | 'unknown';

/** A theme app extension lists its blocks, each with where it is placed; anything else lists where it is in use. */
const isActive = ({ activations }: ExtensionInfo): boolean =>
  activations.some(({ status, activations: placed }) =>
    status === undefined ? placed === undefined || placed.length > 0 : status === 'active',
  );

/** Whether a part is in use, from `shopify.app.extensions()`; null: it couldn't be asked. */
export function stateOf(part: Part, infos: readonly ExtensionInfo[] | null): PartState {
  const handle = PARTS[part];
  const info = infos?.find((one) => handle !== null && one.handle === handle);
  if (!info) return 'unknown';
  if (isActive(info)) return 'active';
  return info.activations.some(({ status }) => status === 'unavailable') ? 'unavailable' : 'available';
}

/**
 * Where in the admin a part is added or used. @param shop `name.myshopify.com` @param apiKey the
 * app's client id
 */
export function linkOf(part: Part, shop: string, apiKey: string): string {
  const theme = new URLSearchParams({
    template: 'index',
    addAppBlockId: `${apiKey}/sign-up`,
    target: 'newAppsSection',
  });
  const pages: Record<Part, string> = {
    customerBlock: 'customers',
    // https://shopify.dev/docs/apps/build/online-store/theme-app-extensions/configuration#deep-linking
    signUp: `themes/current/editor?${theme}`,
    selection: 'customers',
    segment: 'customers/segments',
    flow: 'apps/flow',
  };
  return `https://${shop}/admin/${pages[part]}`;
}
