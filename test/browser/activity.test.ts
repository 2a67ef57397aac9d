import { readFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { ActivityDetail } from '../../server/features/activity/api.ts';
import { answering, away } from './activity-scenes.ts';
import { eventLinks, eventRows as events, filterBy, openFilters, takeOff } from './event-rows.ts';
import { accessibilityFaults, overflow } from './stage.ts';
import { expectFit, inBrowser } from './stage-of-test.ts';
import { tabTo } from './tab-to.ts';

const query = (page: Page, name: string) => new URL(page.url()).searchParams.get(name);

inBrowser(
  'the activity',
  (stage) => {
    async function open(route = '/activity', width = 1200): Promise<Page> {
      const page = await stage().open(route, { width });
      await page.getByRole('heading', { name: 'Activity', level: 1 }).waitFor();
      return page;
    }
    const api = async (route: string) => {
      const { body } = await stage().connector.api('GET', route);
      return body as { items: { id: string; state: string; summary: { who?: string; what?: string } | null }[] };
    };

    it('can be narrowed by view, topic and day; the URL keeps the filter, and reloading shows the same', async () => {
      const page = await open();
      await page.getByRole('tab', { name: 'Needs attention' }).click();
      await expect.poll(() => query(page, 'state')).toBe('attention');
      const { items } = await api('/activity?state=attention');
      await expect.poll(async () => await events(page).count()).toBe(items.length);
      expect(await events(page).filter({ hasNotText: 'Needs attention' }).count()).toBe(0);
      await openFilters(page);
      await filterBy(page, 'Topic', 'Customer deleted');
      await expect.poll(async () => await events(page).count()).toBe(1);
      await page.reload();
      await expect.poll(async () => await events(page).count()).toBe(1);
      await page.getByRole('button', { name: 'Needs attention', exact: true }).waitFor();
      await page.getByRole('button', { name: 'Date', exact: true }).click();
      await page.getByLabel('To', { exact: true }).fill('2020-01-01');
      await page.keyboard.press('Escape');
      await page.getByText('No events found').waitFor();
      await takeOff(page, 'Until Jan 1, 2020');
      await expect.poll(async () => await events(page).count()).toBe(1);
      await page.getByRole('button', { name: 'Clear all' }).click();
      await expect.poll(async () => await events(page).count()).toBe(50);
      expect(await page.getByRole('tab', { name: 'All' }).getAttribute('aria-selected')).toBe('true');
    });

    it('can be narrowed to days chosen in a calendar, with the keyboard alone', async () => {
      const page = await open();
      await tabTo(page, 'Search and filter results');
      await page.keyboard.press('Enter');
      // Pressed too early, Tab goes past them into the list.
      await page.getByRole('button', { name: 'Date', exact: true }).waitFor();
      await tabTo(page, 'Date');
      await page.keyboard.press('Enter');
      const days = page.getByRole('button', { name: /^(Start of range )?\w+ \w+ 1 \d{4}$/ });
      await page.getByRole('button', { name: /previous month/ }).click();
      await days.focus();
      await page.keyboard.press('Enter');
      await expect.poll(() => query(page, 'from')).toMatch(/-01$/);
      expect(query(page, 'to')).toBe(query(page, 'from'));
      await page.keyboard.press('Escape');
      await takeOff(page, /^From /);
      await expect.poll(() => query(page, 'from')).toBeNull();
    });

    it('keeps a view for everybody in the shop, in any browser, until it is deleted', async () => {
      let page = await open('/activity?state=attention&topic=orders/create');
      const tab = () => page.getByRole('tab', { name: 'Rejected orders' });
      const count = (await api('/activity?state=attention&topic=orders/create')).items.length;
      await page.getByRole('button', { name: 'Save as' }).click();
      await page.getByRole('dialog').getByLabel('Name').fill('Rejected orders');
      await page.keyboard.press('Enter');
      await page.getByText('View saved for everyone in your store', { exact: true }).waitFor();
      await page.getByText('Everyone in your store sees this view.').waitFor();
      await page.context().close();
      page = await open('/activity?state=skipped');
      await tab().click();
      await expect.poll(() => query(page, 'topic')).toBe('orders/create');
      await expect.poll(async () => await events(page).count()).toBe(count);
      await tab().click();
      await page.getByRole('menuitem', { name: 'Delete view' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete view' }).click();
      await page.getByText('View deleted').waitFor();
      await tab().waitFor({ state: 'detached' });
      expect(query(page, 'state')).toBeNull();
    });

    it('keeps the last 7 days as such in a view, so that it moves along', async () => {
      const page = await open('/activity');
      await openFilters(page);
      await page.getByRole('button', { name: 'Date', exact: true }).click();
      await page.locator('label', { hasText: /^Last 7 days$/ }).click();
      await expect.poll(() => query(page, 'last')).toBe('7d');
      await page.keyboard.press('Escape');
      const total = async () => ((await api('/activity?limit=1')) as unknown as { total: number }).total;
      const week = new Date(Date.now() - 7 * 24 * 60 * 60_000).toISOString();
      const { total: recent } = (await api(`/activity?limit=1&from=${week}`)) as unknown as { total: number };
      expect(recent).toBeLessThan(await total());
      await page.getByText(`${recent} events`, { exact: true }).first().waitFor();
      await page.getByRole('button', { name: 'Save as' }).click();
      await page.getByRole('dialog').getByLabel('Name').fill('This week');
      await page.keyboard.press('Enter');
      await page.getByText('Everyone in your store sees this view.').waitFor();
      const { views } = (await stage().connector.api('GET', '/shop')).body as { views: object[] };
      expect(views).toMatchObject([{ name: 'This week', filter: { last: '7d' } }]);
    });

    it('says of each filter what its × takes off', async () => {
      const page = await open('/activity?state=attention&topic=orders/create&source=webhook&last=30d');
      const crosses = page.getByRole('button', { name: /^Clear(?! all)/ });
      await expect.poll(async () => await crosses.count()).toBe(4);
      const names = await crosses.evaluateAll((all) => all.map((cross) => cross.getAttribute('aria-label')));
      expect(names.toSorted()).toEqual([
        'Clear: Last 30 days',
        'Clear: Needs attention',
        'Clear: Order placed',
        'Clear: Shopify webhook',
      ]);
      await takeOff(page, 'Order placed');
      await expect.poll(() => query(page, 'topic')).toBeNull();
      await expect.poll(async () => await crosses.count()).toBe(3);
      await filterBy(page, 'Needs attention', 'Skipped');
      await page.getByRole('button', { name: 'Clear: Skipped and Needs attention' }).waitFor();
    });

    it('lets events be selected and resent on the narrowest phone', async () => {
      const page = await open('/activity?topic=orders/create&state=accepted', 320);
      await events(page).nth(3).waitFor();
      const before = stage().connector.ascent360.received.length;
      for (const nth of [1, 2]) await events(page).nth(nth).locator('label').click();
      await page.getByText('2 selected').first().waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(await overflow(page)).toBe(0);
      await page.getByRole('button', { name: 'Actions', exact: true }).click();
      await page.getByRole('button', { name: 'Resend', exact: true }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByText('2 records will be sent.').waitFor();
      await dialog.getByRole('button', { name: 'Resend' }).click();
      await stage().connector.ascent360.until(before + 2);
    });

    it('finds an order by its name, with or without #, and a person by email in any case', async () => {
      const [order] = (await api('/activity?topic=orders/create')).items;
      const name = order?.summary?.what ?? '';
      const who = order?.summary?.who ?? '';
      const page = await open();
      await openFilters(page);
      const search = page.getByLabel('Whole email address, order name or webhook ID');
      for (const text of [name, name.slice(1), who.toUpperCase()]) {
        await search.fill(text);
        await search.press('Enter');
        await expect.poll(() => query(page, 'q')).toBe(text);
        const wanted = text === who.toUpperCase() ? who : name;
        const found = async () => (await events(page).allInnerTexts()).map((event) => event.includes(wanted));
        await expect.poll(async () => [...new Set(await found())]).toEqual([true]);
      }
      await page.getByRole('button', { name: 'Cancel' }).click();
      await expect.poll(() => query(page, 'q')).toBeNull();
      const focused = async () => await page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
      await expect.poll(focused).toBe('Search and filter results');
    });

    it('keeps its place: going back from an event leads to the same row of the same page, and on to newer ones', async () => {
      const page = await open('/activity?state=accepted');
      const newest = await events(page).first().textContent();
      await page.getByRole('button', { name: 'Older' }).click();
      await expect.poll(() => query(page, 'cursor')).not.toBeNull();
      await expect.poll(async () => await events(page).first().textContent()).not.toBe(newest);
      const row = eventLinks(page).nth(30);
      const text = await row.textContent();
      await row.click();
      await page.getByRole('heading', { name: 'Attempts' }).waitFor();
      await page.goBack();
      await row.waitFor();
      expect(await row.textContent()).toBe(text);
      await expect.poll(async () => await row.evaluate((link) => link === document.activeElement)).toBe(true);
      await page.getByRole('button', { name: 'Newer' }).click();
      await expect.poll(async () => await events(page).first().textContent()).toBe(newest);
      expect(query(page, 'cursor')).toBeNull();
      expect(query(page, 'state')).toBe('accepted');
    });

    it('leads from an event back to its page of the list, and from there to the next newer page, whatever was opened in between', async () => {
      const page = await open('/activity?state=accepted');
      const first = async () => (await events(page).first().textContent()) ?? '';
      const older = async () => {
        const before = await first();
        await page.getByRole('button', { name: 'Older' }).click();
        await expect.poll(async () => (await events(page).count()) > 1 && (await first()) !== before).toBe(true);
        return await first();
      };
      const second = await older();
      const third = await older();
      await eventLinks(page).nth(3).click();
      await page.getByRole('heading', { name: 'Attempts' }).waitFor();
      await page
        .locator('a')
        .and(page.getByRole('link', { name: 'Activity' }))
        .click();
      await expect.poll(first).toBe(third);
      await page.getByRole('button', { name: 'Newer' }).click();
      await expect.poll(first).toBe(second);
      await page.goBack();
      await expect.poll(first).toBe(third);
    });

    it('opens each page at its top, however far down the one before was; Back and Forward lead to where one was', async () => {
      const page = await open('/activity?state=accepted');
      await events(page).nth(49).waitFor();
      const scrollTo = async (top: number) => await page.evaluate((top) => window.scrollTo(0, top), top);
      const expectAt = async (top: number) =>
        await expect.poll(async () => await page.evaluate(() => window.scrollY)).toBe(top);
      const attempts = page.getByRole('heading', { name: 'Attempts' });
      await scrollTo(900);
      await page.evaluate(() => {
        const links = [...document.querySelectorAll<HTMLElement>('[data-event]')];
        links.find((link) => link.getBoundingClientRect().top > 200)?.click();
      });
      await attempts.waitFor();
      await expectAt(0);
      await scrollTo(150);
      await page.goBack();
      await events(page).nth(49).waitFor();
      await expectAt(900);
      await page.goForward();
      await attempts.waitFor();
      await expectAt(150);
      await page.goBack();
      await page.getByRole('button', { name: 'Older' }).click();
      await expect.poll(() => query(page, 'cursor')).not.toBeNull();
      await events(page).nth(49).waitFor();
      await expectAt(0);
      await page.goto(stage().urlOf('/settings'));
      await page.getByLabel('Source name').waitFor();
      await expectAt(0);
    });

    it('shows an event’s note in the list too: only a phone number', async () => {
      const phone = {
        id: 770,
        phone: '+18015550177',
        email: null,
        first_name: 'Pia',
        updated_at: '2026-11-26T10:00:00Z',
      };
      await stage().connector.send('customers/create', phone, { webhookId: 'phone-only' });
      await stage().connector.settled();
      const page = await open('/activity?q=phone-only');
      await events(page).filter({ hasText: 'doesn’t load contacts with only a phone number' }).waitFor();
    });

    it('names kinds of events in words; Shopify’s own name is in the details, a reason in few words', async () => {
      await stage().connector.send('products/update', { id: 1 }, { webhookId: 'unknown-kind' });
      await stage().connector.settled();
      const page = await open('/activity?q=unknown-kind');
      const row = events(page).filter({ hasText: 'Other update' });
      await row.getByText('Unknown kind of event', { exact: true }).waitFor();
      expect(await row.textContent()).not.toContain('products/update');
      await eventLinks(page).first().click();
      await page.getByText('products/update', { exact: true }).waitFor();
      await page.getByText(/Other update\. The app doesn’t know this kind of event\./).waitFor();
    });

    it('resends the selected events and no others, with the keyboard alone', async () => {
      const page = await open('/activity?topic=orders/create&state=accepted');
      await events(page).nth(6).waitFor();
      const before = stage().connector.ascent360.received.length;
      for (const nth of [4, 6]) {
        await events(page).nth(nth).getByRole('checkbox').focus();
        await page.keyboard.press('Space');
      }
      await page.getByText('2 selected').first().waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      await tabTo(page, 'Resend', 'Shift+Tab');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').getByText('2 records will be sent.').waitFor();
      await tabTo(page, 'Resend');
      await page.keyboard.press('Enter');
      await page.getByText('2 records in line to be sent').waitFor();
      await stage().connector.ascent360.until(before + 2);
      await expect.poll(async () => await events(page).getByRole('checkbox', { checked: true }).count()).toBe(0);
    });

    it('dismisses the selected events and no others', async () => {
      const count = (await api('/activity?state=attention')).items.length;
      const page = await open('/activity?state=attention');
      const name = (await eventLinks(page).last().textContent()) ?? '';
      await events(page).last().locator('label').click();
      await page.getByRole('button', { name: 'Dismiss', exact: true }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Dismiss' }).click();
      await page.getByText('1 event dismissed').waitFor();
      await expect.poll(async () => await events(page).count()).toBe(count - 1);
      expect((await api('/activity?reason=dismissed')).items.length, name).toBe(1);
    });

    it('is exported as CSV with the same filter', async () => {
      const page = await open('/activity?state=attention');
      await events(page).first().waitFor();
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Export as CSV' }).click(),
      ]);
      const lines = (await readFile(await file.path(), 'utf8')).trimEnd().split('\r\n');
      expect(file.suggestedFilename()).toBe('activity.csv');
      expect(lines.length - 1).toBe((await api('/activity?state=attention')).items.length);
      expect(lines.slice(1).every((line) => line.includes(',attention,'))).toBe(true);
    });

    describe('one event', () => {
      it('begins with what happened, in a sentence, before any JSON, and shows for each key where in Shopify’s message it came from, with mouse and keyboard', async () => {
        const page = await open('/activity?topic=orders/create&state=accepted');
        await eventLinks(page).first().click();
        const sentence = page.getByText(/^Shopify told us on .+: Order placed\. Accepted by Ascent360\./);
        await sentence.waitFor();
        const [said, json] = [await sentence.boundingBox(), await page.locator('.json-lines').boundingBox()];
        expect(said?.y).toBeLessThan(json?.y ?? 0);
        expect(await page.getByRole('heading', { name: /orders\/create/ }).count()).toBe(0);
        const marked = page.locator('.json-lines .is-source');
        await page.getByRole('button', { name: /^Email / }).hover();
        await expect.poll(async () => await marked.allInnerTexts()).toEqual([expect.stringContaining('@example.com')]);
        await page.getByRole('button', { name: /^Address/ }).focus();
        await expect.poll(async () => (await marked.allInnerTexts()).join('')).toContain('"address1"');
        await page.keyboard.press('Enter');
        await page.getByRole('button', { name: 'Copy what we sent' }).focus();
        expect(await page.getByRole('button', { name: /^Address/ }).getAttribute('aria-pressed')).toBe('true');
        await page.getByRole('button', { name: /^Left out/ }).click();
        await page.getByRole('button', { name: /^DateOfBirth/ }).waitFor();
      });

      it('marks the tag that a value came from, and says in words what its message does not hold', async () => {
        const fits = async ({ id }: { id: string }) => {
          const { payload, event } = (await stage().connector.api('GET', `/activity/${id}`)).body as ActivityDetail;
          return payload !== null && 'Interests' in payload && JSON.stringify(event).includes('"interest:');
        };
        let found: string | null = null;
        for (const item of (await api('/activity?topic=customer.tags_added&state=accepted')).items) {
          found ??= (await fits(item)) ? item.id : null;
        }
        const page = await stage().open(`/activity/${found}`);
        await page.getByRole('heading', { name: 'What Shopify sent' }).waitFor();
        await page.getByRole('button', { name: /^Interests/ }).focus();
        const marked = page.locator('.json-lines .is-source');
        await expect.poll(async () => (await marked.allInnerTexts()).join('')).toMatch(/^"interest:/);
        await page.getByText('Not in this message: the email address in the customer’s record.').waitFor();
      });

      it('that we asked for is not called a message from Shopify, and shows none of our own keys', async () => {
        const page = await open('/activity?topic=import/customers&state=accepted');
        await eventLinks(page).first().click();
        await page.getByRole('heading', { name: 'What Shopify answered when we asked' }).waitFor();
        expect(await page.getByText('What Shopify sent').count()).toBe(0);
        const lines = (await page.locator('.json-lines').textContent()) ?? '';
        expect(lines).toContain('"firstName"');
        expect(lines).not.toMatch(/__typename|metafieldKeys|"denied"/);
        expect(await page.getByText(/^import[:/]/).count()).toBe(0);
        const read = await open('/activity?topic=person/read&state=accepted');
        await eventLinks(read).first().click();
        await read.getByText('There’s no message from Shopify.').waitFor();
        expect(await read.getByText('What Shopify sent').count()).toBe(0);
      });

      it('that was merged says so, not that there was nothing to send', async () => {
        const page = await open('/activity?state=merged');
        await eventLinks(page).first().click();
        await page.getByText('It was merged into another event.').waitFor();
        expect(await page.getByText('There was nothing to send').count()).toBe(0);
      });

      it('leads to its customer by what finds them, never by a name', async () => {
        const { connector } = stage();
        const named = { id: 880_003, first_name: 'Ann', last_name: 'Lee 3', updated_at: '2026-11-01T10:00:00Z' };
        const { id } = await connector.deliver('customers/update', named);
        const page = await stage().open(`/activity/${id}`);
        await page.getByRole('heading', { name: 'Ann Lee 3' }).waitFor();
        await page.getByText('We sent nothing.').waitFor();
        expect(await page.getByText('Find this customer').count()).toBe(0);
      });

      it('that Ascent360 rejected without an answer says so, and points to no answer', async () => {
        const page = await open('/activity?state=attention&reason=rejected');
        await eventLinks(page).first().click();
        await page.getByText(/^What to do: Ascent360 gave no reason\./).waitFor();
        expect(await page.getByText(/answer below/).count()).toBe(0);
      });

      it('that needs attention can be dismissed', async () => {
        const page = await open('/activity?topic=customers/delete&state=attention');
        await eventLinks(page).first().click();
        await page.getByText('What to do:').waitFor();
        await page.getByRole('button', { name: 'Dismiss' }).click();
        await page.getByRole('dialog').getByRole('button', { name: 'Dismiss' }).click();
        await page
          .getByText(/Dismissed\./)
          .first()
          .waitFor();
        expect(await page.getByRole('button', { name: 'Dismiss' }).count()).toBe(0);
      });
    });

    it('resends everything that matches the filters, showing first how many records that is: the numbers add up', async () => {
      const page = await open('/activity?state=attention');
      await events(page).first().waitFor();
      const matching = page.getByText(/^\d+ events$/).first();
      await page.getByRole('button', { name: 'Resend all of these' }).click();
      const dialog = page.getByRole('dialog');
      const numberIn = async (text: Locator) => Number.parseInt((await text.textContent()) ?? '', 10);
      const count = await numberIn(dialog.getByText(/^\d+ records? will be sent\.$/));
      const still = await numberIn(dialog.getByText(/^\d+ records? still wouldn’t be sent/));
      const together = await numberIn(dialog.getByText(/^\d+ events? (is|are) of (an )?orders? or customers? that/));
      expect(count + still + together).toBe(await numberIn(matching));
      const before = stage().connector.ascent360.received.length;
      await dialog.getByRole('button', { name: 'Resend' }).click();
      await page.getByText(`${count} records in line to be sent`).waitFor();
      // What can't be read stays; everything else is accepted this time.
      await expect.poll(async () => (await api('/activity?state=attention')).items.length).toBeLessThanOrEqual(2);
      await stage().connector.ascent360.until(before + 1);
    });

    it('says what failed, and works after a retry', async () => {
      const page = await stage().open('/activity', {
        before: async (page) => await answering(page, '**/api/activity?*', 503, away),
      });
      await page.getByText('The app can’t reach its database').waitFor();
      await page.unroute('**/api/activity?*');
      await page.getByRole('button', { name: 'Try again' }).click();
      await events(page).first().waitFor();
    });

    it('has no faults that axe finds, and doesn’t scroll sideways, wide or narrow', async () => {
      const page = await open();
      await events(page).first().waitFor();
      await expectFit(page, 'list');
      await page.goto(page.url().replace('/activity?', '/activity?topic=orders/create&state=accepted&'));
      await eventLinks(page).first().click();
      await page.getByRole('heading', { name: 'Attempts' }).waitFor();
      await page.getByRole('button', { name: /^Left out/ }).click();
      await expectFit(page, 'event');
      // The longest possible title: an address without a place to break.
      await page.locator('h1').evaluate((title) => {
        title.textContent = `#4550 · ${'a'.repeat(64)}@example.com`;
      });
      for (const width of [320, 1200]) {
        await page.setViewportSize({ width, height: 900 });
        expect.soft(await overflow(page), `long title at ${width}`).toBe(0);
      }
    });

    it('has none with its filters or a dialog open, or zoomed', async () => {
      const page = await open('/activity?state=skipped', 320);
      await openFilters(page);
      await page.getByRole('button', { name: 'Date', exact: true }).click();
      await page.getByLabel('To', { exact: true }).waitFor();
      expect.soft(await accessibilityFaults(page), 'filters').toEqual([]);
      expect.soft(await overflow(page), 'filters').toBe(0);
      await page.keyboard.press('Escape');
      // Half of 1280: the window at 200 % zoom.
      await page.setViewportSize({ width: 640, height: 450 });
      expect.soft(await overflow(page), 'zoomed').toBe(0);
      await page.getByRole('button', { name: 'Resend all of these' }).click();
      await page.getByText(/records will be sent/).waitFor();
      expect.soft(await accessibilityFaults(page), 'dialog').toEqual([]);
    });
  },
  { history: true },
);
