import type { Browser, Page } from 'playwright-core';
import { type BlockSettings, type FormState, readAsset, renderPage } from './storefront.ts';

type Post = Record<string, string>;

type OpenShopOptions = {
  settings?: BlockSettings;
  /** The colour scheme and size the page is seen in. */
  state?: FormState;
  /** What Shopify's form says after a post; by default, that it worked. */
  answer?: (post: Post) => FormState;
  javaScript?: boolean;
  /** Of the window, in CSS pixels. */
  width?: number;
  /** The theme's styles. */
  theme?: string;
  /** The ids of the blocks on the page; by default, there is one. */
  blocks?: readonly string[];
};

const SHOP = 'https://shop.example';

/**
 * Opens a shop's page with the sign-up block in it. Nothing leaves the machine: the page, the
 * block's assets and Shopify's customer form are stand-ins. A post is answered with the page again,
 * as Shopify does after its redirect.
 */
export async function openShop(browser: Browser, options: OpenShopOptions): Promise<{ page: Page; posts: Post[] }> {
  const {
    settings = {},
    state = {},
    answer = () => ({ posted: true }),
    javaScript = true,
    width = 900,
    theme = '',
    blocks = ['A1b2'],
  } = options;
  const posts: Post[] = [];
  const context = await browser.newContext({
    javaScriptEnabled: javaScript,
    viewport: { width, height: 900 },
    locale: 'en',
  });
  context.setDefaultTimeout(20_000);
  await context.route(`${SHOP}/**`, async (route) => {
    const request = route.request();
    const { pathname } = new URL(request.url());
    const asset = pathname.startsWith('/assets/') ? readAsset(pathname.slice('/assets/'.length)) : null;
    if (asset !== null) {
      const contentType = pathname.endsWith('.css') ? 'text/css' : 'text/javascript';
      await route.fulfill({ contentType, body: asset });
      return;
    }
    let now = state;
    if (request.method() === 'POST') {
      const post = Object.fromEntries(new URLSearchParams(request.postData() ?? ''));
      posts.push(post);
      now = { email: post['contact[email]'] ?? '', ...answer(post) };
    }
    await route.fulfill({ contentType: 'text/html', body: await renderPage(settings, now, { theme, blocks }) });
  });
  const page = await context.newPage();
  await page.goto(`${SHOP}/`);
  return { page, posts };
}
