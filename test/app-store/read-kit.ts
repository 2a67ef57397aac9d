import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'smol-toml';
import { type Kit, pngSize } from './check-kit.ts';

const root = path.join(import.meta.dirname, '../..');
export const folder = path.join(root, 'docs/app-store');
const toml = (...parts: string[]) => parse(readFileSync(path.join(root, ...parts), 'utf8'));

/** The kit as it is in the repository. */
export function readKit(): Kit {
  return {
    settings: toml('docs/app-store/settings.toml'),
    app: toml('shopify.app.toml'),
    listing: toml('docs/app-store/listing.toml'),
    screenshot: (file) => {
      const place = path.join(folder, 'screenshots', `${file}.png`);
      return existsSync(place) ? pngSize(readFileSync(place)) : null;
    },
  };
}
