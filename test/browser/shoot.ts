// npm run screenshots: the pictures that documents refer to, into docs/screenshots; with names: only those of the app's pages.
// npm run pictures -- DIRECTORY [name…]: every page and state, wide and narrow, to look at.
import { globSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { readOptions } from '../../server/options.ts';
import { buildPages } from '../fakes/stand-in-front.ts';
import { activityScenes } from './activity-scenes.ts';
import { findBrowser } from './find-browser.ts';
import { importsScenes } from './imports-scenes.ts';
import { languageScenes } from './language-scenes.ts';
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
  locale?: string;
  /** The whole page instead of what fits into the window. */
  full?: boolean;
  /** The shop has had the app for a month. */
  history?: boolean;
  prepare?(stage: Stage): Promise<void>;
  /** Runs before the page is opened. */
  before?(page: Page): Promise<void>;
  act(page: Page, stage: Stage): Promise<void>;
};

const WIDE = 1280;
const NARROW = 360;
const HEIGHT = 900;

const root = path.join(import.meta.dirname, '../..');
const { values, positionals } = readOptions(
  'npm run screenshots -- [NAME…], or npm run pictures -- DIRECTORY [NAME…]',
  { options: { all: { type: 'string' } } },
  [0, Infinity],
);
const directory = values.all ?? path.join(root, 'docs/screenshots');
/** The names in links such as `screenshots/overview.webp`. */
const referred = new Set(
  globSync(['README.md', 'docs/**/*.md'], { cwd: root })
    .map((file) => readFileSync(path.join(root, file), 'utf8'))
    .flatMap((text) => [...text.matchAll(/screenshots\/([\w-]+)\.webp/g)].map(([, name]) => name)),
);

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
  ...languageScenes,
];
const asked = ({ name }: Scene) => positionals.length === 0 || positionals.some((start) => name.startsWith(start));
const chosen = scenes.filter((scene) => asked(scene) && (values.all !== undefined || referred.has(scene.name)));
/** Scenes that change nothing share a stage: one with a history, and one without. */
const shared = new Map<boolean, Stage>();
const failed: string[] = [];

async function save(scene: Scene, stage: Stage, page: Page, width: number): Promise<void> {
  await page.setViewportSize({ width, height: HEIGHT });
  const file = path.join(directory, `${scene.name}${values.all === undefined ? '' : `-${width}`}.webp`);
  // The admin's navigation is outside our pages and isn't ours to show.
  const png = await page.screenshot({
    fullPage: (scene.full ?? false) || values.all !== undefined,
    animations: 'disabled',
    style: 's-app-nav { display: none !important }',
  });
  await savePicture(stage.browser, png, file);
  process.stdout.write(`${path.relative(process.cwd(), file)}\n`);
}

async function shoot(scene: Scene, stage: Stage): Promise<void> {
  await scene.prepare?.(stage);
  const page = await stage.open(scene.route, {
    width: WIDE,
    ...(scene.locale && { locale: scene.locale }),
    ...(scene.before && { before: scene.before }),
  });
  await scene.act(page, stage);
  await page.evaluate(() => document.fonts.ready);
  for (const width of values.all === undefined ? [WIDE] : [WIDE, NARROW]) await save(scene, stage, page, width);
  await page.context().close();
}

async function stageOf({ prepare, history = false }: Scene): Promise<{ stage: Stage; own: boolean }> {
  const own = prepare !== undefined;
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
if (values.all === undefined && positionals.length === 0) await import('./shoot-extensions.ts');
