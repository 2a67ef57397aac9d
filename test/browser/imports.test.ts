import { expect, it } from 'vitest';
import { answering } from './activity-scenes.ts';
import { standInImports } from './imports-scenes.ts';
import { accessibilityFaults, overflow } from './stage.ts';
import { inBrowser } from './stage-of-test.ts';

inBrowser('importing', (stage) => {
  it('counts first, says what would go out, and starts, pauses, goes on and ends on demand', async () => {
    let asked: string[] = [];
    const page = await stage().open('/imports', {
      before: async (page) => {
        asked = await standInImports(page, 'counted');
      },
    });
    await page.getByRole('button', { name: 'Count first' }).click();
    await page.getByRole('heading', { name: 'What would go out' }).waitFor();
    await page.getByText('Ascent360 may send mails when data arrives').waitFor();
    await page.getByText('12 SMS opt-ins go out').waitFor();
    await page.getByText('Skipped: neither e-mail nor phone').waitFor();
    expect(asked).toEqual(['create']);
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('dialog').getByText('11,702 contacts go to Ascent360.').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click();
    await page.getByText('4,160 of 12,480 · 41.6 a second · about 3 minutes 20 seconds left').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Cancel import' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel import' }).click();
    await page.getByText('Cancelled').waitFor();
    expect(asked).toEqual(['create', 'start', 'pause', 'resume', 'cancel']);
    expect(await page.getByRole('button', { name: 'Cancel import' }).count()).toBe(0);
  });

  it('begins one with the app itself, and says beside the field what is wrong with a day', async () => {
    const page = await stage().open('/imports');
    await page.getByText('Nothing has been imported yet').waitFor();
    await page.getByText('Orders', { exact: true }).click();
    await page.getByLabel('Only those since').fill('2020-01-01');
    await page.getByRole('button', { name: 'Count first' }).click();
    await page.getByText('Shopify gives this app the orders of the last 60 days: choose a later day').waitFor();
    await page.getByLabel('Only those since').fill('');
    await page.getByRole('button', { name: 'Count first' }).click();
    await page.getByRole('heading', { name: 'What would go out' }).waitFor();
    const { body } = await stage().connector.api('GET', '/imports');
    expect(body).toMatchObject({ items: [{ kind: 'orders' }] });
  });

  it('says what failed, and a new try goes on', async () => {
    const page = await stage().open('/imports', {
      before: async (page) => await answering(page, '**/api/imports', 503, { errors: [{ message: 'Away.' }] }),
    });
    await page.getByText('Away.').waitFor();
    await page.unroute('**/api/imports');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Away.').waitFor({ state: 'detached' });
  });

  it('has no faults that axe finds, and nothing that scrolls sideways, wide or narrow', async () => {
    for (const width of [1200, 320]) {
      for (const state of ['counted', 'running', 'failed'] as const) {
        const page = await stage().open('/imports', {
          width,
          before: async (page) => void (await standInImports(page, state)),
        });
        await page.getByRole('list', { name: 'Imports' }).waitFor();
        expect.soft(await accessibilityFaults(page), `list, ${state}, ${width}`).toEqual([]);
        expect.soft(await overflow(page), `list, ${state}, ${width}`).toBe(0);
        await page.getByRole('list', { name: 'Imports' }).getByRole('link').click();
        await page.getByRole('heading', { name: /^What/ }).waitFor();
        expect.soft(await accessibilityFaults(page), `${state}, ${width}`).toEqual([]);
        expect.soft(await overflow(page), `${state}, ${width}`).toBe(0);
      }
    }
  });
});
