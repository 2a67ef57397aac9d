import type { Page } from 'playwright-core';
import { refusal } from '../../server/http/errors.ts';
import { eventLinks, eventRows, openFilters } from './event-rows.ts';
import type { Scene } from './shoot.ts';

const settledList = async (page: Page) => {
  await eventRows(page).nth(5).waitFor();
};

/** The page of the first event that matches a filter. */
async function openFirst(page: Page): Promise<void> {
  await eventLinks(page).first().click();
  await page.getByRole('heading', { name: 'From Shopify to Ascent360' }).waitFor();
}

/** What the API answers while it can't reach its database. */
export const away = refusal('database');

/** From now on, the API answers like this. */
export async function answering(page: Page, route: string, status: number, body: object): Promise<void> {
  await page.route(route, async (call) => await call.fulfill({ status, json: body }));
}

const failing = async (page: Page) => await answering(page, '**/api/activity*', 500, refusal('our_fault'));

const history = true;

export const activityScenes: Scene[] = [
  { name: 'activity', route: '/activity', history, act: settledList },
  {
    name: 'activity-attention',
    route: '/activity?state=attention',
    history,
    act: async (page) => {
      await eventRows(page).first().waitFor();
    },
  },
  {
    name: 'activity-selected',
    route: '/activity?state=attention',
    history,
    act: async (page) => {
      for (const nth of [0, 2]) await eventRows(page).nth(nth).locator('label').click();
      await page.getByText('2 selected').first().waitFor();
    },
  },
  {
    name: 'activity-filters',
    route: '/activity',
    history,
    act: async (page) => {
      await settledList(page);
      await openFilters(page);
      await page.getByRole('button', { name: 'Date', exact: true }).click();
      await page.getByLabel('To', { exact: true }).waitFor();
    },
  },
  {
    name: 'activity-again',
    route: '/activity?state=attention',
    history,
    act: async (page) => {
      await page.getByRole('button', { name: 'Resend all of these' }).click();
      await page.getByText(/records? will be sent\./).waitFor();
    },
  },
  {
    name: 'activity-filtered',
    route: '/activity?state=skipped,attention&topic=customers/update&source=webhook&last=30d',
    history,
    act: async (page) => {
      await page.getByRole('button', { name: 'Clear: Last 30 days' }).waitFor();
    },
  },
  {
    name: 'activity-dismiss',
    route: '/activity?state=attention',
    history,
    act: async (page) => {
      await page.getByRole('button', { name: 'Dismiss all of these' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'activity-nothing-found',
    route: '/activity?q=nobody@example.com',
    history,
    act: async (page) => {
      await page.getByText('No events found').waitFor();
    },
  },
  {
    name: 'activity-empty',
    route: '/activity',
    act: async (page) => {
      await page.getByText('No events yet').waitFor();
    },
  },
  {
    name: 'activity-loading',
    route: '/activity',
    before: async (page) => {
      await page.route('**/api/activity*', () => {});
    },
    act: async (page) => {
      await page.getByRole('heading', { name: 'Activity' }).waitFor();
      await page.getByRole('status', { name: 'Loading' }).waitFor();
    },
  },
  {
    name: 'activity-failing',
    route: '/activity',
    before: failing,
    act: async (page) => {
      await page.getByRole('button', { name: 'Try again' }).waitFor();
    },
  },
  {
    name: 'event',
    route: '/activity?topic=orders/create&state=accepted',
    history,
    full: true,
    act: async (page) => {
      await openFirst(page);
      await page.getByRole('button', { name: /^Address/ }).click();
    },
  },
  {
    name: 'event-merged',
    route: '/activity?state=merged',
    history,
    full: true,
    act: openFirst,
  },
  { name: 'event-waiting', route: '/activity?state=waiting', history, full: true, act: openFirst },
  {
    name: 'event-imported',
    route: '/activity?topic=import/customers&state=accepted',
    history,
    full: true,
    act: openFirst,
  },
  { name: 'event-read', route: '/activity?topic=person/read', history, full: true, act: openFirst },
  {
    name: 'event-tags',
    route: '/activity?topic=customer.tags_added&state=accepted',
    history,
    full: true,
    act: openFirst,
  },
  { name: 'event-rejected', route: '/activity?state=attention', history, full: true, act: openFirst },
  {
    name: 'event-skipped',
    route: '/activity?state=skipped&topic=customers_email_marketing_consent/update',
    history,
    full: true,
    act: openFirst,
  },
];
