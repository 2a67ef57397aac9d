import type { RequestHandler } from 'express';

/** Where the pages' HTML and files come from: the build in production, Vite or a stand-in for Shopify in development. */
export type Front = {
  /** The page's HTML with the mark `<!--shopify-->` in its head; null while the pages are not built. */
  html(path: string): Promise<string | null>;
  /** Serves scripts and styles. */
  files: RequestHandler;
  /** What the head needs of Shopify: App Bridge, which has to be the first script, and the admin's font. */
  shopifyHead: string;
  /** What the pages may load and reach besides the app itself and Shopify; nothing in production. */
  sources?: { script: readonly string[]; connect: readonly string[] };
};
