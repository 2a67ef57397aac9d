import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { createFormat } from '../../app/locale.ts';
import { texts } from '../../app/texts/en/index.ts';
import { flat, LANGUAGES, readPages, shapeOf, type Texts } from '../app/texts/messages.ts';
import { ENGLISH, NAMES, SAME } from '../app/texts/names.ts';
import { accessibilityFaults, overflow } from './stage.ts';
import { inBrowser } from './stage-of-test.ts';

const english = flat(texts);
const locales = ['en', ...LANGUAGES] as const;
const textsIn = (locale: (typeof locales)[number]): Texts => (locale === 'en' ? english : readPages(locale));

/** What a person sees or hears, without what was sent to Shopify and Ascent360. */
const seenTexts = async (page: Page): Promise<string[]> =>
  await page.evaluate(() => {
    const data = 'pre, .json-lines, .visually-plain, script, style';
    const found: string[] = [];
    for (const element of document.querySelectorAll('body *')) {
      if (element.closest(data) || !element.checkVisibility()) continue;
      for (const name of ['aria-label', 'placeholder', 'title', 'alt']) found.push(element.getAttribute(name) ?? '');
      for (const node of element.childNodes) if (node.nodeType === 3) found.push(node.textContent ?? '');
    }
    return found.map((text) => text.trim()).filter((text) => /\p{L}/u.test(text));
  });

/** What a page as narrow as WCAG requires can't show: a chosen option that is cut off, a field too narrow to type in. */
const cutOff = async (page: Page): Promise<string[]> => {
  await page.setViewportSize({ width: 320, height: 900 });
  return await page.evaluate(() => {
    const elements = [...document.querySelectorAll<HTMLElement>('body *')].filter((one) => one.checkVisibility());
    const cut = elements.filter(
      (one) => getComputedStyle(one).textOverflow === 'ellipsis' && one.scrollWidth > one.clientWidth,
    );
    const narrow = elements.filter(
      (one) => one.matches('input[type="text"], input[type="email"]') && one.clientWidth < 120,
    );
    return [...cut.map(({ textContent }) => textContent), ...narrow.map(({ outerHTML }) => outerHTML)];
  });
};

/** Every English text of ours that has no parameters and isn't a name. */
function englishTexts(language: string): ReadonlySet<string> {
  const same = new Set([...NAMES, ...(SAME[language] ?? [])]);
  const branches = [...english.values()].flatMap((message) => shapeOf(message, 'en').branches);
  return new Set(branches.filter((text) => !text.includes('{}') && !same.has(text)));
}

inBrowser(
  'the pages in the languages of the admin',
  (stage) => {
    const ask = async <Answer>(route: string) => (await stage().connector.api('GET', route)).body as Answer;

    const isOverview = async (page: Page, locale: (typeof locales)[number]) =>
      await page.getByText(textsIn(locale).get('overview.chart.title') ?? '').waitFor();

    /** An accepted order, with everything on its page unfolded. */
    async function openEvent(locale: (typeof locales)[number]) {
      const { items } = await ask<{ items: { id: string; receivedAt: string }[] }>(
        '/activity?topic=orders/create&state=accepted',
      );
      const event = items[0];
      if (!event) throw new Error('The history has no accepted order');
      const page = await stage().open(`/activity/${event.id}`, { locale });
      const leftOut = textsIn(locale).get('activity.event.compare.leftOut')?.split('{')[0] ?? '';
      await page.getByRole('button', { name: leftOut.trim() }).click();
      await page
        .getByText(textsIn(locale).get('server.field.not_mapped') ?? '')
        .first()
        .waitFor();
      const { fields } = await ask<{ fields: { key: string }[] }>(`/activity/${event.id}`);
      return { page, event, keys: new Set(fields.map(({ key }) => key)) };
    }

    it.each(locales)('are complete in %s, accessible, and fit on a phone, nothing cut off', async (locale) => {
      const left = englishTexts(locale);
      const { page, event, keys } = await openEvent(locale);
      const isEnglish = (text: string) => !keys.has(text) && (left.has(text) || ENGLISH.test(text));
      const expectComplete = async () => {
        expect(await page.evaluate(() => document.documentElement.lang)).toBe(locale);
        const seen = await seenTexts(page);
        expect(seen.length).toBeGreaterThan(30);
        if (locale !== 'en') expect(seen.filter(isEnglish)).toEqual([]);
        expect(await accessibilityFaults(page)).toEqual([]);
        await page.setViewportSize({ width: 360, height: 900 });
        await expect.poll(async () => await overflow(page)).toBe(0);
        await page.setViewportSize({ width: 1200, height: 900 });
      };
      await expectComplete();
      const { timeZone } = await ask<{ timeZone: string }>('/overview');
      await page.getByText(createFormat(locale, timeZone).moment(event.receivedAt)).first().waitFor();
      await page.locator('s-link[rel="home"]').click();
      await isOverview(page, locale);
      await expectComplete();
      for (const width of [320, 1200]) {
        await page.setViewportSize({ width, height: 900 });
        const spilling = await page
          .locator('.figure')
          .evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent));
        expect(spilling, `figures at ${width}`).toEqual([]);
      }
      await page.locator('s-link[href^="/settings"]').click();
      await page.locator('#preview-event').waitFor({ state: 'attached' });
      await expect.poll(async () => await cutOff(page)).toEqual([]);
      await page.locator('s-link[href^="/activity"]').click();
      const list = page.locator('[class*="IndexTable-ScrollContainer"]');
      // Half of 1280, the window at 200 % zoom, and the narrowest that has columns.
      for (const width of [640, 768]) {
        await page.setViewportSize({ width, height: 900 });
        const beyond = async () => await list.evaluate((one) => one.scrollWidth - one.clientWidth);
        await expect.poll(beyond, { message: `list at ${width}` }).toBe(0);
      }
    });

    it('keep the language in which Shopify opened the app, from page to page and after a reload', async () => {
      const page = await stage().open('/', { locale: 'ja' });
      await isOverview(page, 'ja');
      await page.getByRole('link', { name: 'アクティビティ' }).first().click();
      await page.getByRole('heading', { name: 'アクティビティ', level: 1 }).waitFor();
      expect(new URL(page.url()).searchParams.get('locale')).toBe('ja');
      await page.reload();
      await page.getByRole('heading', { name: 'アクティビティ', level: 1 }).waitFor();
    });

    it('are in English if the admin uses a language they don’t have', async () => {
      const page = await stage().open('/settings', { locale: 'pt-BR' });
      await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
      expect(await page.evaluate(() => document.documentElement.lang)).toBe('en');
    });
  },
  { history: true },
);
