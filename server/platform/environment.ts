import { createPrivateKey, type KeyObject } from 'node:crypto';
import pg from 'pg';
import { z } from 'zod';
import { codeOf } from './error-code.ts';

/** The kinds of values in the environment, each with its message for a wrong one: the fault, and what to do. */

const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Reads `200ms`, `5s`, `5m`, `2h`, `1d` as milliseconds; undefined for anything else. */
function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  if (!match) return undefined;
  const [, amount, name] = match;
  return Number(amount) * unit[name as keyof typeof unit];
}

const duration = z.string().transform((text, ctx) => {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  ctx.addIssue({ code: 'custom', message: `is not a duration like 200ms, 5s, 5m, 2h or 1d: ${JSON.stringify(text)}` });
  return z.NEVER;
});

/** Node's timers take more than 24 days for 1 ms, and some waits are a multiple of these. */
export const atMost = (days: number) => duration.refine((ms) => ms <= days * unit.d, `is too long: ${days}d at most`);
/** Zero would leave no time to work in, or make us look for work in an endless loop. */
export const someTime = (days: number) => atMost(days).refine((ms) => ms >= 1, 'is too short: 1ms at least');
/** A timer takes less than 25 days, and a wait may be a fifth longer than it says. */
export const LONGEST_DAYS = 20;

export const schedule = z.string().transform((text, ctx) => {
  const waits = text.split(',').map(parseDuration);
  const known = waits.filter((ms) => ms !== undefined);
  if (known.length < waits.length) {
    ctx.addIssue({ code: 'custom', message: `is not a list of durations like 5s,30s,5m: ${JSON.stringify(text)}` });
    return z.NEVER;
  }
  if (known.every((ms) => ms <= LONGEST_DAYS * unit.d)) return known;
  ctx.addIssue({ code: 'custom', message: `has a wait that is too long: ${LONGEST_DAYS}d at most` });
  return z.NEVER;
});

/** A number as people write it: white space alone would count as 0, and `0x10` or `3e3` too. */
const digits = (fault: string) =>
  z
    .string()
    .regex(/^-?[\d.]+$/, fault)
    .transform(Number);
const whole = (min: number, max: number, fault: string) =>
  digits(fault).refine((value) => Number.isInteger(value) && value >= min && value <= max, fault);
export const count = (max: number) =>
  whole(1, max, `is not a whole number from 1 to ${max}: write one in digits, without a unit`);
export const port = whole(0, 65_535, 'is not a port from 0 to 65535: set it to one, such as 3000');
const NO_SHARE = 'is not a number from 0 to 1: for one event in twenty set it to 0.05';
/** A part of the whole. */
export const share = digits(NO_SHARE).refine((part) => part >= 0 && part <= 1, NO_SHARE);
const httpUrl = z.url({
  protocol: /^https?$/,
  message: 'is not an http(s) URL: write it whole, such as https://connector.example',
  abort: true,
});
const withoutSlash = (url: string) => url.replace(/\/+$/, '');
/** Paths are put behind it. */
const httpBase = httpUrl
  .refine((url) => !/[?#]/.test(url), 'has a query or a fragment: leave out what begins with ? or #')
  .transform(withoutSlash);
export const httpOrigin = httpUrl
  .refine(
    (url) => withoutSlash(url).split('/').length === 3 && !/[?#@]/.test(url),
    'is more than an origin: write protocol, host and port alone, such as https://connector.example',
  )
  .transform(withoutSlash);
const BLANK = 'holds nothing but white space: set its value, or leave an optional variable out';
const isQuoted = (text: string) => /^(["']).*\1$/s.test(text);
const QUOTED = 'is in quotes, which would be a part of it: leave them out';
/** White space around it came along when it was copied, and would make every signature wrong. */
export const text = z
  .string({ message: 'is missing: copy it from the app in the Shopify Dev Dashboard' })
  .trim()
  .min(1, BLANK)
  .refine((text) => !isQuoted(text), QUOTED);
/** What is written where nothing was meant: anybody could guess it. */
const NOTHING = /^(none|null|nil|undefined|false|todo|changeme|-+|<.*>)$/i;
/** A value that is secret, or belongs to one. */
export const secret = text
  .refine((text) => !/\s#|^#\s/.test(text), 'has a comment behind #, which would be a part of it: leave it out')
  .refine((text) => !NOTHING.test(text), 'stands for no value: set its value, or leave an optional variable out');
/** Browsers are shown it, and a secret in its place would be everybody's. */
export const clientId = secret.refine(
  (id) => !/^shp[a-z]{2}_/.test(id),
  'is a secret or a token: set it to the client id, which the pages show to everybody',
);
/** What somebody sends us in a header. */
export const headerText = secret.regex(
  /^[ -~]*$/,
  'has a character that a header can’t carry: make one with openssl rand -hex 24',
);

const NO_REDIS = 'is not a redis:// URL: set it to redis://:password@host:6379 (rediss:// with TLS), or leave it out';
/** The driver decodes the password. */
const canBeDecoded = (url: string) => {
  try {
    return decodeURIComponent(url) !== '';
  } catch {
    return false;
  }
};
const isRedis = (url: string) => /^rediss?:\/\//.test(url) && URL.canParse(url) && canBeDecoded(url);
/** It would ask Redis for database NaN, and the process would end after its start. */
const namesDatabase = (url: string) => {
  const { pathname, searchParams } = new URL(url);
  return /^\/?\d*$/.test(pathname) && /^\d*$/.test(searchParams.get('db') ?? '');
};
export const redisUrl = z
  .string()
  .refine(isRedis, { message: NO_REDIS, abort: true })
  .refine(namesDatabase, 'names a database that is no number: leave out what follows the port, or write /0 to /15');

const BAD_MASTER_KEYS =
  'is not a list of id:base64(32 bytes) with ids of their own: make a key with k1:$(openssl rand -base64 32), put commas between several';

export const masterKeys = z
  .string()
  .refine((text) => !isQuoted(text), { message: QUOTED, abort: true })
  .transform((text, ctx) => {
    const keys = text.split(',').map((part) => {
      const [id, base64, ...rest] = part.split(':').map((piece) => piece.trim());
      const bytes = Buffer.from(base64 ?? '', 'base64');
      return id && bytes.length === 32 && rest.length === 0 ? { id, bytes } : null;
    });
    const known = keys.filter((key) => key !== null);
    if (known.length === keys.length && new Set(known.map((key) => key.id)).size === known.length) return known;
    ctx.addIssue({ code: 'custom', message: BAD_MASTER_KEYS });
    return z.NEVER;
  });

const PEM = /-----BEGIN (?:RSA )?PRIVATE KEY-----[\s\S]+?-----END (?:RSA )?PRIVATE KEY-----/g;
const BAD_KEY =
  'is not a private RSA key of 2048 bits or more in PEM form (several: one after the other): put in the whole file, from its BEGIN line to its END line';

/** One or more keys; `\n` may stand for a line's end, as many places take one line only. */
export const privateKeys = z.string().transform((text, ctx) => {
  try {
    const keys = (text.replaceAll('\\n', '\n').match(PEM) ?? []).map((pem) => createPrivateKey(pem));
    const isFine = (key: KeyObject) =>
      key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
    if (keys.length > 0 && keys.every(isFine)) return keys;
  } catch {
    // Said below.
  }
  ctx.addIssue({ code: 'custom', message: BAD_KEY });
  return z.NEVER;
});

/** The value that asks for the embedded database. */
export const EMBEDDED = 'embedded';

export const databaseUrl = z
  .string()
  .regex(/^(embedded$|postgres(ql)?:\/\/)/, {
    message: 'is not a postgresql:// URL, nor "embedded": set it to postgresql://user:password@host:5432/database',
    abort: true,
  })
  .superRefine((url, ctx) => {
    const message = url === EMBEDDED ? null : faultOfServer(url);
    if (message !== null) ctx.addIssue({ code: 'custom', message, input: url, continue: false });
  })
  // Prisma's way to say where the tables are: two installations in one database would share theirs.
  .refine((url) => !/[?&]schema=(?!public(&|$))/.test(url), {
    message:
      'has schema=, which the driver ignores: leave it out; for tables elsewhere than in public, set the search_path of its user',
    abort: true,
  })
  .transform((url) => (url === EMBEDDED ? undefined : url));

/** What the driver reads in a URL of a server. */
export const serverOf = (url: string) => new pg.Client({ connectionString: url });

function faultOfServer(url: string): string | null {
  try {
    // Waiting for a port that is no number, it would never end.
    if (Number.isInteger(serverOf(url).port)) return null;
  } catch (error) {
    if (error instanceof Error && !(error instanceof URIError) && codeOf(error) !== 'ERR_INVALID_URL')
      return `can’t be used: ${error.message}. Correct it`;
  }
  return 'is not a URL: write special characters as %XX, such as those of the password, and the port in digits';
}

/** Written otherwise, production would start as development does: with an empty database and a new key. */
export const nodeEnv = z
  .string()
  .refine(
    (name) => name === 'production' || !/^["']?prod/i.test(name),
    'is not known: set it to production, in small letters, or leave it out',
  )
  .optional();

/** Many machines have their own name in HOST: only a URL there is ours. */
export const hostOrigin = z.preprocess(
  (host) => (typeof host === 'string' && /^https?:/i.test(host) ? host : undefined),
  httpOrigin.optional(),
);

/** Pasted whole, every record would go to an address that isn't there; to `http:`, for anybody to read. */
export const ascent360Base = httpBase
  .refine(
    (url) => !/\/V1\/Data(\/|$)/i.test(url),
    'holds what the app puts behind it: leave out /V1/Data and what follows; each merchant enters their own GUID',
  )
  .refine(
    (url) => !/^\w+:\/\/[^/]*@/.test(url),
    'has a user or password, which is not sent: leave out what stands before @',
  )
  .refine(
    (url) => !/^http:\/\/([^/]+\.)?ascent360\.com(:|\/|$)/i.test(url),
    'would send the GUID and everybody’s data unencrypted: write https://',
  );

/** Pasted whole, no span would arrive, and the log wouldn't say why. */
export const collector = httpBase.refine(
  (url) => !/\/v1\/traces$/.test(url),
  'holds what the app puts behind it: leave out /v1/traces',
);
