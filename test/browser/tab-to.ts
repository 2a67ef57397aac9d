import type { Page } from 'playwright-core';

/** More than any page has places, and longer than what is to come next takes on a busy machine, in milliseconds. */
const ENOUGH = { presses: 80, ms: 60_000 };

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
  const began = performance.now();
  for (let presses = 0; presses < ENOUGH.presses || performance.now() - began < ENOUGH.ms; presses++) {
    await page.keyboard.press(key);
    const focused = await namesOfFocused(page);
    if (focused.some((text) => fits(text?.trim() ?? ''))) return;
  }
  throw new Error(`The Tab key does not reach "${name}"`);
}
