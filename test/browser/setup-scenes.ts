import type { Page } from 'playwright-core';
import { SHOP } from '../fakes/connector.ts';
import { customer, optedIn, optedOut } from '../features/imports/scene.ts';
import type { Scene } from './shoot.ts';
import type { Stage } from './stage.ts';

const GUID = '5f0c2a44-7d1e-4b7a-9a57-3c1d8e2f6b90';

const done = (...steps: string[]) => ({ done: steps, dismissed: false });

async function connected(stage: Stage, ...steps: string[]): Promise<void> {
  await stage.connector.connect({ sourceName: 'Alpine Outfitters' });
  await stage.connector.api('PUT', '/setup', done(...steps));
}

const shows = (text: string) => async (page: Page) => void (await page.getByText(text).first().waitFor());

export const setupScenes: Scene[] = [
  { name: 'setup-connect', route: '/', act: shows('GUID of your data webhook') },
  {
    name: 'setup-wrong-url',
    route: '/',
    act: async (page) => {
      const field = page.getByLabel('GUID of your data webhook');
      await field.fill(`https://webhook.ascent360.com/V1/Trigger/${GUID}`);
      await field.blur();
      await page.getByText('opening it emails a whole audience').waitFor();
    },
  },
  {
    name: 'setup-lists',
    route: '/setup',
    prepare: (stage) => connected(stage),
    act: async (page) => {
      await page.getByLabel('Provider').selectOption('3');
      await page.getByLabel('List IDs').fill('2127849,2127850,');
      await page.getByText('2127850').waitFor();
    },
  },
  {
    name: 'setup-test',
    route: '/setup',
    prepare: (stage) => connected(stage, 'lists'),
    act: async (page) => {
      await page.getByLabel('Email address of the test record').fill('me@example.com');
      await page.getByRole('button', { name: 'Send test record' }).click();
      await page.getByText('Accepted by Ascent360').waitFor();
    },
  },
  {
    name: 'setup-history',
    route: '/setup',
    full: true,
    prepare: async (stage) => {
      await connected(stage, 'lists', 'test');
      const shop = stage.connector.admin.shop(SHOP);
      shop.bulk.polls = 0;
      for (let n = 0; n < 640; n++) shop.setCustomer(customer(n, n < 412 ? optedIn : n < 478 ? optedOut : {}));
    },
    act: async (page) => {
      await page.getByText('No, they’re new to Ascent360').click();
      await page.getByRole('button', { name: 'Count customers first' }).click();
      await page.getByRole('table').waitFor();
    },
  },
  {
    name: 'setup-ask',
    route: '/setup',
    prepare: (stage) => connected(stage, 'lists', 'test', 'history'),
    act: shows('Send this email to your contact there'),
  },
  {
    name: 'setup-finished',
    route: '/setup',
    prepare: async (stage) => {
      await connected(stage, 'lists', 'test', 'history', 'ask');
      await stage.connector.api('POST', '/test-record', { email: 'me@example.com' });
    },
    act: shows('You’re all set'),
  },
  {
    name: 'overview-resumed',
    route: '/',
    prepare: (stage) => connected(stage, 'lists'),
    act: shows('First steps: 2 of 5 done'),
  },
];
