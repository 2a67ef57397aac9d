import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { SHOP } from '../fakes/connector.ts';
import { customer, optedIn, optedOut } from '../features/imports/scene.ts';
import { inBrowser } from './stage-of-test.ts';
import { tabTo } from './tab-to.ts';

const PEOPLE = 200;
const OPTED_IN = 120;
const OPTED_OUT = 50;

const choiceOf = (n: number) => (n < OPTED_IN ? optedIn : n < OPTED_IN + OPTED_OUT ? optedOut : {});

inBrowser(
  'importing the existing customers',
  (stage) => {
    beforeAll(async () => {
      const { connector } = stage();
      await connector.connect({ consent: { email: { history: 'all' } } });
      const shop = connector.admin.shop(SHOP);
      shop.bulk.polls = 0;
      for (let n = 0; n < PEOPLE; n++) shop.setCustomer(customer(n, choiceOf(n)));
    });

    const received = () => stage().connector.ascent360.received;
    const imports = async () => {
      const { body } = await stage().connector.api('GET', '/imports');
      return (body as { items: { id: string; state: string; done: number }[] }).items;
    };
    /** The number next to a name in the counts. */
    const count = async (page: Page, name: string) =>
      Number(
        await page
          .getByRole('term')
          .filter({ hasText: new RegExp(`^${name}$`) })
          .locator('xpath=following-sibling::dd[1]')
          .textContent(),
      );

    /** Counts with the page's own form, and waits for what would be sent. */
    async function countFirst(): Promise<Page> {
      const page = await stage().open('/imports');
      await page.getByRole('button', { name: 'Count first' }).click();
      await page.getByText('Counted', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Start' }).waitFor();
      return page;
    }

    it('counts what would be sent and sends nothing; once cancelled, it stays unsent', async () => {
      const page = await countFirst();
      expect(await count(page, 'Contacts to send')).toBe(PEOPLE);
      expect(await count(page, 'Email opt-ins')).toBe(OPTED_IN);
      expect(await count(page, 'Email opt-outs')).toBe(OPTED_OUT);
      await page.getByRole('button', { name: 'Cancel import' }).click();
      await page.getByRole('dialog').getByText('Nothing was sent.').waitFor();
      await page.getByRole('dialog').getByRole('button', { name: 'Cancel import' }).click();
      await page.getByText('Canceled', { exact: true }).waitFor();
      expect(received()).toEqual([]);
    });

    it('pauses with the rest unsent, shows what is still sent of what was on its way, continues, and ends with each customer sent once, by keyboard alone', async () => {
      const { connector } = stage();
      const { promise: paused, resolve: goOn } = Promise.withResolvers<void>();
      // The pause comes in the middle, however long it takes to get there.
      connector.ascent360.behave(() => (received().length < PEOPLE / 4 ? {} : { after: paused }));
      const page = await stage().open('/imports');
      await page.getByRole('button', { name: 'Count first' }).waitFor();
      await tabTo(page, 'Count first');
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Start' }).waitFor();
      await tabTo(page, 'Start');
      await page.keyboard.press('Enter');
      const dialog = page.getByRole('dialog');
      await dialog.getByText(`${PEOPLE} contacts go to Ascent360.`).waitFor();
      await tabTo(page, 'Start');
      await page.keyboard.press('Enter');
      await dialog.waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Pause' }).waitFor();
      await tabTo(page, 'Pause');
      await page.keyboard.press('Enter');
      await page.getByText('Paused', { exact: true }).waitFor();
      expect(received().length).toBeLessThan(PEOPLE);

      goOn();
      // What was on its way is still sent, and the page follows.
      await expect.poll(async () => await count(page, 'Waiting')).toBe(0);
      await page.getByRole('button', { name: 'Resume' }).waitFor();
      await tabTo(page, 'Resume');
      await page.keyboard.press('Enter');
      await page.getByText('Done', { exact: true }).waitFor({ timeout: 90_000 });
      await page.getByText(`${PEOPLE} of ${PEOPLE}`).waitFor();
      await expect.poll(async () => await count(page, 'Accepted'), { timeout: 60_000 }).toBe(PEOPLE);
      const bodies = received().map(({ body }) => body as { Email: string; EmailPermission?: boolean });
      expect(new Set(bodies.map(({ Email }) => Email)).size).toBe(PEOPLE);
      expect(bodies).toHaveLength(PEOPLE);
      expect(bodies.filter(({ EmailPermission }) => EmailPermission === true)).toHaveLength(OPTED_IN);
      expect((await imports()).map(({ state }) => state)).toEqual(['done', 'cancelled']);
    });

    it('says, when counted again, that Ascent360 already has the same', async () => {
      const page = await countFirst();
      await page.getByText('Skipped: Ascent360 already accepted this').waitFor();
      expect(await count(page, 'Contacts to send')).toBe(0);
    });
  },
  { env: { DELIVERY_TIMEOUT: '60s' } },
);
