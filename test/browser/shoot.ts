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
import { savePicture } from './save-picture.ts';
import { settingsScenes } from './settings-scenes.ts';
import { setupScenes } from './setup-scenes.ts';
import { shellScenes } from './shell-scenes.ts';
import { type Stage, startStage } from './stage.ts';

/** One picture: what has to be there, the page, and what is done on it first. */
export type Scene = {
  name: string;
  route: string;
  width?: number;
  /** The whole page instead of what fits into the window. */
  full?: boolean;
  /** The shop has had the app for a month. */
  history?: boolean;
  prepare?(stage: Stage): Promise<void>;
  /** Runs before the page is opened. */
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
const launch = found;
await buildPages();
await mkdir(directory, { recursive: true });
const scenes: Scene[] = [
  ...setupScenes,
  ...overviewScenes,
  ...settingsScenes,
  ...activityScenes,
  ...peopleScenes,
  ...importsScenes,
  ...shellScenes,
];
const chosen = scenes.filter(({ name }) => wanted.length === 0 || wanted.some((start) => name.startsWith(start)));
/** Scenes that change nothing share a stage: one with a history, and one without. */
const shared = new Map<boolean, Stage>();
const failed: string[] = [];

async function shoot(scene: Scene, stage: Stage): Promise<void> {
  await scene.prepare?.(stage);
  const page = await stage.open(scene.route, {
    width: scene.width ?? 1200,
    ...(scene.before && { before: scene.before }),
  });
  await scene.act(page, stage);
  await page.evaluate(() => document.fonts.ready);
  const file = path.join(directory, `${scene.name}.webp`);
  // The admin's navigation is outside our pages and isn't ours to show.
  const png = await page.screenshot({
    fullPage: scene.full ?? false,
    animations: 'disabled',
    style: 's-app-nav { display: none !important }',
  });
  await savePicture(stage.browser, png, file);
  await page.context().close();
  process.stdout.write(`${path.relative(process.cwd(), file)}\n`);
}

async function stageOf({ prepare, before, history = false }: Scene): Promise<{ stage: Stage; own: boolean }> {
  const own = prepare !== undefined || !(history || before);
  const stage = (own ? null : shared.get(history)) ?? (await startStage(launch, {}, { history }));
  if (!own) shared.set(history, stage);
  return { stage, own };
}

for (const scene of chosen) {
  const { stage, own } = await stageOf(scene);
  try {
    await shoot(scene, stage);
  } catch (error) {
    failed.push(scene.name);
    process.stderr.write(`${scene.name}: ${error instanceof Error ? error.message : String(error)}\n`);
  } finally {
    if (own) await stage.close();
  }
}
for (const stage of shared.values()) await stage.close();
if (failed.length > 0) process.exit(1);
