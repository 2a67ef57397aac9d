// node test/browser/shoot.ts [name…]: pictures of the pages in their states, into docs/screenshots.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { buildPages } from '../fakes/stand-in-front.ts';
import { activityScenes } from './activity-scenes.ts';
import { findBrowser } from './find-browser.ts';
import { importsScenes } from './imports-scenes.ts';
import { overviewScenes } from './overview-scenes.ts';
import { peopleScenes } from './people-scenes.ts';
import { settingsScenes } from './settings-scenes.ts';
import { setupScenes } from './setup-scenes.ts';
import { type Stage, startStage } from './stage.ts';

/** One picture: what has to be there, the page, and what is done on it before. */
export type Scene = {
  name: string;
  route: string;
  width?: number;
  /** The whole page instead of what fits the window. */
  full?: boolean;
  /** The shop has had the app for a month. */
  history?: boolean;
  prepare?(stage: Stage): Promise<void>;
  /** What is done before the page is opened. */
  before?(page: Page): Promise<void>;
  act(page: Page, stage: Stage): Promise<void>;
};

const directory = path.join(import.meta.dirname, '../../docs/screenshots');

const wanted = process.argv.slice(2);
const found = await findBrowser(process.env);
if ('missing' in found) {
  process.stderr.write(`No pictures: ${found.missing}\n`);
  process.exit(1);
}
await buildPages();
await mkdir(directory, { recursive: true });
const scenes: Scene[] = [
  ...setupScenes,
  ...overviewScenes,
  ...settingsScenes,
  ...activityScenes,
  ...peopleScenes,
  ...importsScenes,
];
for (const scene of scenes) {
  if (wanted.length > 0 && !wanted.some((name) => scene.name.startsWith(name))) continue;
  const stage = await startStage(found, {}, { history: scene.history ?? false });
  try {
    await scene.prepare?.(stage);
    const page = await stage.open(scene.route, {
      width: scene.width ?? 1200,
      ...(scene.before && { before: scene.before }),
    });
    await scene.act(page, stage);
    await page.evaluate(() => document.fonts.ready);
    const file = path.join(directory, `${scene.name}.png`);
    // The admin's navigation, which stands outside of the pages, is not ours to show.
    await page.screenshot({
      path: file,
      fullPage: scene.full ?? false,
      animations: 'disabled',
      style: 's-app-nav { display: none !important }',
    });
    process.stdout.write(`${path.relative(process.cwd(), file)}\n`);
  } finally {
    await stage.close();
  }
}
