import { expect, it } from 'vitest';
import { SHOP } from '../fakes/connector.ts';
import { inBrowser } from './stage-of-test.ts';
import { tabTo } from './tab-to.ts';

inBrowser('the frame of the pages', (stage) => {
  it('keeps the shop in the address, from page to page', async () => {
    const page = await stage().open('/');
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
    expect(new URL(page.url()).searchParams.get('shop')).toBe(SHOP);
    expect(new URL(page.url()).pathname).toBe('/settings');
  });

  it('gets a new ID token, once, if Shopify’s was refused', async () => {
    const tokens: string[] = [];
    // A page that doesn't ask for the overview, as the settings do.
    const page = await stage().open('/people');
    await page.getByRole('heading', { name: 'Customers', level: 1 }).waitFor();
    await page.route('**/api/overview', (call) => {
      tokens.push(call.request().headers()['authorization'] ?? '');
      return call.continue();
    });
    let asked = 0;
    stage().tokens(async () => `refused-${++asked}`);
    try {
      await page.getByRole('link', { name: 'Overview' }).click();
      await page.getByText('Your Shopify session has ended').waitFor();
    } finally {
      stage().tokens(null);
    }
    expect(tokens.length).toBe(2);
    expect(tokens[0]).not.toBe(tokens[1]);
    await page.getByRole('button', { name: 'Reload the page' }).click();
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  });

  it('reports how fast it was, as App Bridge measured it, without Shopify’s ids', async () => {
    const page = await stage().open('/settings');
    await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
    const sent = page.waitForRequest('**/api/web-vitals');
    await page.evaluate(() => {
      const report: unknown = Reflect.get(window, 'standInReport');
      const metrics = [{ id: 'v1', name: 'LCP', value: 812 }];
      if (typeof report === 'function') report({ appId: '1', shopId: '2', userId: '3', metrics });
    });
    expect((await sent).postDataJSON()).toEqual({ metrics: [{ name: 'LCP', value: 812 }] });
    expect((await (await sent).response())?.status()).toBe(202);
  });

  it('asks every half minute whether the app can be reached, on a page that asks for nothing else', async () => {
    const page = await stage().open('/people', { forGood: async (page) => await page.clock.install() });
    await page.getByRole('heading', { name: 'Customers', level: 1 }).waitFor();
    await page.route('**/api/**', (call) => call.abort());
    await page.clock.fastForward(31_000);
    await page.getByText(/^What you see is from /).waitFor();
    await page.unroute('**/api/**');
    await page.clock.fastForward(31_000);
    await page.getByText(/^What you see is from /).waitFor({ state: 'detached' });
  });

  it('shows what is ticked, what is chosen, how far a bar is, where a button ends and if it is disabled, and the way back, where the system forces its own colours', async () => {
    const page = await stage().open('/settings');
    await page.emulateMedia({ forcedColors: 'active' });
    const ticked = page.getByLabel('Send orders');
    await expect.poll(async () => await ticked.evaluate((box) => getComputedStyle(box).opacity)).toBe('1');
    const colourOf = (one: Element) => getComputedStyle(one).color;
    const gray = await page.getByRole('button', { name: 'Add', exact: true }).first().evaluate(colourOf);
    expect(gray).not.toBe(await page.getByRole('button', { name: 'Add a source: Interests' }).evaluate(colourOf));
    await page.getByRole('link', { name: 'Activity' }).click();
    const chosen = page.getByRole('tab', { name: 'All', selected: true });
    const outlineOf = (tab: Element) => getComputedStyle(tab).outlineStyle;
    expect(await chosen.evaluate(outlineOf)).toBe('solid');
    expect(await page.getByRole('tab', { name: 'Waiting' }).evaluate(outlineOf)).not.toBe('solid');
    await stage().connector.connect();
    await page.getByRole('link', { name: 'Overview' }).click();
    const bar = page.locator('progress').first();
    await bar.waitFor({ state: 'attached' });
    const grounds = await bar.evaluate((progress) =>
      [progress.parentElement, progress.nextElementSibling].map(
        (part) => part && getComputedStyle(part).backgroundColor,
      ),
    );
    expect(grounds[0]).not.toBe(grounds[1]);
    const button = page.getByRole('button', { name: '30 days' });
    const widthOf = (one: Element) => [getComputedStyle(one).outlineStyle, getComputedStyle(one).outlineWidth];
    expect(await button.evaluate(widthOf)).toEqual(['solid', '1px']);
    await tabTo(page, '30 days');
    expect(await button.evaluate(widthOf)).toEqual(['solid', '2px']);
    await page.getByRole('link', { name: 'Open the first steps' }).click();
    const arrow = page.getByRole('link', { name: 'Overview' }).locator('svg');
    const text = await page.getByRole('heading', { level: 1, name: 'First steps' }).evaluate(colourOf);
    expect(await arrow.evaluate((svg) => getComputedStyle(svg).fill)).toBe(text);
  });

  it('says so if App Bridge doesn’t load', async () => {
    const page = await stage().open('/', { appBridge: false });
    await page.getByText('We couldn’t reach Shopify').waitFor();
  });

  it('says so if a page’s code can’t be loaded, as after an update of the app; other pages go on, and a reload helps', async () => {
    const page = await stage().open('/');
    await page.getByText('What happened to your events').waitFor();
    await page.route('**/assets/**', (call) => call.fulfill({ status: 404 }));
    await page.getByRole('link', { name: 'Privacy' }).click();
    await page.getByText('Something went wrong on this page').waitFor();
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByText('What happened to your events').waitFor();
    await page.unroute('**/assets/**');
    await page.getByRole('link', { name: 'Privacy' }).click();
    await page.getByRole('button', { name: 'Reload the page' }).click();
    await page.getByRole('heading', { name: 'Privacy', level: 1 }).waitFor();
  });

  it('says in its language to reload if its texts can’t be loaded', async () => {
    const page = await stage().open('/', {
      locale: 'fr',
      before: async (page) => {
        await page.route(/\/assets\/fr-/, (call) => call.fulfill({ status: 404 }));
      },
    });
    const seen = page.locator('#app > p:visible');
    await seen.filter({ hasText: 'Cela prend du temps. Si rien n’apparaît ici, rechargez la page.' }).waitFor();
    expect(await seen.count()).toBe(1);
  });

  it('keeps the rest of the overview if the code of one part can’t be loaded', async () => {
    const page = await stage().open('/', {
      before: async (page) => {
        await page.route('**/assets/chart-*', (call) => call.fulfill({ status: 404 }));
      },
    });
    await page.getByText('This part couldn’t be loaded.').waitFor();
    await page.getByRole('button', { name: 'Reload the page' }).waitFor();
    await page.getByText('What happened to your events').waitFor();
  });

  it.each(['index', 'en'])('says what helps if no page appears because its file %s can’t be loaded', async (chunk) => {
    const page = await stage().open('/', {
      before: async (page) => {
        await page.route(`**/assets/${chunk}-*.js`, (call) => call.fulfill({ status: 404 }));
      },
    });
    await page.getByText('If nothing appears here, reload the page.').waitFor();
    await page.unrouteAll();
    await page.reload();
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    expect(await page.getByText('If nothing appears here, reload the page.').count()).toBe(0);
  });

  it('answers an unknown address with a way back', async () => {
    const page = await stage().open('/settings');
    await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
    await page.evaluate(() => history.pushState(null, '', '/nowhere'));
    await page.getByRole('link', { name: 'Go to the overview' }).click();
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  });
});
