import { expect, it } from 'vitest';
import { eventLinks } from './event-rows.ts';
import { inBrowser } from './stage-of-test.ts';
import { tabTo } from './tab-to.ts';

inBrowser(
  'the keyboard alone',
  (stage) => {
    it('can resend an event, from the list to the confirmation, after a preview; Escape leaves that, back to its button, and sends nothing', async () => {
      const page = await stage().open('/activity?topic=orders/create&state=accepted');
      const row = eventLinks(page).first();
      const text = (await row.textContent())?.trim() ?? '';
      await tabTo(page, text);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Attempts' }).waitFor();
      const attempts = page.locator('div:has(> h2:has-text("Attempts")) ~ ul > li');
      const earlier = await attempts.count();
      const before = stage().connector.ascent360.received.length;
      await tabTo(page, 'Resend');
      await page.keyboard.press('Enter');
      const dialog = page.getByRole('dialog');
      await dialog.getByText('1 record will be sent.').waitFor();
      await dialog.getByText('No permissions will be sent').waitFor();
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await expect.poll(async () => await page.evaluate(() => document.activeElement?.textContent)).toBe('Resend');
      expect(stage().connector.ascent360.received.length).toBe(before);
      await page.keyboard.press('Enter');
      await dialog.getByText('1 record will be sent.').waitFor();
      await tabTo(page, 'Resend');
      await page.keyboard.press('Enter');
      await page.getByText('1 record in line to be sent').waitFor();
      await stage().connector.ascent360.until(before + 1);
      await dialog.waitFor({ state: 'detached' });
      await expect.poll(async () => await attempts.count()).toBe(earlier + 1);
    });

    it('can change a setting and save it with the save bar', async () => {
      const page = await stage().open('/settings');
      await page.getByLabel('Source name').waitFor();
      await tabTo(page, 'Source name');
      await page.keyboard.press('ControlOrMeta+a');
      await page.keyboard.type('Typed by hand');
      // The bar is above the form.
      await tabTo(page, 'Save', 'Shift+Tab');
      await page.keyboard.press('Enter');
      await page.getByText('Settings saved').waitFor();
      expect((await stage().connector.api('GET', '/settings')).body).toMatchObject({ sourceName: 'Typed by hand' });
    });

    it('is not lost when what had focus goes away: a dismissed event’s button, or a removed row', async () => {
      const focused = async () => await page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
      const page = await stage().open('/activity?state=attention');
      await eventLinks(page).first().focus();
      await page.keyboard.press('Enter');
      await tabTo(page, 'Dismiss');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor();
      await tabTo(page, 'Dismiss');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Dismiss' }).waitFor({ state: 'detached' });
      await expect.poll(async () => await page.evaluate(() => document.activeElement === document.body)).toBe(false);

      await page.goto(page.url().replace(/\/activity\/[^?]+/, '/settings'));
      await page.getByLabel('Source name').waitFor();
      await tabTo(page, 'Add a source: Interests');
      await page.keyboard.press('Enter');
      await tabTo(page, 'Remove: Interests 1');
      await page.keyboard.press('Enter');
      await expect.poll(focused).toBe('Add a source: Interests');
    });

    it('is not lost with a card of the overview that is hidden, or a question that is answered', async () => {
      await stage().connector.api('PUT', '/setup', { done: [], dismissed: false });
      const page = await stage().open('/');
      const focused = async () => await page.evaluate(() => document.activeElement?.textContent ?? '');
      await page.getByText('Do you see it in Ascent360?').waitFor();
      await tabTo(page, 'Hide');
      await page.keyboard.press('Enter');
      await expect.poll(focused).toMatch(/^(?!Overview).*Do you see it in Ascent360\?/);
      await tabTo(page, 'Yes, I see it');
      await page.keyboard.press('Enter');
      await expect.poll(focused).toMatch(/^(?!Overview).*You found it in Ascent360/);
      await tabTo(page, 'Hide the other parts of the app');
      await page.keyboard.press('Enter');
      await expect.poll(focused).toMatch(/^Need help setting up/);
    });

    it('can leave the question about disconnecting, back to its button, and can disconnect', async () => {
      const page = await stage().open('/settings');
      await page.getByLabel('Source name').waitFor();
      await tabTo(page, 'Disconnect');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      const focused = async () => await page.evaluate(() => document.activeElement?.textContent ?? '');
      await expect.poll(focused).toBe('Disconnect');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor();
      await tabTo(page, 'Disconnect');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.getByText('Not connected. Events wait until you save the GUID.').waitFor();
      expect((await stage().connector.api('GET', '/settings')).body).toMatchObject({ guidLast4: null });
      // What had focus is gone with the connection: focus is now in the section where it was.
      await expect.poll(focused).toContain('GUID');
    });
  },
  { history: true },
);
