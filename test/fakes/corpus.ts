import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { leftOut } from './left-out.ts';

type CorpusBody = { folder: string; file: string; text: string };

/**
 * Public sample and captured webhook bodies, one folder per topic. They are kept next to the clone,
 * because they aren't part of the project.
 */
export function readCorpus(): CorpusBody[] {
  const place = process.env['CORPUS_DIR'] ?? path.join(import.meta.dirname, '../../../shared/corpus/payloads');
  if (!existsSync(place)) {
    leftOut('those of public webhook bodies', `put them at ${place}, or name their folder in CORPUS_DIR`);
    return [];
  }
  const folders = readdirSync(place, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.flatMap(({ name: folder }) =>
    readdirSync(path.join(place, folder)).map((file) => ({
      folder,
      file,
      text: readFileSync(path.join(place, folder, file), 'utf8'),
    })),
  );
}
