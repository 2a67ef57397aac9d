// npm run app-store:check: what is still to be filled in before the app can be deployed and
// submitted. Exits with 1 if there is anything.
import { readOptions } from '../../server/options.ts';
import { checkKit } from './check-kit.ts';
import { readKit } from './read-kit.ts';

readOptions('npm run app-store:check', {});
const faults = checkKit(readKit());
process.stdout.write(
  faults.length === 0
    ? 'Nothing is left to fill in.\n'
    : `${faults.map((fault) => `${fault}\n`).join('')}${faults.length} to fill in before a deploy: docs/app-store/README.md\n`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
