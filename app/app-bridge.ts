/**
 * What the pages use of Shopify's App Bridge, which the server puts before every other script
 * (https://shopify.dev/docs/api/app-bridge-library).
 */
type AppBridge = {
  /** A new or still valid ID token of the person using the page; valid for a minute. */
  idToken(): Promise<string>;
  toast: { show(message: string, options?: { duration?: number; isError?: boolean }): void };
  saveBar: {
    show(id: string): Promise<void>;
    hide(id: string): Promise<void>;
    /**
     * Resolves when the page may be left: at once, or after the person has discarded unsaved
     * changes.
     */
    leaveConfirmation(): Promise<void>;
  };
  /** Shows or hides the admin's loading bar. */
  loading(isLoading?: boolean): void;
  /**
   * How fast the pages are, as Shopify measures it. Missing in old versions. null ends the reports.
   */
  webVitals?: { onReport(callback: ((report: VitalsReport | Vital) => void) | null): Promise<void> };
  /** Missing in old versions. */
  app?: { extensions(): Promise<ExtensionInfo[]> };
};

/**
 * One measurement: CLS unitless, the others in milliseconds. A report holds several, and ids that
 * we don't use.
 */
export type Vital = { name: string; value: number };
export type VitalsReport = { metrics: readonly Vital[] };

/**
 * One of the app's extensions and where it is in use; for a theme app extension, its blocks and
 * where each is.
 */
export type ExtensionInfo = {
  handle?: string | null;
  activations: {
    target: string;
    handle?: string;
    status?: 'active' | 'available' | 'unavailable';
    activations?: { target: string }[];
  }[];
};

declare global {
  interface Window {
    shopify?: AppBridge;
  }
}

/** null: it couldn't be loaded, so the admin can't be reached from here. */
export const appBridge = (): AppBridge | null => window.shopify ?? null;

/**
 * Shows a confirmation in the admin for a few seconds. Not for errors: these stay next to what they
 * are about.
 */
export function showToast(message: string): void {
  appBridge()?.toast.show(message);
}

/**
 * Says that something failed, seen wherever the page is scrolled. A banner says what, and what to
 * do.
 */
export function showErrorToast(message: string): void {
  appBridge()?.toast.show(message, { isError: true });
}
