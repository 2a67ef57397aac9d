import type { Locator, Page } from 'playwright-core';

const list = (page: Page): Locator => page.getByRole('region', { name: 'Events' });

/** The rows of the activity: of the table, or of the list that it is on a phone. */
export const eventRows = (page: Page): Locator => list(page).locator('tbody tr, li');

/** The links from the activity's rows to their events. */
export const eventLinks = (page: Page): Locator => list(page).getByRole('link');

/** Shows the activity's search and filters. */
export const openFilters = async (page: Page): Promise<void> =>
  await page.getByRole('button', { name: 'Search and filter results' }).click();

/** A choice in a filter of the activity: ticks it, and closes the filter. */
export async function filterBy(page: Page, filter: string, choice: string): Promise<void> {
  await page.getByRole('button', { name: filter, exact: true }).click();
  await page.locator('label', { hasText: new RegExp(`^${choice}$`) }).click();
  await page.keyboard.press('Escape');
}

/** Takes off a filter that is shown with these words. */
export const takeOff = async (page: Page, words: string | RegExp): Promise<void> =>
  await page
    .getByRole('button', { name: words })
    .locator('xpath=..')
    .getByRole('button', { name: 'Clear', exact: true })
    .click();
