import { readFileSync } from 'node:fs';
import path from 'node:path';

const file = path.join(import.meta.dirname, '../../package.json');
const { scripts }: { scripts: { start: string } } = JSON.parse(readFileSync(file, 'utf8'));
const words = scripts.start.split(' ');
const node = words.indexOf('node');

/** What `npm start` puts into the environment. */
export const startEnv = Object.fromEntries(
  words.slice(0, node).flatMap((word) => (word.includes('=') ? [word.split('=', 2)] : [])),
);
/** What it gives to `node`. */
export const startArguments = words.slice(node + 1);
/** Those that are options of Node. */
export const nodeFlags = startArguments.filter((word) => word.startsWith('--'));
