import { pino } from 'pino';

/**
 * Structured logging: ids, counts, codes and times only. Never pass it personal data or a secret.
 */
export type Log = Pick<ReturnType<typeof pino>, 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;

/**
 * Logs errors by name, code and stack. Messages of database errors may quote values, so they are
 * left out.
 */
function describe(error: unknown): object {
  if (!(error instanceof Error)) return { name: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const frames = error.stack
    ?.split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .join('\n');
  return { name: error.name, code, stack: frames };
}

const SECRETS: ReadonlySet<string> = new Set(['guid', 'token', 'secret', 'authorization']);

/**
 * Hides values whose name is that of a secret, in the line and in nested objects. pino's own
 * redaction took longer than the line.
 */
export function withoutSecrets(line: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const name of Object.keys(line)) {
    const value = line[name];
    const isPlain = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
    kept[name] = SECRETS.has(name) ? '[Redacted]' : isPlain ? withoutSecrets({ ...value }) : value;
  }
  return kept;
}

const FLUSH_EVERY_MS = 200;
/** A write of a few lines costs as much as making them. In bytes. */
const FLUSH_FROM = 12 * 1024;

export function createLog(level: string): Log {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: describe },
    formatters: { log: withoutSecrets },
  };
  // Lines are written in groups, at the latest after this time and when the process ends.
  return pino(options, pino.destination({ sync: false, minLength: FLUSH_FROM, periodicFlush: FLUSH_EVERY_MS }));
}
