import type { Page } from 'playwright-core';
import { answering, away } from './activity-scenes.ts';
import { REGULAR } from './people-scenes.ts';
import type { Scene } from './shoot.ts';

const ID = '01a20c17-d9a0-7045-b876-cfa84638b8f5';

/** The pages that all wait for the API in the same way, and what they wait for. */
const pages = [
  { name: 'setup', route: '/setup', api: '**/api/settings' },
  { name: 'event', route: `/activity/${ID}`, api: `**/api/activity/${ID}` },
  { name: 'issues', route: '/issues', api: '**/api/issues*' },
  { name: 'people', route: `/people?q=${REGULAR}`, api: '**/api/people?*' },
  { name: 'consent', route: `/people/consent?q=${REGULAR}`, api: '**/api/people?*' },
  { name: 'person', route: `/people/${ID}`, api: `**/api/people/${ID}` },
  { name: 'settings', route: '/settings', api: '**/api/settings' },
  { name: 'imports', route: '/imports', api: '**/api/imports' },
  { name: 'import', route: `/imports/${ID}`, api: `**/api/imports/${ID}` },
  { name: 'privacy', route: '/privacy', api: '**/api/privacy-requests' },
];

/** The API doesn't answer yet. */
function loading({ name, route, api }: (typeof pages)[number]): Scene {
  let asked: Promise<unknown> = Promise.resolve();
  return {
    name: `${name}-loading`,
    route,
    before: async (page) => {
      asked = new Promise((resolve) => void page.route(api, () => resolve(null)));
    },
    act: async (page) => {
      await asked;
      await page.getByRole('status', { name: 'Loading' }).first().waitFor();
    },
  };
}

const failing = ({ name, route, api }: (typeof pages)[number]): Scene => ({
  name: `${name}-failing`,
  route,
  before: async (page) => await answering(page, api, 503, away),
  act: async (page) => await page.getByRole('button', { name: 'Try again' }).first().waitFor(),
});

const heading = (name: string | RegExp) => async (page: Page) =>
  await page.getByRole('heading', { name }).first().waitFor();

/**
 * What all pages have in common: waiting, failing, an unknown address.
 */
export const shellScenes: Scene[] = [
  ...pages.map(loading),
  ...pages.map(failing),
  {
    name: 'not-found',
    route: '/privacy',
    act: async (page) => {
      await heading('Privacy')(page);
      await page.evaluate(() => {
        window.history.pushState(null, '', `/nowhere${window.location.search}`);
        window.dispatchEvent(new PopStateEvent('popstate'));
      });
      await heading('This page doesn’t exist')(page);
    },
  },
  {
    name: 'import-paused',
    route: '/imports',
    history: true,
    full: true,
    act: async (page) => {
      await page.getByRole('list', { name: 'Imports' }).getByRole('link').first().click();
      await heading('What was sent')(page);
    },
  },
  {
    name: 'import-done',
    route: '/imports',
    history: true,
    full: true,
    act: async (page) => {
      await page.getByRole('list', { name: 'Imports' }).getByRole('link').last().click();
      await heading('What was sent')(page);
    },
  },
];
