import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { Router } from 'express';
import { createServer as createVite } from 'vite';
import { builtFront } from '../../server/http/pages/built-front.ts';
import type { Front } from '../../server/http/pages/front.ts';
import config from '../../vite.config.ts';
import { freePort } from './free-port.ts';
import { signIdToken } from './id-token.ts';

const root = path.join(import.meta.dirname, '../..');

export type StandInFront = Front & { close(): Promise<void> };

type App = { apiKey: string; secret: string /** Whose pages a URL without `shop` opens. */; shop: string };

/**
 * A stand-in for App Bridge and the admin around it: its script, and ID tokens for anyone who asks.
 * Never in production.
 */
function standIn({ apiKey, secret, shop }: App): Router {
  const router = Router();
  router.get('/stand-in/app-bridge.js', async (_req, res) => {
    res.type('text/javascript').send(await readFile(path.join(import.meta.dirname, 'app-bridge.js')));
  });
  router.get('/stand-in/id-token', async (req, res) => {
    const asked = req.query['shop'];
    const of = typeof asked === 'string' && asked !== '' ? asked : shop;
    res.type('text/plain').send(await signIdToken({ apiKey, secret, shop: of }));
  });
  return router;
}

const headOf = ({ shop }: App) => `<script src="/stand-in/app-bridge.js" data-shop="${shop}"></script>`;

/** The pages of `npm run build`, with a stand-in for App Bridge. */
export async function builtStandIn(app: App): Promise<StandInFront> {
  const built = await builtFront(path.join(root, 'dist'));
  return { ...built, files: standIn(app).use(built.files), shopifyHead: headOf(app), close: async () => {} };
}

/**
 * What the pages are built from: values of `server/`, such as its texts, come from `domain/` alone.
 */
const sources = ['app', 'server/domain', 'vite.config.ts', 'package-lock.json'];

/** Whether a source of the pages is newer than the build, or there is none. */
async function buildIsOld(): Promise<boolean> {
  const modified = async (file: string) => (await stat(path.join(root, file))).mtimeMs;
  const built = await modified('dist/index.html').catch(() => 0);
  const files = sources.flatMap((source) => globSync([source, `${source}/**`], { cwd: root }));
  return (await Promise.all(files.map(modified))).some((time) => time > built);
}

/** Builds the pages as `npm run build` does, unless they are up to date. */
export async function buildPages(begins: () => void = () => {}): Promise<void> {
  if (!(await buildIsOld())) return;
  begins();
  // In a separate process: a build takes its mode from NODE_ENV, which test runners set.
  const { NODE_ENV: _, ...env } = process.env;
  const vite = path.join(root, 'node_modules/vite/bin/vite.js');
  await promisify(execFile)(process.execPath, [vite, 'build', '--logLevel', 'warn'], { cwd: root, env });
}

/** The pages from their sources through Vite, which reloads them when a source changes. */
export async function viteStandIn(app: App): Promise<StandInFront> {
  const vite = await createVite({
    // Read here: Vite would write a copy of the file, which would make `node --watch` restart.
    ...config,
    configFile: false,
    // Vite's own port is taken beside another Vite.
    server: { middlewareMode: true, hmr: { port: await freePort() } },
    appType: 'custom',
    logLevel: 'warn',
  });
  return {
    html: async (url) => await vite.transformIndexHtml(url, await readFile(path.join(root, 'app/index.html'), 'utf8')),
    files: standIn(app).use(vite.middlewares),
    shopifyHead: headOf(app),
    // The page contains Vite's own scripts, and Vite reports changes over a socket.
    sources: { script: ["'unsafe-inline'"], connect: ['ws:'] },
    close: () => vite.close(),
  };
}
