import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { signIdToken } from '../fakes/id-token.ts';

/**
 * JavaScript in bytes as gzip compresses it, without Shopify's own; times and durations in
 * milliseconds.
 */
type PageFigures = { scriptBytes: number; lcp: number; cls: number; inp: number };

type Observed = { lcp: number; cls: number; inp: number };
declare global {
  interface Window {
    observed: Observed;
  }
}

/** Runs in the page before anything else (https://web.dev/articles/vitals). */
function observe(): void {
  const observed = { lcp: 0, cls: 0, inp: 0 };
  window.observed = observed;
  const each = (type: string, take: (entry: PerformanceEntry) => void, more: object = {}) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true, ...more });
  const numberOf = (entry: PerformanceEntry, key: string) => Number(Reflect.get(entry, key)) || 0;
  each('largest-contentful-paint', ({ startTime }) => {
    observed.lcp = startTime;
  });
  each('layout-shift', (entry) => {
    if (!Reflect.get(entry, 'hadRecentInput')) observed.cls += numberOf(entry, 'value');
  });
  each(
    'event',
    (entry) => {
      if (numberOf(entry, 'interactionId') > 0) observed.inp = Math.max(observed.inp, entry.duration);
    },
    { durationThreshold: 16 },
  );
}

type App = { url: string; apiKey: string; secret: string; shop: string };

/** A fresh browser profile, with a stand-in for Shopify's CDN. */
async function newProfile(browser: Browser, app: App): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 } });
  const appBridge = await readFile(path.join(import.meta.dirname, '../fakes/app-bridge.js'), 'utf8');
  await context.route('https://cdn.shopify.com/**', async (route) => {
    const script = route.request().url().endsWith('.js');
    await route.fulfill({ contentType: script ? 'text/javascript' : 'text/css', body: script ? appBridge : '' });
  });
  await context.route('**/stand-in/id-token*', async (route) => {
    await route.fulfill({ contentType: 'text/plain', body: await signIdToken(app) });
  });
  return context;
}

/** One visit to the overview by a first-time visitor: a new browser profile, nothing cached. */
async function look(browser: Browser, app: App): Promise<PageFigures> {
  const context = await newProfile(browser, app);
  try {
    await context.addInitScript(observe);
    const page = await context.newPage();
    const scripts: Promise<Buffer>[] = [];
    page.on('response', (response) => {
      if (/\/assets\/[^?]+\.js$/.test(response.url())) scripts.push(response.body());
    });
    await page.goto(`${app.url}/?shop=${app.shop}&embedded=1`);
    await page.getByText('Last 14 days').waitFor();
    await page.waitForLoadState('networkidle');
    const scriptBytes = (await Promise.all(scripts)).reduce((sum, body) => sum + gzipSync(body).length, 0);
    for (const name of ['7 days', '30 days', 'Show numbers', 'Hide numbers']) {
      await page.getByRole('button', { name }).click();
    }
    // The browser reports an interaction after the frame that shows it.
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 100))));
    return { scriptBytes, ...(await page.evaluate(() => window.observed)) };
  } finally {
    await context.close();
  }
}

/** This many visits, one after another. */
export async function measurePage(
  launch: { executablePath: string; args: string[] },
  app: App,
  looks: number,
): Promise<PageFigures[]> {
  const browser = await chromium.launch({ executablePath: launch.executablePath, args: launch.args });
  try {
    // A browser process's first visit also starts its own parts, so it isn't counted.
    await look(browser, app);
    const figures: PageFigures[] = [];
    for (let done = 0; done < looks; done++) figures.push(await look(browser, app));
    return figures;
  } finally {
    await browser.close();
  }
}

/**
 * From the first visit to the app to the first event that Ascent360 accepted, the way a new
 * merchant goes.
 */
export type Path = { fields: number; clicks: number; seconds: number };

/** @param app a shop that isn't connected, with a waiting event */
export async function measurePath(
  launch: { executablePath: string; args: string[] },
  app: App,
  guid: string,
): Promise<Path> {
  const browser = await chromium.launch({ executablePath: launch.executablePath, args: launch.args });
  try {
    const page = await (await newProfile(browser, app)).newPage();
    const done = { fields: 0, clicks: 0 };
    const fill = async (label: string, text: string) => {
      await page.getByLabel(label).fill(text);
      done.fields++;
    };
    const click = async (name: string) => {
      await page.getByRole('button', { name }).click();
      done.clicks++;
    };
    const began = performance.now();
    await page.goto(`${app.url}/?shop=${app.shop}&embedded=1`);
    await fill('GUID of your data webhook', guid);
    await click('Connect');
    await page.getByText('GUID saved. It ends in').waitFor();
    // Only to check the state: the merchant needn't look.
    await page.goto(`${app.url}/?shop=${app.shop}&embedded=1`);
    await page.getByRole('link', { name: 'Accepted: 1' }).waitFor({ timeout: 60_000 });
    return { ...done, seconds: (performance.now() - began) / 1000 };
  } finally {
    await browser.close();
  }
}
