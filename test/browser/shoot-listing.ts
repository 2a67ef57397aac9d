// npm run app-store:screenshots: the pictures for the App Store listing, 1600 by 900 pixels, into
// docs/app-store/screenshots.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { readOptions } from '../../server/options.ts';
import { buildPages } from '../fakes/stand-in-front.ts';
import { activityScenes } from './activity-scenes.ts';
import { findBrowser } from './find-browser.ts';
import { importsScenes } from './imports-scenes.ts';
import { overviewScenes } from './overview-scenes.ts';
import { peopleScenes } from './people-scenes.ts';
import { setupScenes } from './setup-scenes.ts';
import type { Scene } from './shoot.ts';
import { type Stage, startStage } from './stage.ts';

/** Shopify accepts only this size. */
const SIZE = { width: 1600, height: 900 };
/** File in docs/app-store/listing.toml → scene in docs/screenshots. */
const PICTURES: Record<string, string> = {
  overview: 'overview',
  event: 'event',
  person: 'person',
  import: 'import-counted',
  setup: 'setup-connect',
};

const [other] = readOptions('npm run app-store:screenshots -- [DIRECTORY]', {}, [0, 1]).positionals;
const directory = path.resolve(other ?? path.join(import.meta.dirname, '../../docs/app-store/screenshots'));
const scenes = [...setupScenes, ...overviewScenes, ...activityScenes, ...peopleScenes, ...importsScenes];
const found = await findBrowser(process.env);
if ('missing' in found) {
  process.stderr.write(`No pictures: ${found.missing}\n`);
  process.exit(1);
}
await buildPages();
await mkdir(directory, { recursive: true });

async function take(scene: Scene, stage: Stage, file: string): Promise<void> {
  await scene.prepare?.(stage);
  const page: Page = await stage.open(scene.route, {
    width: SIZE.width,
    ...(scene.before && { before: scene.before }),
  });
  await page.setViewportSize(SIZE);
  await scene.act(page, stage);
  await page.evaluate(() => document.fonts.ready);
  // Only our own pages: the admin around them is Shopify's.
  const style = 's-app-nav { display: none !important }';
  const png = await page.screenshot({ animations: 'disabled', style });
  await writeFile(file, png);
  await page.context().close();
  process.stdout.write(`${path.relative(process.cwd(), file)}\n`);
}

const failed: string[] = [];
for (const [name, of] of Object.entries(PICTURES)) {
  const scene = scenes.find((one) => one.name === of);
  if (!scene) throw new Error(`There is no scene ${of}`);
  const stage = await startStage(found, {}, { history: scene.history ?? false });
  try {
    await take(scene, stage, path.join(directory, `${name}.png`));
  } catch (error) {
    failed.push(name);
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
  } finally {
    await stage.close();
  }
}
if (failed.length > 0) process.exit(1);
