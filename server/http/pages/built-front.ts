import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { RequestHandler } from 'express';
import { SHOPIFY_CDN } from './content-security.ts';
import type { Front } from './front.ts';

const types: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** File names contain a hash of the content, so a file never changes. */
const FOR_EVER = 'public, max-age=31536000, immutable';

type Encoding = 'br' | 'gzip' | 'identity';
const encodings = ['br', 'gzip'] as const satisfies Encoding[];
type Asset = { type: string; bytes(encoding: Encoding): Promise<Buffer> };

const pack: Record<Encoding, (bytes: Buffer) => Promise<Buffer>> = {
  br: async (bytes) => await promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } }),
  gzip: promisify(gzip),
  identity: async (bytes) => bytes,
};

/** Compressed when first asked for: a process that only receives webhooks, or a worker, needs none. */
function assetOf(name: string, identity: Buffer): Asset {
  const packed = new Map<Encoding, Promise<Buffer>>();
  return {
    type: types[path.extname(name)] ?? 'application/octet-stream',
    bytes: async (encoding) => {
      const known = packed.get(encoding) ?? pack[encoding](identity);
      packed.set(encoding, known);
      return await known;
    },
  };
}

/**
 * Every file of the build by name, kept in memory: about a megabyte, and no request path reaches the
 * disk.
 */
async function readAssets(directory: string): Promise<Map<string, Asset>> {
  const names = await readdir(directory).catch(() => []);
  const read = async (name: string) => [name, assetOf(name, await readFile(path.join(directory, name)))] as const;
  return new Map(await Promise.all(names.map(read)));
}

/** The pages that `npm run build` left in `directory`. A later build needs a restart. */
export async function builtFront(directory: string): Promise<Front & { built: boolean }> {
  const html = await readFile(path.join(directory, 'index.html'), 'utf8').catch(() => null);
  const assets = html === null ? new Map<string, Asset>() : await readAssets(path.join(directory, 'assets'));
  const files: RequestHandler = async (req, res, next) => {
    const name = /^\/assets\/([\w.-]+)$/.exec(req.path)?.[1];
    const asset = name === undefined ? undefined : assets.get(name);
    if (!asset || (req.method !== 'GET' && req.method !== 'HEAD')) {
      next();
      return;
    }
    const chosen = encodings.find((encoding) => req.acceptsEncodings(encoding)) ?? 'identity';
    res.set({ 'Content-Type': asset.type, 'Cache-Control': FOR_EVER, Vary: 'Accept-Encoding' });
    if (chosen !== 'identity') res.set('Content-Encoding', chosen);
    res.end(await asset.bytes(chosen));
  };
  return {
    built: html !== null,
    html: async () => html,
    files,
    shopifyHead:
      `<script src="${SHOPIFY_CDN}/shopifycloud/app-bridge.js"></script>` +
      `<link rel="stylesheet" href="${SHOPIFY_CDN}/static/fonts/inter/v4/styles.css">`,
  };
}
