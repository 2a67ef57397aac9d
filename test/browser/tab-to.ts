import type { Page } from 'playwright-core';

/**
 * More stops than any page has, and, in milliseconds, longer than the next element takes to appear
 * on a busy machine.
 */
const ENOUGH = { presses: 200, ms: 60_000 };

/** The accessible name of what has focus, however it gets it. */
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
 * Presses the Tab key until the element with this name has focus.
 * @param key `Shift+Tab` goes back
 * @throws Error if the key doesn't lead there
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
