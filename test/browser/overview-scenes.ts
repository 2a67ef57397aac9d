import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { away } from './activity-scenes.ts';
import type { Scene } from './shoot.ts';
import { GUID, type Stage } from './stage.ts';

const seen = async (page: Page) => void (await page.getByText('Last 14 days').waitFor());

/** Answers of the merchant API, as the pages would get them from a server in trouble. */
const answer = (page: Page, route: string, status: number, body: object) =>
  page.route(`**/api${route}`, (call) => call.fulfill({ status, json: body }));

const settled = async (stage: Stage) =>
  void (await stage.connector.api('PUT', '/setup', { done: [], dismissed: true }));

async function refuse(stage: Stage): Promise<void> {
  await settled(stage);
  stage.connector.ascent360.behave(GUID, { status: 404 });
  await stage.connector.send('customers/update', {
    id: 77,
    email: 'ann@example.com',
    first_name: 'Ann',
    updated_at: new Date().toISOString(),
  });
}

export const overviewScenes: Scene[] = [
  { name: 'overview', route: '/', history: true, full: true, prepare: settled, act: seen },
  {
    name: 'overview-table',
    route: '/',
    history: true,
    full: true,
    act: async (page) => {
      await page.getByRole('button', { name: 'Show numbers' }).click();
      await page.getByRole('columnheader', { name: 'Merged' }).waitFor();
    },
  },
  {
    name: 'overview-stale',
    route: '/',
    history: true,
    act: async (page) => {
      await seen(page);
      await page.route('**/api/**', (call) => call.abort());
      await page.getByText(/^What you see is from /).waitFor();
    },
  },
  {
    name: 'issues',
    route: '/issues',
    history: true,
    act: async (page) =>
      void (await page.getByRole('region', { name: 'Issues' }).getByRole('listitem').first().waitFor()),
  },
  {
    name: 'issues-resolved',
    route: '/issues?state=resolved',
    history: true,
    act: async (page) => await page.getByRole('tab', { name: 'Resolved', selected: true }).waitFor(),
  },
  {
    name: 'issues-dismiss',
    route: '/issues',
    history: true,
    act: async (page) => {
      await page
        .getByRole('button', { name: /^Dismiss: / })
        .first()
        .click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'issues-none',
    route: '/issues?state=ignored',
    history: true,
    act: async (page) => void (await page.getByText('Nothing dismissed in the last 30 days').waitFor()),
  },
  {
    name: 'overview-problem',
    route: '/',
    history: true,
    prepare: refuse,
    act: async (page) => void (await page.getByText('Connection problem').waitFor()),
  },
  {
    name: 'overview-paused',
    route: '/',
    history: true,
    prepare: async (stage) => {
      await settled(stage);
      const { body } = await stage.connector.api('GET', '/settings');
      const { guidLast4: _, ...saved } = body as { guidLast4: string };
      await stage.connector.api('PUT', '/settings', { ...saved, paused: true });
    },
    act: async (page) => void (await page.getByText(/^Paused since /).waitFor()),
  },
  {
    name: 'overview-unproven',
    route: '/',
    prepare: async (stage) => {
      await settled(stage);
      await stage.connector.connect();
    },
    act: async (page) => void (await page.getByText('GUID saved, nothing accepted yet').waitFor()),
  },
  {
    name: 'overview-disconnected',
    route: '/',
    history: true,
    prepare: async (stage) => {
      await settled(stage);
      await stage.connector.api('DELETE', '/settings/guid');
    },
    act: async (page) => void (await page.getByText('Not connected').first().waitFor()),
  },
  {
    name: 'overview-seen',
    route: '/',
    history: true,
    prepare: async (stage) => {
      await settled(stage);
      await stage.connector.api('PUT', '/seen', { answer: 'no' });
    },
    act: async (page) => void (await page.getByText(/^On .+ you didn’t find it in Ascent360\.$/).waitFor()),
  },
  {
    name: 'overview-empty',
    route: '/',
    prepare: async (stage) => void (await stage.connector.connect()),
    act: async (page) => void (await page.getByText('No events yet').waitFor()),
  },
  {
    name: 'overview-loading',
    route: '/settings',
    act: async (page) => {
      await page.route('**/api/overview', () => {});
      await page.getByRole('link', { name: 'Overview' }).click();
      await page.getByRole('status', { name: 'Loading' }).first().waitFor();
    },
  },
  {
    name: 'overview-failing',
    route: '/settings',
    act: async (page) => {
      await answer(page, '/overview', 503, away);
      await page.getByRole('link', { name: 'Overview' }).click();
      await page.getByRole('button', { name: 'Try again' }).waitFor();
    },
  },
  {
    name: 'session-ended',
    route: '/',
    prepare: async (stage) => stage.tokens(async () => randomUUID()),
    act: async (page) => void (await page.getByText('Your Shopify session has ended').waitFor()),
  },
];
