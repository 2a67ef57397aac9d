import { readFile } from 'node:fs/promises';
import { beforeAll, expect, it } from 'vitest';
import { verifyExport } from '../../server/domain/audit/verify.ts';
import { SHOP } from '../fakes/connector.ts';
import { answering, away } from './activity-scenes.ts';
import { expectFit, inBrowser } from './stage-of-test.ts';
import { tabTo } from './tab-to.ts';

inBrowser('privacy requests', (stage) => {
  beforeAll(async () => {
    const { connector } = stage();
    await connector.connect();
    const customer = { id: 4242, email: 'kim@example.com', phone: null };
    await connector.deliver('customers/create', { ...customer, updated_at: '2026-11-01T10:00:00Z' });
    await connector.deliver('customers/data_request', { shop_domain: SHOP, customer, data_request: { id: 9 } });
    await connector.deliver('customers/redact', { shop_domain: SHOP, customer: { id: 77 }, orders_to_redact: [] });
  });

  it('are downloaded, passed on and marked as done; then the overview no longer asks for that', async () => {
    const page = await stage().open('/', {
      // The overview is asked for when it opens, not every few seconds too.
      forGood: async (page) => void (await page.addInitScript(() => Object.assign(window, { setInterval: () => 0 }))),
    });
    const problem = page.getByText(/^A customer asked for their data\./);
    await problem.waitFor();
    await page.getByRole('link', { name: 'View requests' }).first().click();
    const asked = page.getByRole('listitem').filter({ hasText: 'Data request' });
    await asked.getByText('kim@example.com').first().waitFor();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      asked.getByRole('button', { name: 'Download the data' }).click(),
    ]);
    expect(await readFile(await file.path(), 'utf8')).toContain('kim@example.com');
    const erasure = page.getByRole('listitem').filter({ hasText: 'Erasure request' });
    await erasure.getByText('Email to Ascent360').click();
    await erasure.getByText('Please erase this person from our Ascent360 account').waitFor();
    // Nothing is kept of an erased person: without a name there is nothing whole to copy.
    expect(await erasure.getByRole('button', { name: 'Copy the email' }).isDisabled()).toBe(true);
    await erasure.getByLabel('Who is it?').fill('Kim Lee, kim@example.com');
    await erasure.getByText('The person: Kim Lee, kim@example.com.').waitFor();
    await asked.getByText('Email to Ascent360').click();
    await asked.getByText(/The person: email kim@example\.com/).waitFor();
    expect(await page.getByText(/\[|\]/).count()).toBe(0);
    await asked.getByRole('button', { name: 'Mark as done' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Mark as done' }).click();
    await asked.getByText('Done', { exact: true }).waitFor();
    expect(await asked.getByRole('button', { name: 'Mark as done' }).count()).toBe(0);
    await page.goBack();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await problem.waitFor({ state: 'detached' });
  });

  it('say how to copy their text if the browser doesn’t let the app copy it', async () => {
    const page = await stage().open('/privacy', {
      forGood: async (page) => {
        await page.addInitScript(() => {
          navigator.clipboard.writeText = () => Promise.reject(new DOMException('Not allowed', 'NotAllowedError'));
        });
      },
    });
    const erasure = page.getByRole('listitem').filter({ hasText: 'Erasure request' });
    await erasure.getByText('Email to Ascent360').click();
    await erasure.getByLabel('Who is it?').fill('Kim Lee');
    await erasure.getByRole('button', { name: 'Copy the email' }).click();
    await page.locator('#stand-in-toast').getByText('Select the text and press Ctrl+C').waitFor();
  });

  it('are listed next to who viewed personal data, including the download', async () => {
    const page = await stage().open('/privacy');
    await page.getByRole('heading', { name: 'Who viewed customer data' }).waitFor();
    await page.getByText(/ · You · Data for a request, downloaded$/).waitFor();
  });

  it('name whoever uses the page “You”, and anybody else by the number that Shopify gives, and say so', async () => {
    const look = (who: string) => ({ at: '2026-11-23T16:00:00.000Z', who, what: 'activity', about: null });
    const json = { items: [look('42'), look('77')], nextCursor: null, you: '42' };
    const page = await stage().open('/privacy', {
      before: async (page) => void (await page.route('**/api/access-log', (route) => route.fulfill({ json }))),
    });
    await page.getByText(/ · Staff member 77 · /).waitFor();
    expect(await page.getByText(/ · You · /).count()).toBe(1);
    await page.getByText('Shopify tells this app a staff member’s number, not their name.').waitFor();
  });

  it('are listed next to the end of the audit log, which is downloaded as a file that matches it', async () => {
    const page = await stage().open('/privacy');
    await page.getByText(/^Entry \d+ is the newest, from /).waitFor();
    const shown = await page.locator('code').textContent();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download the audit log' }).click(),
    ]);
    expect(verifyExport(await readFile(await file.path(), 'utf8'))).toMatchObject({ ok: true, hash: shown });
  });

  it('beyond the first page are shown on demand, and one that names nobody leads to what Shopify sent', async () => {
    const item = (number: number, over: object) => ({
      id: `00000000-0000-4000-8000-00000000000${number}`,
      kind: 'redact',
      requestId: `${number}`,
      receivedAt: '2026-11-20T10:00:00.000Z',
      dueAt: '2026-12-20T10:00:00.000Z',
      state: 'ready',
      doneAt: null,
      message: '',
      text: { code: 'privacy.redact_ready' },
      askText: 'Please erase this person.',
      ...over,
    });
    const pages = [
      { items: [item(1, {})], nextCursor: 'after-1', audit: null },
      {
        items: [item(2, { state: 'open', text: { code: 'privacy.redact_unfound' } })],
        nextCursor: null,
        audit: null,
      },
    ];
    const page = await stage().open('/privacy', {
      before: async (page) =>
        void (await page.route('**/api/privacy-requests*', async (route) => {
          const after = new URL(route.request().url()).searchParams.get('cursor');
          await route.fulfill({ json: pages[after === 'after-1' ? 1 : 0] });
        })),
    });
    await page.getByText(/^Request 1 · /).waitFor();
    expect(await page.getByText(/^We erased nothing/).count()).toBe(0);
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByText(/^We erased nothing/).waitFor();
    expect(await page.getByText(/^Request 1 · /).count()).toBe(1);
    expect(await page.getByRole('button', { name: 'Show more' }).count()).toBe(0);
    const event = page.getByRole('link', { name: 'Open the event' });
    expect(await event.getAttribute('href')).toContain('/activity/00000000-0000-4000-8000-000000000002');
    expect(await page.getByRole('button', { name: 'Mark as done' }).count()).toBe(2);
  });

  it('that can’t be loaded are reported once, and loaded after a retry', async () => {
    const route = '**/api/privacy-requests';
    const page = await stage().open('/privacy', {
      before: async (page) => await answering(page, route, 500, away),
    });
    await page.getByText('The app can’t reach its database').waitFor();
    expect(await page.getByRole('alert').count()).toBe(1);
    await page.unroute(route);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: 'Erasure request' }).waitFor();
  });

  it('stay if only the list of views can’t be loaded: one message says that the server can’t be reached', async () => {
    const page = await stage().open('/privacy', {
      before: async (page) => await answering(page, '**/api/access-log', 503, away),
    });
    await page.getByText('This part couldn’t be loaded.').waitFor();
    await page.getByText(/^What you see is from /).waitFor();
    expect(await page.getByRole('alert').count()).toBe(1);
    await page.getByRole('heading', { name: 'Erasure request' }).waitFor();
  });

  it('have no faults that axe finds, and don’t scroll sideways, wide or narrow', async () => {
    const page = await stage().open('/privacy');
    await page.getByRole('heading', { name: 'Erasure request' }).waitFor();
    await page.getByText('Email to Ascent360').first().click();
    await expectFit(page, 'requests');
  });

  it('are marked as done by keyboard alone, and focus stays with the request', async () => {
    const page = await stage().open('/privacy');
    const erasure = page.getByRole('listitem').filter({ hasText: 'Erasure request' });
    await erasure.waitFor();
    await tabTo(page, 'Mark as done');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    const focused = async () => await page.evaluate(() => document.activeElement?.textContent ?? '');
    await expect.poll(focused).toBe('Mark as done');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await tabTo(page, 'Mark as done');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await erasure.getByText('Done', { exact: true }).waitFor();
    await expect.poll(focused).toContain('Erased here');
  });

  it('about a person who has been erased since are done: there is nothing left to download', async () => {
    const { connector } = stage();
    const customer = { id: 4343, email: 'lou@example.com', phone: null };
    await connector.deliver('customers/create', { ...customer, updated_at: '2026-11-01T10:00:00Z' });
    await connector.deliver('customers/data_request', { shop_domain: SHOP, customer, data_request: { id: 10 } });
    await connector.deliver('customers/redact', { shop_domain: SHOP, customer: { id: 4343 }, orders_to_redact: [] });
    const page = await stage().open('/privacy');
    const asked = page.getByRole('listitem').filter({ hasText: 'This person has been erased since.' });
    await asked.getByText('Done', { exact: true }).waitFor();
    expect(await asked.getByRole('button').count()).toBe(0);
    await expectFit(page, 'a request closed by an erasure');
  });

  it('that could not be handled say so and what ends them, have no faults that axe finds, and can’t be dismissed from the list of events', async () => {
    const { connector } = stage();
    await connector.deliver('customers/redact', '[]');
    await connector.deliver('shop/redact', '[]');
    const page = await stage().open('/privacy');
    const request = page.getByRole('listitem').filter({ hasText: 'We erased nothing' });
    await request.getByText('Needs attention', { exact: true }).waitFor();
    const store = page.getByRole('listitem').filter({ hasText: 'Store erasure request' });
    await store.getByText(/^Shopify asked us to erase your store’s data .*, but we couldn’t/).waitFor();
    // Ascent360 has nothing to do with that.
    expect(await store.getByText('Email to Ascent360').count()).toBe(0);
    await expectFit(page, 'failed requests');
    // Ascent360 can’t confirm what was never erased here.
    await request.getByRole('button', { name: 'Mark as done' }).click();
    const question = page.getByRole('dialog');
    await question.getByText('Do this once you’ve requested the erasure again in Shopify.').waitFor();
    await question.getByRole('button', { name: 'Cancel' }).click();
    await request.getByRole('link', { name: 'Open the event' }).click();
    await page.getByRole('link', { name: 'Open the privacy page' }).waitFor();
    await page.getByRole('button', { name: 'Resend' }).waitFor();
    expect(await page.getByRole('button', { name: 'Dismiss' }).count()).toBe(0);
    await expectFit(page, 'event of a failed request');
    await page.goto(stage().urlOf('/issues'));
    await page.getByRole('link', { name: 'Open the privacy page' }).waitFor();
    expect(await page.getByRole('button', { name: /^Dismiss/ }).count()).toBe(0);
    await expectFit(page, 'issue of failed requests');
    // Each is about a customer, but about nobody whom it names.
    await page.getByText('No event names a customer.').waitFor();
    await page.goto(stage().urlOf('/activity?state=attention'));
    await page.getByRole('button', { name: 'Dismiss all of these' }).click();
    await page.getByText('until you mark it as done on the privacy page').waitFor();
  });
});
