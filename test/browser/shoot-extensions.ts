// node test/browser/shoot-extensions.ts: pictures of the storefront block and of the customer
// block's states, into docs/screenshots; with a DIRECTORY: wide and narrow, to look at. The customer
// block is drawn with our own elements, not Shopify's, and says so.
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Browser, chromium, type Locator } from 'playwright-core';
import { build } from 'vite';
import { readOptions } from '../../server/options.ts';
import { extensionFolder } from '../fakes/extension-host.ts';
import { openShop } from '../fakes/open-shop.ts';
import { findBrowser } from './find-browser.ts';
import { savePicture } from './save-picture.ts';

const [other] = readOptions('node server/run.js test/browser/shoot-extensions.ts [DIRECTORY]', {}, [0, 1]).positionals;
const directory = other ?? path.join(import.meta.dirname, '../../docs/screenshots');
const WIDE = 720;
const NARROW = 360;
const ID = '019aa5f0-0000-7000-8000-000000000007';

/** In each width that is asked for. */
async function shoot(part: Locator, name: string): Promise<void> {
  for (const width of other === undefined ? [WIDE] : [WIDE, NARROW]) {
    await part.page().setViewportSize({ width, height: 600 });
    const file = other === undefined ? name : `${name}-${width}`;
    await savePicture(browser, await part.screenshot(), path.join(directory, `${file}.webp`));
  }
}

async function shootStorefront(browser: Browser): Promise<void> {
  const settings = {
    text: '<p>Snow, races and offers, about once a week.</p>',
    interests: 'Ski\nRaces & events\nSki school',
    consent: '<p>You can unsubscribe in every message. <a href="#">Privacy policy</a></p>',
  };
  const theme = `body { margin: 0; padding: 32px; font: 16px/1.5 'DejaVu Sans', sans-serif; color: #1a2b3c; background: #f7f9fb }
    .button { padding: 0 24px; border: 0; background: #1a2b3c; color: #fff; font: inherit }`;
  for (const [name, state] of [
    ['storefront-block', {}],
    ['storefront-block-refused', { errors: { email: 'is invalid' }, email: 'mia@example' }],
    ['storefront-block-thanks', { posted: true }],
  ] as const) {
    const { page } = await openShop(browser, { settings, theme, state, width: WIDE });
    await shoot(page.locator('main'), name);
    await page.context().close();
  }
}

/** The customer block as a single script. */
async function bundle(): Promise<string> {
  const root = extensionFolder('customer-block');
  const built = await build({
    root,
    configFile: false,
    logLevel: 'warn',
    build: {
      write: false,
      lib: { entry: path.join(root, 'src/customer-block.tsx'), formats: ['es'], fileName: 'block' },
    },
  });
  const [output] = Array.isArray(built) ? built : [built];
  const chunk = output && 'output' in output ? output.output.find((part) => part.type === 'chunk') : undefined;
  if (chunk?.type !== 'chunk') throw new Error('Nothing was built');
  return chunk.code;
}

const delivery = (topic: string, state: string, reason: string | null, at: string) => ({
  kind: 'delivery',
  at,
  reason,
  topic,
  state,
});
const person = (timeline: object[]) => ({
  id: ID,
  customerId: '7',
  deletedAt: null,
  consent: {
    email: {
      address: 'mia.berg@example.com',
      state: 'subscribed',
      since: '2026-11-01T09:00:00Z',
      told: true,
      toldAt: '2026-11-01T09:00:04Z',
    },
    sms: {
      address: '+13035550142',
      state: 'unsubscribed',
      since: '2026-11-12T18:30:00Z',
      told: false,
      toldAt: '2026-11-12T18:30:05Z',
    },
  },
  timeline,
});
const accepted = delivery('orders/create', 'accepted', null, '2026-11-20T10:12:00Z');

const states: Record<string, { found?: object; one?: object; status?: number; hang?: true }> = {
  'customer-block': { one: person([accepted]) },
  'customer-block-waiting': {
    one: person([delivery('customers/update', 'waiting', 'paused', '2026-11-23T08:00:00Z'), accepted]),
  },
  'customer-block-attention': {
    one: person([delivery('orders/create', 'attention', 'rejected', '2026-11-23T08:00:00Z'), accepted]),
  },
  'customer-block-loading': { hang: true },
  'customer-block-unknown': { found: { items: [] } },
  'customer-block-no-access': { status: 401 },
  'customer-block-failing': { status: 503 },
};

async function shootCustomerBlock(browser: Browser): Promise<void> {
  const code = await bundle();
  const styles = await readFile(path.join(import.meta.dirname, '../fakes/admin-elements.css'), 'utf8');
  for (const [name, { found = { items: [{ id: ID, customerId: '7' }] }, one, status = 200, hang }] of Object.entries(
    states,
  )) {
    const context = await browser.newContext({
      viewport: { width: WIDE, height: 600 },
      locale: 'en',
      timezoneId: 'UTC',
    });
    const page = await context.newPage();
    await page.route('https://admin.example/**', async (route) => {
      const { pathname } = new URL(route.request().url());
      if (pathname === '/block.js') await route.fulfill({ contentType: 'text/javascript', body: code });
      else if (pathname.startsWith('/api/')) {
        if (hang) return;
        const body = pathname.endsWith('/people') ? found : (one ?? {});
        await route.fulfill({ status, json: body });
      } else {
        await route.fulfill({
          contentType: 'text/html',
          body: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Block</title><style>${styles}</style></head><body></body></html>`,
        });
      }
    });
    await page.goto('https://admin.example/');
    const locale: unknown = JSON.parse(
      await readFile(path.join(extensionFolder('customer-block'), 'locales/en.default.json'), 'utf8'),
    );
    await page.evaluate(async (texts) => {
      const translate = (key: string, values: Record<string, unknown> = {}) => {
        const text = key.split('.').reduce((at, part) => Object(at)[part], Object(texts));
        return String(text).replace(/\{\{(\w+)\}\}/g, (_, word: string) => String(values[word]));
      };
      Object.assign(window, {
        shopify: {
          data: { selected: [{ id: 'gid://shopify/Customer/7' }] },
          i18n: {
            translate,
            formatDate: (date: Date, options: Intl.DateTimeFormatOptions) =>
              new Intl.DateTimeFormat('en', options).format(date),
          },
        },
      });
      const module: { default(): Promise<void> } = await import(/* @vite-ignore */ `${location.origin}/block.js`);
      await module.default();
    }, locale);
    await page.locator('s-admin-block').waitFor();
    if (!hang) await page.locator('s-spinner').waitFor({ state: 'detached' });
    await page.evaluate(() => {
      const note = document.createElement('footer');
      note.textContent = 'Drawn with stand-ins for Shopify’s components: in the admin it looks like the admin.';
      document.body.append(note);
    });
    await shoot(page.locator('body'), name);
    await context.close();
  }
}

const launch = await findBrowser(process.env);
if ('missing' in launch) throw new Error(`No pictures: ${launch.missing}`);
await mkdir(directory, { recursive: true });
const browser = await chromium.launch(launch);
try {
  await shootStorefront(browser);
  await shootCustomerBlock(browser);
} finally {
  await browser.close();
}
