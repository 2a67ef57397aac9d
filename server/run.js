// Runs a TypeScript entry point, which needs a newer Node than the one that may be on the machine: this file is what any
// Node can read. Usage: node server/run.js <file.ts> [arguments]
import module from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [major = 0] = process.versions.node.split('.').map(Number);
const [entry, ...rest] = process.argv.slice(2);
if (major < 22) {
  process.stderr.write(
    `Node ${process.versions.node} is too old. Run it through npm ("npm start", "npm run demo"): npm brings Node 24 along.\n`,
  );
  process.exit(1);
}
if (!entry) {
  process.stderr.write('Usage: node server/run.js <file.ts> [arguments]\n');
  process.exit(1);
}

// Keeps what was compiled for the next start, in the temporary folder: a start costs a third less processor time.
module.enableCompileCache();

// npm may be killed, and a shell between that isn't replaced (exec) dies of SIGTERM and passes nothing on: whoever stops
// npm means this process.
if (process.env.npm_lifecycle_event !== undefined) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 200);
  watch.unref();
}
process.argv.splice(1, 2 + rest.length, entry, ...rest);
await import(pathToFileURL(path.resolve(entry)).href);
