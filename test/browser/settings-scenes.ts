import { bodyText, sampleOf } from '../demo/samples.ts';
import { DEMO, SETTINGS } from '../demo/world.ts';
import type { Scene } from './shoot.ts';
import type { Stage } from './stage.ts';

async function connected(stage: Stage): Promise<void> {
  await stage.connector.api('PUT', '/settings', { ...SETTINGS, guid: DEMO.guid });
  await stage.connector.deliver('orders/create', bodyText({ ...sampleOf('orders/create'), test: false }));
}

export const settingsScenes: Scene[] = [
  {
    name: 'settings',
    route: '/settings',
    full: true,
    prepare: connected,
    act: async (page) => {
      await page.getByText('Ascent360 already accepted this').first().waitFor();
    },
  },
  {
    name: 'settings-disconnect',
    route: '/settings',
    prepare: connected,
    act: async (page) => {
      await page.getByRole('button', { name: 'Disconnect' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'settings-mapped',
    route: '/settings',
    full: true,
    prepare: connected,
    act: async (page) => {
      await page.getByRole('button', { name: 'Add a source: Interests' }).click();
      await page.getByLabel('Interests 1: how the tag starts').fill('interest:');
      await page.getByLabel('Provider', { exact: true }).selectOption('other');
      await page.getByText(/^Phone permission: send it/).click();
    },
  },
  {
    name: 'settings-faults',
    route: '/settings',
    prepare: connected,
    act: async (page) => {
      await page.getByLabel('New GUID').fill('https://example.com/hook');
      await page.getByLabel('Source name').fill('');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByText('Check 2 fields').waitFor();
    },
  },
];
