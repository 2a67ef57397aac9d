import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { answering, away } from './activity-scenes.ts';
import { openPersonOf, REGULAR } from './people-scenes.ts';
import { overflow } from './stage.ts';
import { expectFit, inBrowser } from './stage-of-test.ts';

inBrowser(
  'people',
  (stage) => {
    const timeline = (page: Page) => page.locator('ol.timeline > li');
    async function open(route = '/people', width = 1200): Promise<Page> {
      const page = await stage().open(route, { width });
      await page.getByRole('heading', { name: 'Customers', level: 1 }).waitFor();
      return page;
    }
    async function openRegular(width = 1200): Promise<Page> {
      const page = await open(`/people?q=${REGULAR}`, width);
      await page.getByRole('list', { name: 'Customers found' }).getByRole('link').click();
      await page.getByRole('heading', { name: 'Timeline' }).waitFor();
      return page;
    }

    it('are found by their whole email address in any case, and nobody by part of it', async () => {
      const page = await open();
      await page.getByText('Find a customer to see their history').waitFor();
      await page.getByLabel('Find a customer').fill(REGULAR.toUpperCase());
      await page.getByLabel('Find a customer').press('Enter');
      await page.getByRole('link', { name: /Mia Okafor/ }).waitFor();
      expect(new URL(page.url()).searchParams.get('q')).toBe(REGULAR.toUpperCase());
      await page.getByLabel('Find a customer').fill('mia.okafor@');
      await page.getByRole('button', { name: 'Search', exact: true }).click();
      await page.getByText('No customer found').waitFor();
    });

    it('who were not known are found by the same search once they are', async () => {
      const page = await open('/people?q=late@example.com');
      await page.getByText('No customer found').first().waitFor();
      const at = new Date().toISOString();
      const late = { id: 77, email: 'late@example.com', first_name: 'Late', created_at: at, updated_at: at };
      await stage().connector.deliver('customers/create', late);
      await page.getByRole('button', { name: 'Search', exact: true }).click();
      await page.getByRole('list', { name: 'Customers found' }).getByText('Late').first().waitFor();
    });

    it('whose opt-in was not sent have a page that says why, what would change it, and where it is in the timeline', async () => {
      const page = await stage().open('/activity?state=skipped&topic=customers_email_marketing_consent/update');
      await openPersonOf(page, 'Earlier choice held back');
      const card = page.getByRole('heading', { name: 'Email', level: 2 }).locator('xpath=ancestor::*[4]');
      await card.getByText(/^Subscribed to email on .+\. No permission accepted by Ascent360\.$/).waitFor();
      await card.getByText('your settings hold those back').waitFor();
      await page.getByRole('button', { name: 'Permissions' }).click();
      await timeline(page).filter({ hasText: 'Your settings hold back choices this old' }).first().waitFor();
      await card.getByRole('link', { name: 'Change the setting' }).click();
      await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
    });

    it('have a timeline of choices, permissions and records, each linked to its event', async () => {
      const page = await openRegular();
      const all = await timeline(page).count();
      await page.getByRole('checkbox', { name: /repeated decisions/ }).check();
      expect(await timeline(page).count()).toBeGreaterThan(all);
      await page.getByRole('button', { name: 'Records' }).click();
      const records = await timeline(page).count();
      expect(records).toBeGreaterThan(10);
      await timeline(page).nth(2).getByRole('link').click();
      await page.getByRole('heading', { name: 'From Shopify to Ascent360' }).waitFor();
      await page.goBack();
      await page.getByRole('heading', { name: 'Timeline' }).waitFor();
    });

    it('are called by their name in the timeline, never by a number', async () => {
      const page = await openRegular();
      await page.getByRole('button', { name: 'Records' }).click();
      await timeline(page)
        .filter({ hasText: /^Mia Okafor · Customer (created|updated)/ })
        .first()
        .waitFor();
      expect(await page.getByText(/(Customer|customer) \d{6,}/).count()).toBe(0);
    });

    it('are sent now after a confirmation, and their timeline follows the record, also through a retry', async () => {
      const page = await openRegular();
      const { ascent360 } = stage().connector;
      ascent360.behave({ status: 503, retryAfter: 6 });
      await page.getByRole('button', { name: 'Send now' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Send now' }).click();
      await page.getByText('In line to be sent to Ascent360').waitFor();
      const sent = timeline(page).filter({ hasText: 'Sent manually' }).first();
      await sent.getByText('Retrying').waitFor();
      ascent360.behave({ status: 200 });
      await sent.getByText('Accepted').waitFor();
    });

    it('are exported as JSON: everything held', async () => {
      const page = await openRegular();
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Export all data' }).click(),
      ]);
      const exported: unknown = JSON.parse(await readFile(await file.path(), 'utf8'));
      expect(exported).toMatchObject({ about: { email: REGULAR }, people: [{ contact: { email: REGULAR } }] });
    });

    it('say what failed, and that a person wasn’t found', async () => {
      const page = await stage().open('/people?q=a@b.example', {
        before: async (page) => await answering(page, '**/api/people?*', 503, away),
      });
      await page.getByText('The app can’t reach its database').waitFor();
      await page.unroute('**/api/people?*');
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByText('No customer found').waitFor();
      const gone = await stage().open('/people/00000000-0000-4000-8000-000000000000');
      await gone.getByText('We couldn’t find this').waitFor();
    });

    it('don’t scroll sideways for a name without a place to break, on a page opened by its address', async () => {
      const { connector } = stage();
      const email = 'long@example.com';
      const customer = { id: 880_001, email, first_name: 'Wolfeschlegelsteinhausen'.repeat(5), last_name: 'Berg' };
      const at = '2026-11-01T10:00:00Z';
      await connector.deliver('customers/update', { ...customer, created_at: at, updated_at: at });
      const { items } = (await connector.api('GET', `/people?q=${email}`)).body as { items: { id: string }[] };
      const page = await stage().open(`/people/${items[0]?.id}`, { width: 320 });
      await page.getByRole('heading', { name: 'Timeline' }).waitFor();
      expect(await overflow(page)).toBe(0);
    });

    it('with two addresses have a timeline that says which one each choice was about', async () => {
      const { connector } = stage();
      const [before, now] = ['before@example.com', 'now@example.com'];
      for (const [email, state] of [
        [before, 'unsubscribed'],
        [now, 'subscribed'],
      ] as const) {
        const at = new Date().toISOString();
        await connector.deliver('customers/update', { id: 880_004, email, updated_at: at });
        await connector.deliver('customers_email_marketing_consent/update', {
          customer_id: 880_004,
          email_address: email,
          email_marketing_consent: { state, opt_in_level: 'single_opt_in', consent_updated_at: at },
        });
      }
      const { items } = (await connector.api('GET', `/people?q=${now}`)).body as { items: { id: string }[] };
      const page = await stage().open(`/people/${items[0]?.id}`);
      const line = (text: string, address: string) =>
        page.getByRole('listitem').filter({ hasText: text }).filter({ hasText: address }).first().waitFor();
      await line('Email: opt-out sent', before);
      await line('Email: opt-in sent', now);
    });

    it('of whom no choice is known aren’t said to have none in Shopify', async () => {
      const { connector } = stage();
      const email = 'unasked@example.com';
      await connector.deliver('customers/update', { id: 880_002, email, updated_at: '2026-11-01T10:00:00Z' });
      const { items } = (await connector.api('GET', `/people?q=${email}`)).body as { items: { id: string }[] };
      const page = await stage().open(`/people/${items[0]?.id}`);
      await page.getByText('only an explicit choice counts, and we don’t know of one.').waitFor();
    });

    it('have no faults that axe finds, and don’t scroll sideways, wide or narrow', async () => {
      const found = await open(`/people?q=${REGULAR}`);
      await found.getByRole('list', { name: 'Customers found' }).waitFor();
      await expectFit(found, 'search');
      const person = await openRegular();
      await expectFit(person, 'person');
      // At the narrowest still, with text twice as large.
      await person.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
      await expect.poll(async () => await overflow(person)).toBe(0);
    });

    it('whose profile is damaged have a page that says so, and shows what can still be read', async () => {
      const { connector } = stage();
      const email = 'damaged@example.com';
      await connector.deliver('customers/create', { id: 4545, email, updated_at: new Date().toISOString() });
      await connector.db.query(
        `UPDATE people SET profile = $1 WHERE id = (SELECT person_id FROM deliveries ORDER BY id DESC LIMIT 1)`,
        [Buffer.alloc(64)],
      );
      const page = await open(`/people?q=${email}`);
      await page.getByRole('list', { name: 'Customers found' }).getByRole('link').click();
      await page.getByText('What we last knew of this customer is damaged').waitFor();
      await page.getByText(email).waitFor();
      expect(await page.getByRole('button', { name: 'Send now' }).count()).toBe(0);
      await expectFit(page, 'a damaged person');
    });
  },
  { history: true },
);
