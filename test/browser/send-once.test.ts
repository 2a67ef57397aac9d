import type { Locator, Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { SHOP } from '../fakes/connector.ts';
import { away } from './activity-scenes.ts';
import { standInImports } from './imports-scenes.ts';
import { inBrowser } from './stage-of-test.ts';

type Case = {
  name: string;
  route: string;
  /** What is to be pressed, once the page is as far. */
  button: (page: Page) => Promise<Locator>;
  sends: string;
  /** It is on the page of the first one in the list, whose address begins so. */
  link?: string;
  before?: (page: Page) => Promise<unknown>;
};

const named = (name: string) => async (page: Page) => page.getByRole('button', { name, exact: true });
/** The button of the dialog that a button opens; both have this name. */
const confirmed =
  (name: string, confirm: string | RegExp = name) =>
  async (page: Page) => {
    await page.getByRole('button', { name, exact: true }).first().click();
    return page.getByRole('dialog').getByRole('button', { name: confirm, disabled: false });
  };
const saveButton = async (page: Page) => page.locator('ui-save-bar').getByRole('button', { name: 'Save' });

const needy = '/activity?state=attention';
const IMPORT = '/imports/01a20c17-d9a0-7045-b876-cfa84638b8f5';
const standing = (state: 'counted' | 'running' | 'paused') => async (page: Page) => await standInImports(page, state);

const cases: readonly Case[] = [
  { name: 'pausing', route: '/settings', button: named('Pause sending'), sends: 'PUT /settings' },
  {
    name: 'saving settings',
    route: '/settings',
    button: async (page) => {
      await page.getByLabel('Source name').fill('Another name');
      return await saveButton(page);
    },
    sends: 'PUT /settings',
  },
  { name: 'a test record', route: '/settings', button: named('Send test record'), sends: 'POST /test-record' },
  { name: 'disconnecting', route: '/settings', button: confirmed('Disconnect'), sends: 'DELETE /settings/guid' },
  {
    name: 'resending all',
    route: needy,
    button: confirmed('Resend all of these', 'Resend'),
    sends: 'POST /activity/retry',
  },
  {
    name: 'dismissing all',
    route: needy,
    button: confirmed('Dismiss all of these', 'Dismiss'),
    sends: 'POST /activity/dismiss',
  },
  {
    name: 'resending one',
    route: needy,
    link: '/activity/0',
    button: confirmed('Resend'),
    sends: 'POST /activity/:id/retry',
  },
  {
    name: 'dismissing one',
    route: needy,
    link: '/activity/0',
    button: confirmed('Dismiss'),
    sends: 'POST /activity/:id/dismiss',
  },
  {
    name: 'a customer',
    route: '/people?q=4242',
    link: '/people/0',
    button: confirmed('Send now'),
    sends: 'POST /people/:id/send',
  },
  { name: 'a count', route: '/imports', button: named('Count first'), sends: 'POST /imports' },
  {
    name: 'the start of an import',
    route: IMPORT,
    before: standing('counted'),
    button: confirmed('Start'),
    sends: 'POST /imports/:id/start',
  },
  {
    name: 'its pause',
    route: IMPORT,
    before: standing('running'),
    button: named('Pause'),
    sends: 'POST /imports/:id/pause',
  },
  {
    name: 'its end',
    route: IMPORT,
    before: standing('paused'),
    button: confirmed('Cancel import'),
    sends: 'POST /imports/:id/cancel',
  },
  {
    name: 'a request that is done',
    route: '/privacy',
    button: confirmed('Mark as done'),
    sends: 'POST /privacy-requests/:id/done',
  },
  {
    name: 'a step',
    route: '/setup',
    button: async (page) => {
      await page.getByRole('heading', { name: 'Provider and lists' }).click();
      return page.getByRole('button', { name: 'Save and continue' });
    },
    sends: 'PUT /settings',
  },
];

inBrowser(
  'sends once, however fast it is clicked twice:',
  (stage) => {
    beforeAll(async () => {
      const customer = { id: 4242, email: 'kim@example.com', phone: null };
      await stage().connector.deliver('customers/create', { ...customer, updated_at: '2026-11-01T10:00:00Z' });
      await stage().connector.deliver('customers/data_request', {
        shop_domain: SHOP,
        customer,
        data_request: { id: 9 },
      });
    });

    it.each(cases)('$name', async ({ route, link, button, sends, before }) => {
      const sent: string[] = [];
      const { promise: clicked, resolve: goOn } = Promise.withResolvers<void>();
      const page = await stage().open(route, {
        before: async (page) => {
          await before?.(page);
          await page.route('**/api/**', async (call) => {
            const request = call.request();
            const path = new URL(request.url()).pathname.replace('/api', '').replaceAll(/[0-9a-f-]{36}/g, ':id');
            const isRead =
              request.method() === 'GET' || path === '/preview' || request.postData()?.includes('"dryRun":true');
            if (isRead) return await call.fallback();
            sent.push(`${request.method()} ${path}`);
            await clicked;
            await call.fulfill({ status: 503, json: away });
          });
        },
      });
      if (link) await page.locator(`a[href^="${link}"]`).first().click();
      const pressed = await button(page);
      await pressed.evaluate((element) => {
        if (!(element instanceof HTMLElement)) return;
        element.click();
        element.click();
      });
      await expect.poll(() => sent).not.toEqual([]);
      goOn();
      await page.getByText('The app can’t reach its database').first().waitFor();
      expect(sent).toEqual([sends]);
    });

    it('a question that is asked meanwhile stays open, once an earlier one is answered', async () => {
      const { promise: isAsked, resolve: goOn } = Promise.withResolvers<void>();
      const page = await stage().open(needy);
      await page.locator('a[href^="/activity/0"]').first().click();
      await page.route('**/retry', async (call) => {
        if (call.request().postData()?.includes('"dryRun":true')) return await call.fallback();
        await isAsked;
        await call.fulfill({ status: 202, json: { count: 1, skippedAgain: 0 } });
      });
      await (await confirmed('Resend')(page)).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      await dialog.waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Dismiss', exact: true }).click();
      const refreshed = page.waitForResponse(/\/api\/activity\/[^/]+$/);
      goOn();
      await page.getByText('1 record in line to be sent').waitFor();
      await (await refreshed).finished();
      await dialog.getByRole('button', { name: 'Dismiss' }).click();
      await page.getByText('Dismissed', { exact: true }).first().waitFor();
    });
  },
  { history: true },
);
