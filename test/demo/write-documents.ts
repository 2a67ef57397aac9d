// npm run docs: writes the generated parts of README.md and docs/payload.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { readOptions } from '../../server/options.ts';
import { DOCUMENTS, documentUrl, renew } from './print-samples.ts';

readOptions('npm run docs', {});
for (const [name, print] of Object.entries(DOCUMENTS)) {
  writeFileSync(documentUrl(name), renew(readFileSync(documentUrl(name), 'utf8'), print()));
}
