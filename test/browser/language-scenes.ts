import type { Page } from 'playwright-core';
import type { Scene } from './shoot.ts';

const locales = ['de', 'es', 'fr', 'ja'] as const;

async function loaded(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForLoadState('networkidle');
}

/** The overview and one event in the languages besides English. */
export const languageScenes: Scene[] = locales.flatMap((locale): Scene[] => [
  { name: `overview-in-${locale}`, route: '/', locale, history: true, full: true, act: loaded },
  {
    name: `event-in-${locale}`,
    route: '/activity?topic=orders/create&state=accepted',
    locale,
    history: true,
    full: true,
    act: async (page) => {
      await loaded(page);
      await page.locator('main a[href*="/activity/"], a[href*="/activity/"]').first().click();
      await page.waitForURL(/\/activity\/[\w-]+/);
      await page.getByRole('heading', { level: 2 }).first().waitFor();
    },
  },
]);
