import type { Page } from 'playwright-core';
import { eventRows } from './event-rows.ts';
import type { Scene } from './shoot.ts';

/** Opens the page of a person with a long timeline. */
async function openRegular(page: Page): Promise<void> {
  await page.getByRole('list', { name: 'Customers found' }).getByRole('link').first().click();
  await page.getByRole('heading', { name: 'Timeline' }).waitFor();
}

/** Opens the person whom the first row of the activity with this text is about. */
export async function openPersonOf(page: Page, event: string | RegExp): Promise<void> {
  await eventRows(page).filter({ hasText: event }).first().getByRole('link').click();
  await page.getByRole('link', { name: /@example.com$/ }).click();
  await openRegular(page);
}

const history = true;
/** The first of the regulars in test/demo/history/plot.ts. */
export const REGULAR = 'mia.okafor@example.com';

export const peopleScenes: Scene[] = [
  {
    name: 'people-start',
    route: '/people',
    act: async (page) => {
      await page.getByText('Find a customer to see their history').waitFor();
    },
  },
  {
    name: 'people-found',
    route: `/people?q=${REGULAR}`,
    history,
    act: async (page) => {
      await page.getByRole('list', { name: 'Customers found' }).waitFor();
    },
  },
  {
    name: 'people-none',
    route: '/people?q=nobody@example.com',
    act: async (page) => {
      await page.getByText('No customer found').waitFor();
    },
  },
  { name: 'person', route: `/people?q=${REGULAR}`, history, act: openRegular },
  {
    name: 'consent-sheet',
    route: `/people/consent?q=${REGULAR}`,
    history,
    full: true,
    act: async (page) => await page.getByRole('article').waitFor(),
  },
  {
    name: 'consent-start',
    route: '/people/consent',
    act: async (page) => await page.getByRole('button', { name: 'Show' }).waitFor(),
  },
  {
    name: 'consent-none',
    route: '/people/consent?q=nobody@example.com',
    act: async (page) => void (await page.getByText('No customer found').waitFor()),
  },
  {
    name: 'person-send',
    route: `/people?q=${REGULAR}`,
    history,
    act: async (page) => {
      await openRegular(page);
      await page.getByRole('button', { name: 'Send now' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'person-history-held',
    route: '/activity?state=skipped&topic=customers_email_marketing_consent/update',
    history,
    act: async (page) => await openPersonOf(page, 'Earlier choice held back'),
  },
];
