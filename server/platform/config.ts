import path from 'node:path';
import { z } from 'zod';
import {
  ascent360Base,
  atMost,
  clientId,
  collector,
  count,
  databaseUrl,
  EMBEDDED,
  headerText,
  hostOrigin,
  httpOrigin,
  LONGEST_DAYS,
  masterKeys,
  nodeEnv,
  port,
  privateKeys,
  redisUrl,
  schedule,
  secret,
  serverOf,
  share,
  someTime,
  text,
} from './environment.ts';

/**
 * In production the embedded database must be requested: if the variable is missing by mistake, we
 * would start an empty one.
 */
const faultOfDatabase = ({ NODE_ENV, DATABASE_URL }: Present) =>
  NODE_ENV === 'production' && !DATABASE_URL
    ? [
        'DATABASE_URL is missing: when NODE_ENV=production set it to postgresql://…, or to "embedded" for the embedded database in DATA_DIR',
      ]
    : [];

const whichDatabase = z.object({
  NODE_ENV: nodeEnv,
  DATABASE_URL: databaseUrl.optional(),
  DATA_DIR: text.default('.data'),
});

type Present = Partial<Record<string, string>>;

/**
 * An empty variable counts as missing. White space around a value was copied along with it; alone, it
 * is a mistake, which the variable's own check names.
 */
const presentIn = (env: Record<string, string | undefined>): Present =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value ? [[name, value.trim() || value]] : [])));

/**
 * @param faults those that no variable has by itself
 * @throws ConfigError
 */
function checked<T>(schema: z.ZodType<T>, present: Present, faults: readonly string[]): T {
  const parsed = schema.safeParse(present);
  const issues = parsed.error?.issues ?? [];
  const all = [...issues.map(({ path, message }) => `${path.join('.')} ${message}`), ...faults];
  if (!parsed.success || all.length > 0) throw new ConfigError(all.join('\n'));
  return parsed.data;
}

/**
 * The only settings that applying migrations needs: it often runs where the app's secrets aren't
 * available.
 * @returns `name`: for people, without the password
 * @throws ConfigError
 */
export function readDatabaseConfig(env: Record<string, string | undefined>) {
  const present = presentIn(env);
  const { DATABASE_URL, DATA_DIR } = checked(whichDatabase, present, faultOfDatabase(present));
  const dataDir = path.resolve(DATA_DIR);
  return { databaseUrl: DATABASE_URL, dataDir, name: nameOf(DATABASE_URL, dataDir) };
}

function nameOf(url: string | undefined, dataDir: string): string {
  if (url === undefined) return `the embedded database in ${dataDir}`;
  const { database, host, port } = serverOf(url);
  return `database ${database} on ${host}:${port}`;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const environment = z.object({
  PORT: port.default(3000),
  APP_URL: httpOrigin.optional(),
  HOST: hostOrigin,
  SHOPIFY_API_KEY: clientId,
  SHOPIFY_API_SECRET: secret,
  SHOPIFY_API_SECRET_PREVIOUS: secret.optional(),
  SHOPIFY_APP_PRIVATE_KEY: privateKeys.optional(),
  ...whichDatabase.shape,
  REDIS_URL: redisUrl.optional(),
  ROLE: z
    .enum(['all', 'web', 'worker'], { message: 'is not all, web or worker: set it to one of them' })
    .default('all'),
  ENCRYPTION_KEYS: masterKeys.optional(),
  ASCENT360_BASE_URL: ascent360Base.default('https://webhook.ascent360.com'),
  SHOPIFY_ADMIN_ORIGIN: httpOrigin.optional(),
  RETRY_SCHEDULE: schedule.prefault('5s,30s,5m,30m,2h,5h,10h,14h,20h,24h'),
  DELIVERY_TIMEOUT: someTime(1).prefault('15s'),
  DELIVERY_CONCURRENCY: count(1000).default(50),
  DELIVERY_CONCURRENCY_PER_SHOP: count(1000).default(5),
  LEASE: someTime(1).prefault('60s'),
  SWEEP_INTERVAL: someTime(1).prefault('5s'),
  READ_WAIT: atMost(LONGEST_DAYS).prefault('60s'),
  BREAKER_WINDOW: someTime(LONGEST_DAYS).prefault('5m'),
  BREAKER_PROBE: someTime(LONGEST_DAYS).prefault('30s'),
  CONNECTION_PROBE: someTime(LONGEST_DAYS).prefault('15m'),
  RETENTION_DAYS: count(3650).default(30),
  METRICS_TOKEN: headerText.optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: collector.optional(),
  OTEL_SERVICE_NAME: text.default('ascent360-connector'),
  OTEL_TRACES_SAMPLER_ARG: share.default(1),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, { message: `is not a log level: set it to one of ${LOG_LEVELS.join(', ')}` })
    .default('info'),
});

export type MasterKey = { id: string; bytes: Buffer };

/**
 * The longest an attempt may take, as a share of its lease: it must be recorded before the lease
 * runs out.
 */
const ATTEMPT_PART_OF_LEASE = 0.8;

/** The environment, read once and checked. Durations in milliseconds. */
export type Config = ReturnType<typeof readConfig>;

/** Thrown by readConfig: one line per fault. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** Faults of several variables together, or of one that production needs. */
function faultsTogether(present: Present): string[] {
  const faults: string[] = [];
  const production = present['NODE_ENV'] === 'production';
  if (production && present['SHOPIFY_ADMIN_ORIGIN']) {
    faults.push('SHOPIFY_ADMIN_ORIGIN is for development and tests: remove it when NODE_ENV=production');
  }
  if (production && !present['ENCRYPTION_KEYS']) {
    faults.push(
      'ENCRYPTION_KEYS is missing: when NODE_ENV=production set it to id:base64(32 bytes), e.g. k1:$(openssl rand -base64 32)',
    );
  }
  for (const name of production ? ['SHOPIFY_API_SECRET', 'SHOPIFY_API_SECRET_PREVIOUS'] : []) {
    if (present[name] !== undefined && present[name] === present['SHOPIFY_API_KEY']) {
      faults.push(`${name} is the client id, with which anybody could sign: set it to the secret`);
    }
  }
  faults.push(...faultOfDatabase(present));
  if ([undefined, EMBEDDED].includes(present['DATABASE_URL']) && /^(web|worker)$/.test(present['ROLE'] ?? '')) {
    faults.push('ROLE must be all without a DATABASE_URL of a server: the embedded database belongs to one process');
  }
  return faults;
}

/**
 * Reads and checks the environment.
 * @throws ConfigError naming every wrong or missing variable, one line each.
 */
export function readConfig(env: Record<string, string | undefined>) {
  const present = presentIn(env);
  const e = checked(environment, present, faultsTogether(present));
  return {
    production: e.NODE_ENV === 'production',
    port: e.PORT,
    appUrl: e.APP_URL ?? e.HOST ?? `http://localhost:${e.PORT}`,
    shopifyApiKey: e.SHOPIFY_API_KEY,
    shopifySecrets: [e.SHOPIFY_API_SECRET, e.SHOPIFY_API_SECRET_PREVIOUS].filter((s) => s !== undefined),
    shopifyPrivateKeys: e.SHOPIFY_APP_PRIVATE_KEY ?? [],
    databaseUrl: e.DATABASE_URL,
    dataDir: path.resolve(e.DATA_DIR),
    redisUrl: e.REDIS_URL,
    role: e.ROLE,
    encryptionKeys: e.ENCRYPTION_KEYS,
    ascent360BaseUrl: e.ASCENT360_BASE_URL,
    shopifyAdminOrigin: e.SHOPIFY_ADMIN_ORIGIN,
    retrySchedule: e.RETRY_SCHEDULE,
    deliveryTimeout: Math.min(e.DELIVERY_TIMEOUT, e.LEASE * ATTEMPT_PART_OF_LEASE),
    deliveryConcurrency: e.DELIVERY_CONCURRENCY,
    deliveryConcurrencyPerShop: e.DELIVERY_CONCURRENCY_PER_SHOP,
    lease: e.LEASE,
    sweepInterval: e.SWEEP_INTERVAL,
    readWait: e.READ_WAIT,
    breakerWindow: e.BREAKER_WINDOW,
    breakerProbe: e.BREAKER_PROBE,
    connectionProbe: e.CONNECTION_PROBE,
    retentionDays: e.RETENTION_DAYS,
    metricsToken: e.METRICS_TOKEN,
    /** Where traces go, of which share of the events; null: nowhere. */
    traces: e.OTEL_EXPORTER_OTLP_ENDPOINT
      ? { endpoint: e.OTEL_EXPORTER_OTLP_ENDPOINT, service: e.OTEL_SERVICE_NAME, share: e.OTEL_TRACES_SAMPLER_ARG }
      : null,
    logLevel: e.LOG_LEVEL,
  };
}
