import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { away } from './activity-scenes.ts';
import { everyPath } from './every-page.ts';
import { accessibilityFaults, overflow } from './stage.ts';
import { inBrowser } from './stage-of-test.ts';

const ID = '01a20c17-d9a0-7045-b876-cfa84638b8f5';
/** Every page and what it asks the API for. */
const pages: readonly (readonly [page: string, route: string, api: string])[] = [
  ['overview', '/', '**/api/overview*'],
  ['first steps', '/setup', '**/api/settings*'],
  ['activity', '/activity', '**/api/activity?*'],
  ['event', `/activity/${ID}`, `**/api/activity/${ID}*`],
  ['issues', '/issues', '**/api/issues*'],
  ['people', '/people?q=mia@example.com', '**/api/people?*'],
  ['person', `/people/${ID}`, `**/api/people/${ID}*`],
  ['consent sheet', '/people/consent?q=mia@example.com', '**/api/people?*'],
  ['settings', '/settings', '**/api/settings*'],
  ['imports', '/imports', '**/api/imports*'],
  ['import', `/imports/${ID}`, `**/api/imports/${ID}*`],
  ['privacy', '/privacy', '**/api/privacy-requests*'],
];

inBrowser('every page', (stage) => {
  beforeAll(async () => {
    await stage().connector.connect();
  });

  it('is looked at here', () => {
    const paths = pages.map(([, route]) => route.replace(ID, ':id').replace(/\?.*/, ''));
    expect(paths.toSorted()).toEqual(everyPath.toSorted());
  });

  async function expectFaultless(page: Page, what: string): Promise<void> {
    expect.soft(await accessibilityFaults(page), what).toEqual([]);
    await page.setViewportSize({ width: 320, height: 900 });
    expect.soft(await overflow(page), `${what}, narrow`).toBe(0);
  }

  it.each(pages)(
    '%s: has no faults that axe finds while it loads, nor once the server has failed; it no longer says then that it loads, offers nothing to print, and a retry asks again',
    async (name, route, api) => {
      const { promise: seen, resolve: fail } = Promise.withResolvers<void>();
      const page = await stage().open(route, {
        before: async (page) => {
          await page.route(api, async (call) => {
            await seen;
            await call.fulfill({ status: 503, json: away });
          });
        },
      });
      await page.getByRole('status', { name: 'Loading' }).first().waitFor();
      await page.getByRole('heading', { level: 1 }).waitFor();
      await expectFaultless(page, `${name}, loading`);
      fail();
      await page.setViewportSize({ width: 1200, height: 900 });
      await page.getByText('The app can’t reach its database').first().waitFor();
      expect.soft(await page.getByText('Loading', { exact: true }).count(), name).toBe(0);
      expect.soft(await page.getByRole('button', { name: 'Print', disabled: false }).count(), name).toBe(0);
      await expectFaultless(page, name);
      await page.unroute(api);
      await page.getByRole('button', { name: 'Try again' }).first().click();
      await page.getByText('The app can’t reach its database').first().waitFor({ state: 'detached' });
    },
  );
});
