import type { Locator, Page } from 'playwright-core';

const list = (page: Page): Locator => page.getByRole('region', { name: 'Events' });

/** The rows of the activity. */
export const eventRows = (page: Page): Locator => list(page).locator('tbody tr');

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
export async function takeOff(page: Page, words: RegExp | string): Promise<void> {
  const shown = typeof words === 'string' ? words : words.source.replace(/^\^/, '');
  await page.getByRole('button', { name: new RegExp(`^Clear: ${shown}`) }).click();
}
