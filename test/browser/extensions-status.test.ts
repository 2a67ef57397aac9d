import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { refusal } from '../../server/http/errors.ts';
import { API_KEY, SHOP } from '../fakes/connector.ts';
import { expectFit, inBrowser } from './stage-of-test.ts';

/** What Shopify says about the app's extensions, in place of nothing. */
const extensions = (script: string) => async (page: Page) => void (await page.addInitScript(script));
const inUse = extensions(`window.standInExtensions = [
  { handle: 'customer-block', activations: [{ target: 'admin.customer-details.block.render' }] },
  { handle: 'newsletter', activations: [{ target: 'section', handle: 'sign-up', activations: [] }] },
];`);

inBrowser('the parts of the app outside its pages', (stage) => {
  it.each(['/setup', '/'])('are listed on %s with what Shopify says about them, and how to add them', async (route) => {
    await stage().connector.connect();
    const page = await stage().open(route, { forGood: inUse });
    await page.getByRole('heading', { name: 'Ascent360 elsewhere in Shopify' }).waitFor();
    await page.getByText('In use', { exact: true }).waitFor();
    expect(await page.getByText('Not added yet').count()).toBe(1);
    const link = page.getByRole('link', { name: 'Add it to your theme' });
    expect(await link.getAttribute('href')).toBe(
      `https://${SHOP}/admin/themes/current/editor?template=index&addAppBlockId=${API_KEY}%2Fsign-up&target=newAppsSection`,
    );
    await expectFit(page, route);
  });

  it('that the published theme can’t show say so, with no link to a theme editor that can’t help', async () => {
    await stage().connector.connect();
    const old = `window.standInExtensions = [
      { handle: 'newsletter', activations: [{ target: 'section', handle: 'sign-up', status: 'unavailable', activations: [] }] },
    ];`;
    const page = await stage().open('/setup', { forGood: extensions(old) });
    await page.getByText('Can’t be added', { exact: true }).waitFor();
    await page.getByText('it needs a theme that supports app blocks').waitFor();
    expect(await page.getByRole('link', { name: 'Add it to your theme' }).count()).toBe(0);
  });

  it('can be hidden, and stay so for the shop; what somebody else did meanwhile stays done', async () => {
    await stage().connector.connect();
    const page = await stage().open('/', { forGood: inUse });
    await stage().connector.api('PUT', '/setup', { done: ['lists'], dismissed: false });
    await page.getByRole('button', { name: 'Hide the other parts of the app' }).click();
    await page.getByRole('heading', { name: 'Ascent360 elsewhere in Shopify' }).waitFor({ state: 'detached' });
    expect((await stage().connector.api('GET', '/shop')).body).toMatchObject({
      setup: { done: ['lists'], dismissed: false, partsHidden: true },
    });
    // Another person of the shop, or another browser.
    const other = await stage().open('/', { forGood: inUse });
    await other.getByRole('heading', { name: 'What happened to your events' }).waitFor();
    await other.waitForLoadState('networkidle');
    expect(await other.getByRole('heading', { name: 'Ascent360 elsewhere in Shopify' }).count()).toBe(0);
    await stage().connector.api('PUT', '/setup', { done: [], dismissed: false });
  });

  it('say so if they could not be hidden, and so does the card of the first steps; each can be tried again', async () => {
    await stage().connector.connect();
    await stage().connector.api('PUT', '/setup', { done: [], dismissed: false });
    const page = await stage().open('/', { forGood: inUse });
    await page.route('**/api/setup', (call) => call.fulfill({ status: 503, json: refusal('database') }));
    const failures = page.getByText('The app can’t reach its database');
    await page.getByRole('button', { name: 'Hide the other parts of the app' }).click();
    await failures.waitFor();
    await page.getByRole('button', { name: 'Hide', exact: true }).click();
    await expect.poll(async () => await failures.count()).toBe(2);
    await page.unroute('**/api/setup');
    for (const left of [1, 0]) {
      await page.getByRole('button', { name: 'Try again' }).first().click();
      await expect.poll(async () => await failures.count()).toBe(left);
    }
    await page.getByRole('heading', { name: /^First steps:/ }).waitFor({ state: 'detached' });
    await page.getByRole('heading', { name: 'Ascent360 elsewhere in Shopify' }).waitFor({ state: 'detached' });
    await stage().connector.api('PUT', '/setup', { done: [], dismissed: false });
  });

  it('never push a button of the first steps below themselves', async () => {
    await stage().connector.connect();
    const page = await stage().open('/setup', { forGood: inUse });
    const card = await page.getByRole('heading', { name: 'Ascent360 elsewhere in Shopify' }).boundingBox();
    const later = await page.getByRole('link', { name: 'I’ll do this later' }).boundingBox();
    expect(later?.y).toBeLessThan(card?.y ?? 0);
  });

  it.each([
    ['doesn’t know', ''],
    ['fails', 'Object.defineProperty(window, "standInExtensions", { get() { throw new Error("No"); } });'],
  ])('are listed without a state if Shopify %s', async (_, script) => {
    await stage().connector.connect();
    const page = await stage().open('/setup', { forGood: extensions(script) });
    await page.getByRole('link', { name: 'Open Flow' }).waitFor();
    expect(await page.getByText(/^(In use|Not added yet)$/).count()).toBe(0);
  });
});
