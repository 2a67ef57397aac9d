import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { Issue } from '../../server/features/activity/api.ts';
import type { OverviewAnswer } from '../../server/features/overview/api.ts';
import { refusal } from '../../server/http/errors.ts';
import { eventRows } from './event-rows.ts';
import { everyPage } from './every-page.ts';
import { accessibilityFaults, overflow } from './stage.ts';
import { inBrowser } from './stage-of-test.ts';

/** Shopify asks for 0.1 in the field; what stands on a page should not move at all. */
const MOST_SHIFT = 0.05;

declare global {
  interface Window {
    shifted?: number;
  }
}

/** Adds up, from the page's first moment on, how far things move without anybody having touched them. */
async function watchShifts(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.shifted = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (!('value' in entry) || !('hadRecentInput' in entry) || entry.hadRecentInput) continue;
        window.shifted = (window.shifted ?? 0) + Number(entry.value);
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
}

inBrowser(
  'at a glance',
  (stage) => {
    const get = async <Answer>(route: string) => (await stage().connector.api('GET', route)).body as Answer;
    const loaded = async (page: Page) =>
      await expect.poll(async () => await page.getByRole('status', { name: 'Loading' }).count()).toBe(0);
    const lines = (page: Page) => page.getByRole('region', { name: 'Issues' }).getByRole('listitem');

    describe('three tasks from the overview, in clicks and seconds', () => {
      /**
       * What a person does on the way, and the seconds that the keystroke-level model gives a
       * practised one for it: 1.35 to decide, 1.1 to point, 0.2 to press, 0.28 a key. docs/three-tasks.md
       * has what it was before.
       */
      const startWalk = async () => {
        const page = await stage().open('/');
        await page.getByRole('link', { name: /^Needs attention: / }).waitFor();
        let [clicks, keys] = [0, 0];
        return {
          page,
          click: async (target: Locator) => {
            await target.first().click();
            clicks += 1;
          },
          type: async (field: Locator, text: string) => {
            await field.fill(text);
            await field.press('Enter');
            keys += text.length + 1;
          },
          cost: () => ({ clicks, seconds: Math.round(clicks * 2.65 + (keys > 0 ? 1.35 : 0) + keys * 0.28) }),
        };
      };

      it('“is it working?”: seen at once, with what shows it', async () => {
        const { page, cost } = await startWalk();
        await page.getByText(/^Last accepted: .+ First accepted: /).waitFor();
        expect(cost()).toEqual({ clicks: 0, seconds: 0 });
      });

      it('“why did this person get no mail?”: a search and two clicks', async () => {
        const held = await get<{ items: { summary: { who: string } }[] }>(
          '/activity?topic=customers_email_marketing_consent/update&reason=history_held',
        );
        const who = held.items[0]?.summary.who ?? '';
        const { page, click, type, cost } = await startWalk();
        await click(page.getByRole('link', { name: 'Customers', exact: true }));
        await type(page.getByLabel('Find a customer'), who);
        await click(page.getByRole('list', { name: 'Customers found' }).getByRole('link'));
        await page
          .getByText(/We don’t send a permission: the choice was made before installation/)
          .first()
          .waitFor();
        expect(cost()).toEqual({ clicks: 2, seconds: Math.round(6.65 + (who.length + 1) * 0.28) });
      });

      it('“send these two again”: three clicks for all of a customer', async () => {
        const { page, click, cost } = await startWalk();
        const before = stage().connector.ascent360.received.length;
        await click(page.getByRole('link', { name: 'View by customer' }));
        await click(lines(page).getByRole('button', { name: /^Resend: / }));
        const dialog = page.getByRole('dialog');
        await dialog.getByText(/will be sent\./).waitFor();
        await click(dialog.getByRole('button', { name: 'Resend' }));
        await page.getByText(/^\d+ records? in line to be sent$/).waitFor();
        await stage().connector.ascent360.until(before + 1);
        expect(cost()).toEqual({ clicks: 3, seconds: 8 });
      });
    });

    it('what needs attention stands by cause and customer, and all of one is dismissed at once', async () => {
      const open = async () => (await get<{ items: Issue[] }>('/issues')).items;
      const issue = (await open()).find(({ person, count }) => person !== null && count > 1);
      const name = issue?.person?.name ?? '';
      const page = await stage().open('/');
      await page.getByRole('link', { name: 'View by customer' }).click();
      const line = lines(page).filter({ hasText: name }).first();
      await line.getByRole('link', { name: `${issue?.count} events` }).waitFor();
      const rejected = (await open()).filter(({ reason }) => reason === 'rejected');
      const cause = page.getByRole('list', { name: 'Rejected by Ascent360' });
      expect(await cause.getByRole('listitem').count()).toBe(rejected.length);
      expect(await page.getByText(/counted here/).count()).toBe(0);
      // Each cause has its step, as on the event's page.
      await page
        .getByRole('list', { name: 'Failed after every retry' })
        .getByText('Resend it. We send the latest state we know.')
        .first()
        .waitFor();
      expect(await line.getByRole('link', { name: 'Open in Shopify' }).getAttribute('href')).toBe(
        `shopify://admin/customers/${issue?.person?.customerId}`,
      );
      expect(await accessibilityFaults(page)).toEqual([]);
      await line.getByRole('button', { name: `Dismiss: ${name}` }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByText(`${issue?.count} events will count as skipped`).waitFor();
      await dialog.getByRole('button', { name: 'Dismiss' }).click();
      await page.getByText(`${issue?.count} events dismissed`).waitFor();
      await expect.poll(async () => (await open()).some(({ query }) => query === issue?.query)).toBe(false);
      await page.getByRole('tab', { name: 'Dismissed' }).click();
      await lines(page).filter({ hasText: name }).first().waitFor();
    });

    it('an issue names a value to fix only where one is known, and each customer counts once', async () => {
      const [real] = (await get<{ items: Issue[] }>('/issues')).items.filter(({ person }) => person !== null);
      if (!real) throw new Error('The history has no issue about a customer');
      const issue = (eventId: string, change: Partial<Issue>) => ({ ...real, eventId, suspect: null, ...change });
      const items = [
        issue('a', { reason: 'rejected', suspect: { key: 'Email', value: 'mia@' } }),
        issue('b', { reason: 'rejected' }),
        issue('c', { reason: 'gave_up' }),
        issue('d', { reason: 'unreadable', person: null }),
      ];
      const page = await stage().open('/issues', {
        before: async (page) =>
          void (await page.route('**/api/issues*', (route) => route.fulfill({ json: { items, more: true } }))),
      });
      await page.getByText('1 customer is affected.', { exact: true }).waitFor();
      await page.getByText(/^Only the newest 1,000 events are counted here\./).waitFor();
      const said = (await lines(page).allTextContents()).map((text) => ({
        value: text.includes('Check Email: “mia@”'),
        noValue: text.includes('names no value'),
        dismiss: text.includes('then dismiss this event'),
      }));
      expect(said).toEqual([
        { value: true, noValue: false, dismiss: false },
        { value: false, noValue: true, dismiss: false },
        { value: false, noValue: false, dismiss: false },
        { value: false, noValue: false, dismiss: true },
      ]);
      expect(await page.getByText(/fix (one|the) value/i).count()).toBe(0);
    });

    it('a question about an issue stays open when another event joins it', async () => {
      const [real] = (await get<{ items: Issue[] }>('/issues')).items.filter(({ person }) => person !== null);
      if (!real) throw new Error('The history has no issue about a customer');
      let items = [real];
      const page = await stage().open('/issues', {
        forGood: async (page) => await page.clock.install(),
        before: async (page) =>
          void (await page.route('**/api/issues*', (route) => route.fulfill({ json: { items } }))),
      });
      await page.getByRole('button', { name: /^Dismiss: / }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByText(/will count as skipped/).waitFor();
      items = [{ ...real, eventId: 'newer', count: real.count + 1 }];
      // As when the merchant comes back to the tab.
      await page.clock.fastForward(11_000);
      await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
      await page.getByText(`${real.count + 1} events`).waitFor();
      expect(await dialog.count()).toBe(1);
    });

    it('many are dismissed from the activity, with its filter, though it takes a second try to count them', async () => {
      const page = await stage().open('/activity?state=attention&reason=unreadable');
      await page.route('**/api/activity/dismiss', (call) => call.fulfill({ status: 503, json: refusal('database') }));
      await page.getByRole('button', { name: 'Dismiss all of these' }).click();
      await page.getByText('The app can’t reach its database').waitFor();
      await page.unroute('**/api/activity/dismiss');
      await page.getByRole('dialog').getByRole('button', { name: 'Try again' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Dismiss' }).click();
      await page.getByText(/^\d+ events? dismissed$/).waitFor();
      await page.getByText('No events found').waitFor();
    });

    it('a consent sheet says for one address what was chosen, sent and left out, ready to print', async () => {
      const { items } = await get<{ items: { summary: { who: string } }[] }>(
        '/activity?topic=customers_email_marketing_consent/update&state=accepted',
      );
      const who = items[0]?.summary.who ?? '';
      const page = await stage().open(`/people/consent?q=${encodeURIComponent(who.toUpperCase())}`);
      const sheet = page.getByRole('article', { name: /^Marketing consent of / });
      await sheet
        .getByText(/^Email: (un)?subscribed\. /)
        .first()
        .waitFor();
      await sheet
        .getByText(/^Email: opt-(in|out) sent\. Accepted by Ascent360\.$/)
        .first()
        .waitFor();
      // Email and SMS always, the others if something is known of them.
      const channels = await sheet.getByRole('heading', { level: 3 }).count();
      expect(channels).toBeGreaterThanOrEqual(2);
      for (const part of ['What the person chose', 'What we sent to Ascent360', 'What we didn’t send, and why']) {
        expect(await sheet.getByRole('heading', { name: part }).count()).toBe(channels);
      }
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.emulateMedia({ media: 'print' });
      expect(await page.getByRole('button', { name: 'Print' }).isVisible()).toBe(false);
      expect(await page.getByRole('heading', { level: 1 }).isVisible()).toBe(false);
      expect(await page.getByLabel('Email address, phone number or customer ID').isVisible()).toBe(false);
      expect(await sheet.isVisible()).toBe(true);
    });

    it('it says why a choice made no record at all, too', async () => {
      const { connector } = stage();
      const email = 'unknown-level@example.com';
      await connector.deliver('customers_email_marketing_consent/update', {
        customer_id: 880_010,
        email_address: email,
        email_marketing_consent: {
          state: 'subscribed',
          opt_in_level: 'unknown',
          consent_updated_at: new Date().toISOString(),
        },
      });
      const page = await stage().open(`/people/consent?q=${email}`);
      await page
        .getByText('only an explicit choice about this address counts, and Shopify has none that your settings accept.')
        .waitFor();
    });

    it('customers are called by what reaches them, never by a number', async () => {
      const page = await stage().open('/activity?topic=customers/update');
      await eventRows(page).first().waitFor();
      expect(await page.getByText(/Customer \d{6,}/).count()).toBe(0);
      await page
        .getByText(/@example\.com$/)
        .first()
        .waitFor();
    });

    /** Opens the overview with something else in the server's answer. */
    const openWith = async (change: (overview: OverviewAnswer) => Partial<OverviewAnswer>) =>
      await stage().open('/', {
        before: async (page) => {
          await page.route('**/api/overview', async (route) => {
            const overview = (await (await route.fetch()).json()) as OverviewAnswer;
            await route.fulfill({ json: { ...overview, ...change(overview) } });
          });
        },
      });

    it('nothing is called connected while Ascent360 takes nothing', async () => {
      const page = await openWith(({ connection }) => ({
        connection: { ...connection, text: { ...connection.text, next: { code: 'wait.down' } } },
      }));
      await page.getByText('Waiting for Ascent360', { exact: true }).waitFor();
      expect(await page.getByText('Connected', { exact: true }).count()).toBe(0);
    });

    it('a month without events isn’t said to be the first, while the last event is dated beside it', async () => {
      const none = { received: 0, accepted: 0, merged: 0, skipped: 0, waiting: 0, attention: 0 };
      const lastEventAt = new Date(Date.now() - 45 * 86_400_000).toISOString();
      const page = await openWith(() => ({ counts: { '24h': none, '7d': none, '30d': none }, lastEventAt }));
      await page.getByRole('link', { name: 'Received: 0' }).waitFor();
      expect(await page.getByText('No events yet').count()).toBe(0);
    });

    it('figures of ten digits stay apart, wide or narrow', async () => {
      const most = 1_234_567_890;
      const many = { received: most, accepted: most, merged: most, skipped: most, waiting: most, attention: most };
      const page = await openWith(() => ({ counts: { '24h': many, '7d': many, '30d': many } }));
      const figures = page.getByRole('link', { name: /: 1,234,567,890$/ });
      await figures.last().waitFor();
      for (const width of [1200, 320]) {
        await page.setViewportSize({ width, height: 900 });
        await expect.poll(async () => await overflow(page), { message: `${width}` }).toBe(0);
        const boxes = await Promise.all((await figures.all()).map(async (figure) => await figure.boundingBox()));
        for (const [at, box] of boxes.entries()) {
          const next = boxes[at + 1];
          if (box && next && next.x > box.x) expect(box.x + box.width, `${width}`).toBeLessThan(next.x);
        }
      }
    });

    it('the chart’s labels are read whole where text is twice as large, and where the system forces its own colours', async () => {
      const page = await stage().open('/');
      const frame = page.locator('.chart-frame');
      await frame.waitFor();
      await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
      const outside = async () =>
        await frame.evaluate((box) => {
          const { top, bottom } = box.getBoundingClientRect();
          const labels = [...box.querySelectorAll('text')].map((label) => label.getBoundingClientRect());
          return labels.filter((label) => label.top < top || label.bottom > bottom).length;
        });
      await expect.poll(outside).toBe(0);
      expect(
        await frame
          .locator('svg')
          .first()
          .evaluate((svg) => getComputedStyle(svg).overflow),
      ).toBe('visible');
      await page.emulateMedia({ forcedColors: 'active' });
      const [ofLabel, ofText] = await frame.evaluate((box) => [
        getComputedStyle(box.querySelector('text') ?? box).fill,
        getComputedStyle(document.body).color,
      ]);
      expect(ofLabel).toBe(ofText);
    });

    it('the chart’s scale holds 10,000', async () => {
      const page = await openWith(({ daily }) => ({
        daily: daily.map((day) => ({ ...day, received: 9500, accepted: 9500 })),
      }));
      const label = page.locator('.chart-scale text', { hasText: '10,000' });
      await label.waitFor();
      const [text, scale] = [await label.boundingBox(), await page.locator('.chart-scale').boundingBox()];
      expect(text?.x).toBeGreaterThanOrEqual(scale?.x ?? Number.POSITIVE_INFINITY);
    });

    it.each([360, 1280])('nothing on any page moves by itself (%i pixels)', async (width) => {
      const page = await stage().open('/', { width, forGood: watchShifts });
      for (const route of await everyPage(stage())) {
        await page.goto(stage().urlOf(route));
        await page.waitForLoadState('networkidle');
        await loaded(page);
        expect.soft(await page.evaluate(() => window.shifted), route).toBeLessThanOrEqual(MOST_SHIFT);
        expect.soft(await overflow(page), route).toBe(0);
        // A page that isn't in the navigation leads back to one that is.
        const parents = /^(Overview|Activity|Customers|Import)$/;
        const back = await page
          .locator('a')
          .and(page.getByRole('link', { name: parents }))
          .count();
        expect.soft(back, route).toBe(/^\/(activity|people|imports|settings|privacy)?(\?|$)/.test(route) ? 0 : 1);
      }
    });

    it('every page says since when it is old once the server can’t be reached, and how sending goes is not claimed', async () => {
      const page = await stage().open('/settings');
      const old = page.getByText(
        /^What you see is from .*\d:\d\d.* We don’t know what has been received or sent since\.$/,
      );
      for (const route of await everyPage(stage())) {
        await page.evaluate((to) => {
          const url = new URL(to, window.location.href);
          for (const [name, value] of new URLSearchParams(window.location.search)) {
            if (name !== 'q') url.searchParams.set(name, value);
          }
          window.history.pushState(null, '', url);
          window.dispatchEvent(new PopStateEvent('popstate'));
        }, route);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await loaded(page);
        await page.route('**/api/**', (call) => call.abort());
        // As when the merchant comes back to the tab; pages that stay open ask every half minute.
        await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
        await old.waitFor();
        expect.soft(await old.count(), route).toBe(1);
        const claims = page.getByText(/^(Connected|Paused|Sending|Waiting|Retrying|Running|Counting)$/);
        expect.soft(await claims.and(page.locator('.Polaris-Badge *')).allTextContents(), route).toEqual([]);
        await page.unroute('**/api/**');
        await page.getByRole('button', { name: 'Try again' }).click();
        await old.waitFor({ state: 'detached' });
      }
    });
  },
  { history: true },
);
