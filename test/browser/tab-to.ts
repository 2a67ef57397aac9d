import type { Page } from 'playwright-core';

const MOST_PRESSES = 80;

/** What has the focus is called, by any of the ways in which something gets a name. */
const namesOfFocused = async (page: Page): Promise<(string | null | undefined)[]> =>
  await page.evaluate(() => {
    const { activeElement } = document;
    const labels = activeElement instanceof HTMLInputElement ? [...(activeElement.labels ?? [])] : [];
    return [
      activeElement?.getAttribute('aria-label'),
      activeElement?.textContent,
      ...labels.map((label) => label.textContent),
    ];
  });

/**
 * Presses the Tab key until what is called so has the focus.
 * @param key back with `Shift+Tab`
 * @throws Error when the key does not lead there
 */
export async function tabTo(page: Page, name: string | RegExp, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const fits = (text: string) => (typeof name === 'string' ? text === name : name.test(text));
  for (let presses = 0; presses < MOST_PRESSES; presses++) {
    await page.keyboard.press(key);
    const focused = await namesOfFocused(page);
    if (focused.some((text) => fits(text?.trim() ?? ''))) return;
  }
  throw new Error(`The Tab key does not reach "${name}"`);
}
