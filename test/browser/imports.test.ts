import type { Locator, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { SHOP } from '../fakes/connector.ts';
import { emailOf } from '../fakes/shopify-shop.ts';
import { answering, away } from './activity-scenes.ts';
import { standInImports } from './imports-scenes.ts';
import { accessibilityFaults } from './stage.ts';
import { expectFit, inBrowser } from './stage-of-test.ts';
import { tabTo } from './tab-to.ts';

/** A field is linked to its error message, so that screen readers announce it. */
async function beside(page: Page, field: Locator, what: string): Promise<void> {
  await page.getByText(what).waitFor();
  expect(await field.getAttribute('aria-invalid')).toBe('true');
  const described = (await field.getAttribute('aria-describedby'))?.split(' ') ?? [];
  const texts = await Promise.all(described.map((id) => page.locator(`[id="${id}"]`).textContent()));
  expect(texts.join(' ')).toContain(what);
}

inBrowser('importing', (stage) => {
  it('counts first, says what would be sent, and is started, paused, continued and cancelled by keyboard alone; focus is never lost', async () => {
    let asked: string[] = [];
    const page = await stage().open('/imports', {
      before: async (page) => {
        asked = await standInImports(page, 'counted');
      },
    });
    await page.getByRole('list', { name: 'Imports' }).waitFor();
    const focused = async (text: string | RegExp) =>
      await expect.poll(async () => await page.evaluate(() => document.activeElement?.textContent)).toMatch(text);
    await tabTo(page, 'Count first');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'What would be sent' }).waitFor();
    await page.getByText('Ascent360 may send emails when data arrives').waitFor();
    await page.getByText('12 SMS opt-ins will be sent').waitFor();
    await page.getByText('Skipped: no email or phone').waitFor();
    expect(asked).toEqual(['create']);
    await tabTo(page, 'Start');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByText('11,702 contacts go to Ascent360.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await focused(/^Start$/);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await tabTo(page, 'Start');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await focused(/^PauseCancel import$/);
    await page.getByText('4,160 of 12,480 · 41.6 per second · about 3 minutes 20 seconds left').waitFor();
    for (const name of ['Pause', 'Resume', 'Cancel import']) {
      await tabTo(page, name);
      await page.keyboard.press('Enter');
      await page
        .getByRole('button', { name: name === 'Pause' ? 'Resume' : 'Cancel import' })
        .last()
        .waitFor();
    }
    await page.getByRole('dialog').waitFor();
    await tabTo(page, 'Cancel import');
    await page.keyboard.press('Enter');
    await page.getByText('Canceled', { exact: true }).waitFor();
    expect(asked).toEqual(['create', 'start', 'pause', 'resume', 'cancel']);
    expect(await page.getByRole('button', { name: 'Cancel import' }).count()).toBe(0);
  });

  it('leaves whoever went to another page there when the answer to the count arrives', async () => {
    const page = await stage().open('/imports');
    await page.getByText('No imports yet').waitFor();
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    await page.route('**/api/imports', async (call) => {
      if (call.request().method() !== 'POST') return await call.fallback();
      await left;
      await call.fulfill({ status: 201, json: { id: 'late' } });
    });
    await page.getByRole('button', { name: 'Count first' }).click();
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
    const visited: string[] = [];
    page.on('framenavigated', (frame) => visited.push(new URL(frame.url()).pathname));
    const answered = page.waitForResponse((one) => one.request().method() === 'POST' && one.url().endsWith('/imports'));
    leave();
    await (await answered).finished();
    // What follows the answer has happened once the page has asked for something else.
    await page.getByRole('link', { name: 'Privacy' }).click();
    await page.getByText('No requests').waitFor();
    expect(visited).toEqual(['/privacy']);
  });

  it('starts with the app itself, and says next to the field what is wrong with a day', async () => {
    const page = await stage().open('/imports');
    await page.getByText('No imports yet').waitFor();
    await page.getByText('Orders', { exact: true }).click();
    await page.getByLabel('Only since').fill('2020-01-01');
    await page.getByRole('button', { name: 'Count first' }).click();
    const tooOld = page.getByText('Shopify gives this app only the orders of the last 60 days.');
    await tooOld.waitFor();
    // Of customers that isn't so.
    await page.getByText('Customers', { exact: true }).last().click();
    await tooOld.waitFor({ state: 'detached' });
    await page.getByText('Orders', { exact: true }).click();
    await page.getByLabel('Only since').fill('');
    await page.getByRole('button', { name: 'Count first' }).click();
    await page.getByRole('heading', { name: 'What would be sent' }).waitFor();
    const { body } = await stage().connector.api('GET', '/imports');
    expect(body).toMatchObject({ items: [{ kind: 'orders' }] });
  });

  it('takes the day from a calendar, by keyboard alone, but no day of which Shopify gives no orders', async () => {
    const page = await stage().open('/imports');
    await page.getByText('Orders', { exact: true }).click();
    const field = page.getByLabel('Only since');
    const calendar = page.getByRole('button', { name: 'Calendar' });
    await calendar.focus();
    await page.keyboard.press('Enter');
    const earlier = page.getByRole('button', { name: /^Show previous month/ });
    const offered = page.getByRole('button', { name: /^\w+ \w+ \d+ \d{4}$/, disabled: false });
    await expect.poll(() => earlier.evaluate((button) => button === document.activeElement)).toBe(true);
    expect(await accessibilityFaults(page)).toEqual([]);
    // The 60th day before today is one, two or three months back.
    for (let month = 0; month < 3; month++) await page.keyboard.press('Enter');
    while ((await offered.count()) === 0) await page.getByRole('button', { name: /^Show next month/ }).click();
    await offered.first().focus();
    await page.keyboard.press('Enter');
    await calendar.and(page.locator('[aria-expanded="false"]')).waitFor();
    const day = await field.inputValue();
    const days = (Date.now() - Date.parse(day)) / 86_400_000;
    expect(days).toBeGreaterThanOrEqual(59);
    expect(days).toBeLessThan(62);
  });

  it('covers only the customers whose admin addresses were pasted', async () => {
    const shop = stage().connector.admin.shop(SHOP);
    for (const id of [7001, 7002, 7003]) shop.setCustomer({ id, defaultEmailAddress: emailOf(`${id}@example.com`) });
    const page = await stage().open('/imports');
    await page.getByText('Selected customers only').click();
    await page.getByRole('button', { name: 'Count first' }).click();
    await page.getByText('Enter at least one.').waitFor();
    await page.getByLabel('Customer IDs').fill('https://admin.shopify.com/store/x/customers/7002\n7003, 7003');
    await page.getByRole('button', { name: 'Count first' }).click();
    await page.getByRole('heading', { name: 'What would be sent' }).waitFor();
    await page.getByText('Counted', { exact: true }).waitFor();
    const { body } = await stage().connector.api('GET', '/imports');
    expect(body).toMatchObject({ items: [{ kind: 'customers', total: 2, counts: { records: 2, contacts: 2 } }, {}] });
  });

  it('names an invalid customer ID next to the field, and accepts nothing', async () => {
    const page = await stage().open('/imports');
    const known = async () => {
      const { body } = await stage().connector.api('GET', '/imports');
      return (body as { items: { id: string }[] }).items.map(({ id }) => id);
    };
    const before = await known();
    await page.getByText('Selected customers only').click();
    const field = page.getByLabel('Customer IDs');
    for (const wrong of ['Robin', 'https://admin.shopify.com/store/x/orders/7003', '-7']) {
      await field.fill(`7002\n${wrong}\n7003`);
      await page.getByRole('button', { name: 'Count first' }).click();
      await beside(page, field, `“${wrong}” isn’t a customer ID`);
      await field.press('End');
      await field.press('Backspace');
      await page.getByText('isn’t a customer ID').waitFor({ state: 'detached' });
    }
    expect(await known()).toEqual(before);
  });

  it('covers only the customers in the segment whose admin address was pasted', async () => {
    const shop = stage().connector.admin.shop(SHOP);
    const members = [7101, 7102, 7103].map((id) =>
      shop.setCustomer({ id, defaultEmailAddress: emailOf(`${id}@x.org`) }),
    );
    shop.segments.set(
      'gid://shopify/Segment/55',
      members.slice(1).map(({ id }) => id),
    );
    const page = await stage().open('/imports');
    await page.getByText('Customers in a segment only').click();
    const field = page.getByLabel('Segment', { exact: true });
    await page.getByRole('button', { name: 'Count first' }).click();
    await beside(page, field, 'Enter the segment’s number');
    for (const wrong of ['VIP', 'https://admin.shopify.com/store/x/customers/7101']) {
      await field.fill(wrong);
      await page.getByText('Enter the segment’s number').waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Count first' }).click();
      await beside(page, field, `“${wrong}” isn’t a segment`);
    }
    await field.fill(' https://admin.shopify.com/store/x/customers/segments/55?from=list ');
    await field.press('Enter');
    await page.getByRole('heading', { name: 'What would be sent' }).waitFor();
    await page.getByText('Counted', { exact: true }).waitFor();
    const { body } = await stage().connector.api('GET', '/imports');
    const [newest] = (body as { items: object[] }).items;
    expect(newest).toMatchObject({ kind: 'customers', total: 2, counts: { records: 2, contacts: 2 } });
  });

  it('says what failed, and works after a retry', async () => {
    const page = await stage().open('/imports', {
      before: async (page) => await answering(page, '**/api/imports', 503, away),
    });
    await page.getByText('The app can’t reach its database').waitFor();
    await page.unroute('**/api/imports');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('The app can’t reach its database').waitFor({ state: 'detached' });
  });

  it('that is waiting says for how many records, until when in the shop’s time zone, and why, on each page', async () => {
    await stage().connector.deliver('shop/update', { id: 1, iana_timezone: 'America/Denver' });
    const page = await stage().open('/imports', {
      before: async (page) => void (await standInImports(page, 'waiting')),
    });
    const why =
      /^3 records are waiting for a retry, the next on Nov 23, 2026, 9:35\sAM\. Ascent360 answered with HTTP 503\.$/;
    await page.getByText(why).waitFor();
    await page.getByRole('list', { name: 'Imports' }).getByRole('link').click();
    await page.getByRole('heading', { name: 'What was sent' }).waitFor();
    await page.getByText(why).waitFor();
  });

  it('that is over says when it began and when it ended', async () => {
    const page = await stage().open('/imports', {
      before: async (page) => void (await standInImports(page, 'cancelled')),
    });
    await page.getByRole('list', { name: 'Imports' }).getByRole('link').click();
    await page.getByText(/^Created Nov 23, 2026, .+ · Started Nov 23, 2026, .+ · Ended Nov 23, 2026, /).waitFor();
  });

  it('that is paused says since when, in the list and on its page', async () => {
    const page = await stage().open('/imports', {
      before: async (page) => void (await standInImports(page, 'paused')),
    });
    const since = page.getByText(/ · Paused since Nov 23, 2026, /);
    await since.waitFor();
    await page.getByRole('list', { name: 'Imports' }).getByRole('link').click();
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    await since.waitFor();
  });

  it('under way shows figures that add up to its records', async () => {
    const page = await stage().open('/imports', {
      before: async (page) => void (await standInImports(page, 'running')),
    });
    await page.getByRole('list', { name: 'Imports' }).getByRole('link').click();
    await page.getByRole('heading', { name: 'What was sent' }).waitFor();
    const terms = await page.getByRole('term').allTextContents();
    const values = (await page.getByRole('definition').allTextContents()).map((text) =>
      Number(text.replaceAll(',', '')),
    );
    const figures = terms.map((term, i) => ({ term, value: values[i] ?? Number.NaN }));
    const parts = figures.filter(({ term }) => !/^(Records|Email|SMS|Contacts with lists)/.test(term));
    expect(parts).toContainEqual({ term: 'Still to come', value: 8280 });
    expect(parts.reduce((sum, { value }) => sum + value, 0)).toBe(figures[0]?.value);
  });

  it('counted before the settings were changed says that the numbers may differ now', async () => {
    const page = await stage().open('/imports', {
      before: async (page) => void (await standInImports(page, 'outdated')),
    });
    await page.getByRole('list', { name: 'Imports' }).getByRole('link').click();
    await page.getByText('This count is out of date').waitFor();
    await page.getByRole('link', { name: 'Count again' }).click();
    await page.getByRole('button', { name: 'Count first' }).waitFor();
  });

  it('has no faults that axe finds, and doesn’t scroll sideways, wide or narrow', async () => {
    const states = ['counted', 'outdated', 'running', 'waiting', 'failed'] as const;
    const page = await stage().open('/imports', {
      before: async (page) => void (await standInImports(page, ...states)),
    });
    const links = page.getByRole('list', { name: 'Imports' }).getByRole('link');
    await expect.poll(async () => await links.count()).toBe(states.length);
    await expectFit(page, 'list');
    for (const [n, state] of states.entries()) {
      await links.nth(n).click();
      await page.getByText(/^(What (would be|was) sent|Nothing was sent\.)$/).waitFor();
      await expectFit(page, state);
      await page.goBack();
    }
  });
});
