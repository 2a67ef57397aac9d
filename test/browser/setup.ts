import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { buildPages } from '../fakes/stand-in-front.ts';
import { findBrowser } from './find-browser.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** null: there is none on this machine. */
    browser: { executablePath: string; args: string[] } | null;
  }
}

/** Runs once before the browser tests: builds the pages, finds a browser and starts it once. */
export default async function setup(project: TestProject): Promise<void> {
  const found = await findBrowser(process.env);
  const fault =
    'missing' in found
      ? found.missing
      : await chromium.launch(found).then(
          (browser) => browser.close().then(() => null),
          (error: unknown) => `Chromium does not start: ${String(error).split('\n')[0]}`,
        );
  if (fault !== null && process.env['CI']) throw new Error(`CI runs the browser tests too: ${fault}`);
  if (fault !== null) process.stderr.write(`No browser tests: ${fault}\n`);
  project.provide('browser', fault !== null || 'missing' in found ? null : found);
  if (fault === null) await buildPages();
}
