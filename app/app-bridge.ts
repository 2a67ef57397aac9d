/**
 * What the pages use of Shopify's App Bridge, which the server puts before every other script
 * (https://shopify.dev/docs/api/app-bridge-library).
 */
export type AppBridge = {
  /** A new or still valid ID token of the person who looks at the page; lives for a minute. */
  idToken(): Promise<string>;
  toast: { show(message: string, options?: { duration?: number; isError?: boolean }): void };
  saveBar: {
    show(id: string): Promise<void>;
    hide(id: string): Promise<void>;
    /** Resolves when the page may be left: at once, or after the person has given up what was not saved. */
    leaveConfirmation(): Promise<void>;
  };
  /** Shows or hides the admin's loading bar. */
  loading(isLoading?: boolean): void;
  /** How fast the pages are, as Shopify measures it. Not there in old versions. Null: no more reports, please. */
  webVitals?: { onReport(callback: ((report: VitalsReport | Vital) => void) | null): Promise<void> };
  /** Not there in old versions. */
  app?: { extensions(): Promise<ExtensionInfo[]> };
};

/** One measure, CLS as it is and the others in milliseconds; a report holds several, and ids that nobody here needs. */
export type Vital = { name: string; value: number };
export type VitalsReport = { metrics: readonly Vital[] };

/** One of the app's extensions and where it is in use; of a theme app extension, its blocks and where each is. */
export type ExtensionInfo = {
  handle?: string | null;
  status?: 'active' | 'available' | 'unavailable';
  activations: { target: string; handle?: string; activations?: { target: string }[] }[];
};

declare global {
  interface Window {
    shopify?: AppBridge;
  }
}

/** Null: it could not be loaded, so the admin can't be reached from here. */
export const appBridge = (): AppBridge | null => window.shopify ?? null;

/** Says in the admin, for some seconds, that something is done. Not for errors: these stay beside what they are about. */
export function showToast(message: string): void {
  appBridge()?.toast.show(message);
}
