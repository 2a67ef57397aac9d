import { readOptions } from './options.ts';
import { ConfigError, readConfig } from './platform/config.ts';
import { explainConnection } from './platform/explain-connection.ts';
import { createLog } from './platform/log.ts';
import type { Running } from './start.ts';

/** How long a stop may take before the process exits anyway, in milliseconds. */
const STOP_WITHIN = 9_500;

function refuse(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

readOptions('npm start (environment variables say all: README.md)', {});

try {
  const config = readConfig(process.env);
  const log = createLog(config.logLevel);
  let running: Running | null = null;
  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    // Nothing is under way yet.
    if (!running) process.exit(0);
    setTimeout(() => process.exit(1), STOP_WITHIN).unref();
    running.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'did not stop cleanly');
        process.exit(1);
      },
    );
  };
  // Before all that takes time: process 1 of a container has no other way to end.
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  const { start } = await import('./start.ts');
  running = await start(config, log);
} catch (error) {
  if (error instanceof ConfigError) refuse(`Fix these environment variables:\n${error.message}`);
  refuse(explainConnection('DATABASE_URL', error) ?? (error instanceof Error ? error.message : 'Could not start'));
}
