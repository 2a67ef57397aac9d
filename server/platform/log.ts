import { type DestinationStream, type LoggerOptions, pino } from 'pino';
import { isOutage } from './database/outage.ts';
import { codeOf, textIn } from './error-code.ts';

/**
 * Structured logging: ids, counts, codes and times only. Never pass it personal data or a secret.
 */
export type Log = Pick<ReturnType<typeof pino>, 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;

/** Redis has no codes: its refusals begin with a word in capitals instead. */
const wordOf = ({ name, message }: Error) => (name === 'ReplyError' ? /^[A-Z]+\b/.exec(message)?.[0] : undefined);

/**
 * Logs errors by name, code, `why` (a word of ours) and stack. Messages of database errors may quote
 * values, so they are left out, and cut off the stack: a line of one may look like a frame.
 */
export function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { name: typeof error };
  const { message, stack = '' } = error;
  const at = stack.indexOf(message);
  const frames = (at === -1 ? '' : stack.slice(at + message.length))
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .join('\n');
  return { name: error.name, code: textIn(error, 'code') ?? wordOf(error), why: textIn(error, 'why'), stack: frames };
}

const SECRETS: ReadonlySet<string> = new Set(['guid', 'token', 'secret', 'authorization']);

/**
 * Hides the values that are named like a secret, in the line and in nested objects. pino's own
 * redaction took longer than writing the line.
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

/** While something is away, one line of a kind in this time, in milliseconds. */
const SAME_OUTAGE_EVERY_MS = 60_000;
const WARN = pino.levels.values['warn'] ?? 0;
/** How many kinds to remember at most. */
const MOST_KINDS = 1000;

/**
 * While the database or another server is away, everything that needs it fails again and again: the
 * first failure of a kind (stage, shop and code) is logged, then one a minute, with how many were
 * left out since.
 * @returns the line to log; null: none now
 */
export function sparingly(now: () => number): (line: Record<string, unknown>) => Record<string, unknown> | null {
  const kinds = new Map<string, { at: number; leftOut: number }>();
  return (line) => {
    const { stage, shop, err } = line;
    if (!isOutage(err)) return line;
    const kind = `${stage} ${shop} ${codeOf(err)}`;
    const last = kinds.get(kind);
    if (last && now() - last.at < SAME_OUTAGE_EVERY_MS) {
      last.leftOut++;
      return null;
    }
    if (kinds.size >= MOST_KINDS) kinds.clear();
    kinds.set(kind, { at: now(), leftOut: 0 });
    return last && last.leftOut > 0 ? { ...line, leftOut: last.leftOut } : line;
  };
}

const FLUSH_EVERY_MS = 200;
/** A write of a few lines costs as much as making them. In bytes. */
const FLUSH_FROM = 12 * 1024;

/** Lines are written in groups, at the latest after a while and when the process ends. */
const toOutput = () => pino.destination({ sync: false, minLength: FLUSH_FROM, periodicFlush: FLUSH_EVERY_MS });
const nowhere: DestinationStream = { write: () => {} };

export function createLog(level: string, to: DestinationStream = level === 'silent' ? nowhere : toOutput()): Log {
  const spared = sparingly(() => performance.now());
  const options: LoggerOptions = {
    level,
    hooks: {
      logMethod(args, method, level) {
        const [line, ...message] = args;
        const isFailure = level >= WARN && typeof line === 'object' && line !== null;
        const kept: unknown = isFailure ? spared({ ...line }) : line;
        if (kept !== null) method.apply(this, [kept, ...message]);
      },
    },
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    // Under this key pino would take an error's message for that of its line.
    errorKey: 'thrown',
    serializers: { err: describeError },
    formatters: { log: withoutSecrets },
  };
  return pino(options, to);
}
