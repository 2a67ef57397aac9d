import type { RequestHandler } from 'express';

/**
 * The source of the pages' HTML and files: the build in production, Vite or a Shopify stand-in in
 * development.
 */
export type Front = {
  /**
   * The page's HTML with the marker `<!--shopify-->` in its head; null until the pages are built.
   */
  html(path: string): Promise<string | null>;
  /** Serves scripts and styles. */
  files: RequestHandler;
  /**
   * What Shopify needs in the head: App Bridge, which must be the first script, and the admin's
   * font.
   */
  shopifyHead: string;
  /**
   * What else the pages may load and connect to, besides the app and Shopify; nothing in
   * production.
   */
  sources?: { script: readonly string[]; connect: readonly string[] };
};
