// npm run dev: the demo, in a shop with a month of history, started anew whenever its code changes.
import { readOptions } from '../../server/options.ts';

readOptions('npm run dev', {});
// Node's watcher would stay after a refused option, so it takes this process's place only now.
process.execve?.(
  process.execPath,
  [process.execPath, '--watch', 'server/run.js', 'test/demo/demo.ts', '--dev'],
  process.env,
);
