import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, chromium, type Page } from 'playwright-core';
import { middayZone } from '../demo/history/midday-zone.ts';
import { openHistory, storyOf } from '../demo/history/open-history.ts';
import { plotMonth } from '../demo/history/plot.ts';
import { stockShop } from '../demo/history/stock-shop.ts';
import { API_KEY, type Connector, SECRET, SHOP, startConnector } from '../fakes/connector.ts';
import { signIdToken } from '../fakes/id-token.ts';

/** Of the shop with a history. */
export const GUID = '5f0c2a44-7d1e-4b7a-9a57-3c1d8e2f6b90';
const CDN = 'https://cdn.shopify.com/';
const fakes = path.join(import.meta.dirname, '../fakes');

type OpenOptions = {
  shop?: string;
  /** Width of the window in CSS pixels; 320 is the narrowest that WCAG requires. Default 1200. */
  width?: number;
  locale?: string;
  /** False: Shopify's CDN can't be reached. */
  appBridge?: boolean;
  /** Runs before the page is opened, for example to answer in place of the API. */
  before?: (page: Page) => Promise<void>;
  /** The same for what can't be taken back, scripts and clocks: no other test gets this tab. */
  forGood?: (page: Page) => Promise<void>;
  /** True: `closePages` leaves it open. */
  stays?: boolean;
};

/** A browser profile of its own with one page. */
type Tab = { page: Page; locale: string; shop: string; appBridge: boolean; forGood: boolean };

/** The built pages of the whole app in a real browser, with a stand-in for Shopify's CDN. */
export type Stage = {
  connector: Connector;
  browser: Browser;
  /**
   * Opens one of our pages in a browser profile without anything stored, without waiting for
   * anything.
   */
  open(route: string, options?: OpenOptions): Promise<Page>;
  /** Where Shopify's admin would open it. */
  urlOf(route: string, shop?: string, locale?: string): string;
  /** The ID tokens that the pages get from now on; by default valid ones. */
  tokens(give: (() => Promise<string>) | null): void;
  /** Closes what was opened, so that it doesn't go on asking the server. */
  closePages(): Promise<void>;
  close(): Promise<void>;
};

/** @param options.history the shop has had the app for a month: the same month whatever the hour */
export async function startStage(
  launch: { executablePath: string; args: string[] },
  env: Record<string, string> = {},
  options: { history?: boolean } = {},
): Promise<Stage> {
  const browser = await chromium.launch({ executablePath: launch.executablePath, args: launch.args });
  const dataDir = options.history ? await mkdtemp(path.join(tmpdir(), 'connector-stage-')) : null;
  const now = Date.now();
  const story = storyOf(SHOP, GUID, now, middayZone(now));
  const connector = await startConnector(env, dataDir ? await openHistory(dataDir, story) : undefined);
  if (options.history) stockShop(connector.admin.shop(SHOP), plotMonth(story), now);
  const opened = new Set<Tab>();
  const emptied: Tab[] = [];
  let give: (() => Promise<string>) | null = null;

  const script = await readFile(path.join(fakes, 'app-bridge.js'), 'utf8');
  const empty = `${connector.url}/stand-in/empty`;
  /** What stands in for this address: its type and text. */
  async function answerOf(url: string, shop: string): Promise<[type: string, text: string]> {
    if (url.endsWith('/app-bridge.js')) return ['text/javascript', script];
    if (url.startsWith(CDN)) return ['text/css', ''];
    if (url === empty) return ['text/html', '<script>localStorage.clear(); sessionStorage.clear()</script>'];
    return ['text/plain', give ? await give() : await signIdToken({ apiKey: API_KEY, secret: SECRET, shop })];
  }

  /**
   * By Chromium's own protocol, which stops these requests alone: Playwright's `route` stops each of the fifty of a page, a
   * tenth of its processor time.
   */
  async function standIn(tab: Tab): Promise<void> {
    const { page } = tab;
    const session = await page.context().newCDPSession(page);
    session.on('Fetch.requestPaused', async ({ requestId, request }) => {
      const [type, text] = await answerOf(request.url, tab.shop);
      const answer =
        request.url.startsWith(CDN) && !tab.appBridge
          ? session.send('Fetch.failRequest', { requestId, errorReason: 'Failed' })
          : session.send('Fetch.fulfillRequest', {
              requestId,
              responseCode: 200,
              responseHeaders: [{ name: 'Content-Type', value: type }],
              body: Buffer.from(text).toString('base64'),
            });
      // The page may have closed meanwhile.
      await answer.catch(() => {});
    });
    const patterns = [`${CDN}*`, '*/stand-in/*'].map((urlPattern) => ({ urlPattern }));
    await session.send('Fetch.enable', { patterns });
  }

  const urlOf = (route: string, shop = SHOP, locale = 'en'): string => {
    const url = new URL(route, connector.url);
    for (const [name, value] of Object.entries({ shop, embedded: '1', locale })) url.searchParams.set(name, value);
    return url.href;
  };

  async function newTab(locale: string): Promise<Tab> {
    const context = await browser.newContext({ locale });
    // As long as all other waits.
    context.setDefaultTimeout(60_000);
    const tab = { page: await context.newPage(), locale, shop: SHOP, appBridge: true, forGood: false };
    await standIn(tab);
    return tab;
  }

  /**
   * Takes back what a test did to a tab: opening a page in it once more takes 0.4 s of processor
   * time less than in a new one.
   */
  async function emptyTab(tab: Tab): Promise<void> {
    const { page } = tab;
    if (page.isClosed()) return;
    if (tab.forGood) return await page.context().close();
    page.removeAllListeners('dialog');
    await page.goto(empty);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.emulateMedia({ media: null, forcedColors: null });
    await page.mouse.move(0, 0);
    emptied.push(tab);
  }
  const closePages = async () => {
    const tabs = [...opened];
    opened.clear();
    await Promise.all(tabs.map(emptyTab));
  };

  return {
    connector,
    browser,
    urlOf,
    open: async (
      route,
      { shop = SHOP, width = 1200, locale = 'en', appBridge = true, before, forGood, stays } = {},
    ) => {
      const at = forGood || stays ? -1 : emptied.findIndex((tab) => tab.locale === locale);
      const [tab = await newTab(locale)] = at < 0 ? [] : emptied.splice(at, 1);
      const { page } = Object.assign(tab, { shop, appBridge, forGood: forGood !== undefined });
      if (!stays) opened.add(tab);
      await page.setViewportSize({ width, height: 900 });
      await before?.(page);
      await forGood?.(page);
      await page.goto(urlOf(route, shop, locale));
      return page;
    },
    tokens: (next) => {
      give = next;
    },
    closePages,
    close: async () => {
      await closePages();
      await browser.close();
      await connector.stop();
      if (dataDir) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/**
 * Marks the rows that differ from two earlier ones only in their texts. axe finds the same there, and takes a hundredth of a
 * second of processor time for each.
 */
const markAlike = async (page: Page): Promise<void> =>
  await page.evaluate(() => {
    const texts =
      /(>)[^<]+(?=<)|( (?:id|for|href|name|title|value|data-[\w-]+|aria-(?:label\w*|describedby|controls))=)"[^"]+"/g;
    const rows = [...document.querySelectorAll('tr, li')];
    for (const row of rows) row.removeAttribute('data-alike');
    for (const alike of Map.groupBy(rows, (row) => row.outerHTML.replaceAll(texts, '$1$2…')).values()) {
      for (const row of alike.slice(2)) row.setAttribute('data-alike', '');
    }
  });

/**
 * What axe finds against WCAG 2.1 A and AA, one line each, without the stand-in for Shopify's
 * admin.
 */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await markAlike(page);
  const { violations } = await new AxeBuilder({ page })
    // What it doesn't find needs no names, and without frames from elsewhere it needs no page of its
    // own to put results together: half of its processor time. Loading style sheets and media again is a
    // sixth of the rest, for a rule that is off and one about sound.
    .options({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'], resultTypes: ['violations'], preload: false })
    .setLegacyMode(true)
    .exclude('s-app-nav')
    .exclude('ui-save-bar')
    .exclude('#stand-in-toast')
    .exclude('[data-alike]')
    .analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary ?? ''}`),
  );
}

/** How much wider the page is than the window, in CSS pixels: more than 0 scrolls sideways. */
export const overflow = async (page: Page): Promise<number> =>
  await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
