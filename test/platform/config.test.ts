import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { readConfig, readDatabaseConfig } from '../../server/platform/config.ts';

const needed = { SHOPIFY_API_KEY: 'key', SHOPIFY_API_SECRET: 'secret' };

function faultsOf(env: Record<string, string>): string[] {
  try {
    readConfig({ ...needed, ...env });
    return [];
  } catch (error) {
    return error instanceof Error ? error.message.split('\n') : [String(error)];
  }
}

const KEY = Buffer.alloc(32, 1).toString('base64');
const OTHER_KEY = Buffer.alloc(32, 2).toString('base64');
const BLANK = 'holds nothing but white space: set its value, or leave an optional variable out';
const NO_REDIS = 'is not a redis:// URL: set it to redis://:password@host:6379 (rediss:// with TLS), or leave it out';
const NO_REDIS_NUMBER = 'names a database that is no number: leave out what follows the port, or write /0 to /15';
const NO_URL = 'is not an http(s) URL: write it whole, such as https://connector.example';
const NO_ORIGIN = 'is more than an origin: write protocol, host and port alone, such as https://connector.example';
const QUOTED = 'is in quotes, which would be a part of it: leave them out';
const NO_SHARE = 'is not a number from 0 to 1: for one event in twenty set it to 0.05';

it.each([
  ['PORT', 'web', 'is not a port from 0 to 65535: set it to one, such as 3000'],
  ['PORT', '70000', 'is not a port from 0 to 65535: set it to one, such as 3000'],
  ['PORT', '80.5', 'is not a port from 0 to 65535: set it to one, such as 3000'],
  ['PORT', ' ', 'is not a port from 0 to 65535: set it to one, such as 3000'],
  ['PORT', '0x10', 'is not a port from 0 to 65535: set it to one, such as 3000'],
  ['PORT', '3e3', 'is not a port from 0 to 65535: set it to one, such as 3000'],
  ...[' ', '3e1', 'many', '30d', '0', '1.5', '1.2.3', '3651'].map((value) => [
    'RETENTION_DAYS',
    value,
    'is not a whole number from 1 to 3650: write one in digits, without a unit',
  ]),
  ['DELIVERY_CONCURRENCY', '1001', 'is not a whole number from 1 to 1000: write one in digits, without a unit'],
  ['SWEEP_INTERVAL', '5', 'is not a duration like 200ms, 5s, 5m, 2h or 1d: "5"'],
  ...['about 5s', '5sec', '.5s', '5.s', '1..5s', '1,5s', '-5s', 's'].map((value) => [
    'SWEEP_INTERVAL',
    value,
    `is not a duration like 200ms, 5s, 5m, 2h or 1d: "${value}"`,
  ]),
  ['SWEEP_INTERVAL', '0s', 'is too short: 1ms at least'],
  ['LEASE', '0ms', 'is too short: 1ms at least'],
  ['SWEEP_INTERVAL', '2d', 'is too long: 1d at most'],
  ['DELIVERY_TIMEOUT', '0s', 'is too short: 1ms at least'],
  ['CONNECTION_PROBE', '0s', 'is too short: 1ms at least'],
  ['BREAKER_PROBE', '0ms', 'is too short: 1ms at least'],
  ['BREAKER_WINDOW', '0s', 'is too short: 1ms at least'],
  ['CONNECTION_PROBE', '100000000d', 'is too long: 20d at most'],
  ['READ_WAIT', '99999999999d', 'is too long: 20d at most'],
  ['RETRY_SCHEDULE', '5s,99999999999d', 'has a wait that is too long: 20d at most'],
  ['SHOPIFY_API_SECRET', ' ', BLANK],
  ['METRICS_TOKEN', '\t', BLANK],
  ['RETRY_SCHEDULE', '5s,,5m', 'is not a list of durations like 5s,30s,5m: "5s,,5m"'],
  ['ROLE', 'boss', 'is not all, web or worker: set it to one of them'],
  ...[
    'k1:c2hvcnQ=',
    'k1',
    `:${KEY}`,
    KEY,
    `k1:${KEY}:k2`,
    `k1:${KEY},`,
    `k1:${KEY},k2`,
    `k1:${KEY},k1:${OTHER_KEY}`,
  ].map((value) => [
    'ENCRYPTION_KEYS',
    value,
    'is not a list of id:base64(32 bytes) with ids of their own: make a key with k1:$(openssl rand -base64 32), put commas between several',
  ]),
  ['LEASE', '5\ns', 'is not a duration like 200ms, 5s, 5m, 2h or 1d: "5\\ns"'],
  ['APP_URL', 'connector.example', NO_URL],
  ...['ftp', 'shttps', 'httpsx'].map((protocol) => ['APP_URL', `${protocol}://connector.example`, NO_URL]),
  ['APP_URL', 'https://connector.example/app', NO_ORIGIN],
  ['APP_URL', 'https://connector.example#app', NO_ORIGIN],
  ['APP_URL', 'https://connector.example?shop=1', NO_ORIGIN],
  ['APP_URL', 'https://me:secret@connector.example', NO_ORIGIN],
  ['HOST', 'https://connector.example/app', NO_ORIGIN],
  ['HOST', 'https://', NO_URL],
  ['SHOPIFY_ADMIN_ORIGIN', 'http://localhost:4000/admin', NO_ORIGIN],
  ...['http://localhost:4000?a=1', 'http://localhost:4000#a'].map((url) => [
    'ASCENT360_BASE_URL',
    url,
    'has a query or a fragment: leave out what begins with ? or #',
  ]),
  [
    'ASCENT360_BASE_URL',
    'https://webhook.ascent360.com/V1/Data/',
    'holds what the app puts behind it: leave out /V1/Data and what follows; each merchant enters their own GUID',
  ],
  [
    'ASCENT360_BASE_URL',
    'https://webhook.ascent360.com/v1/Data/5f0c2a44-0000-4000-8000-000000000000',
    'holds what the app puts behind it: leave out /V1/Data and what follows; each merchant enters their own GUID',
  ],
  [
    'ASCENT360_BASE_URL',
    'https://me:secret@relay.example/to',
    'has a user or password, which is not sent: leave out what stands before @',
  ],
  ...['http://webhook.ascent360.com', 'HTTP://Ascent360.com', 'http://webhook.ascent360.com:80/relay'].map((url) => [
    'ASCENT360_BASE_URL',
    url,
    'would send the GUID and everybody’s data unencrypted: write https://',
  ]),
  ['LOG_LEVEL', 'loud', 'is not a log level: set it to one of fatal, error, warn, info, debug, trace, silent'],
  ['REDIS_URL', 'cache:6379', NO_REDIS],
  ['REDIS_URL', 'redis:cache:6379', NO_REDIS],
  ['REDIS_URL', 'redis:/cache', NO_REDIS],
  ['REDIS_URL', 'http://redis://cache', NO_REDIS],
  ['REDIS_URL', 'redis://:p%4@cache', NO_REDIS],
  ['REDIS_URL', 'redis://[bad', NO_REDIS],
  ['REDIS_URL', 'redis://:pass/word@cache', NO_REDIS],
  ['REDIS_URL', 'redis://:p%zz@cache', NO_REDIS],
  ['REDIS_URL', 'redis://:p%ff@cache', NO_REDIS],
  ...['redis://cache/shops', 'redis://cache/0/1', 'redis://cache?db=shops'].map((url) => [
    'REDIS_URL',
    url,
    NO_REDIS_NUMBER,
  ]),
  ...['mysql://db', 'jdbc:postgresql://db/name', 'postgresql:/db/name', 'embedded database'].map((url) => [
    'DATABASE_URL',
    url,
    'is not a postgresql:// URL, nor "embedded": set it to postgresql://user:password@host:5432/database',
  ]),
  ...[
    'postgresql://me:pa#ss@host:5432/db',
    'postgresql://me:p/w@host/db',
    'postgresql://me@host:port/db',
    'postgresql://me@host/db?port=port',
    'postgresql://me@host/d%',
    'postgresql://me@host/d%ff',
    'postgresql://me:p%ff@host/db',
    'postgresql://h%ff/db',
  ].map((url) => [
    'DATABASE_URL',
    url,
    'is not a URL: write special characters as %XX, such as those of the password, and the port in digits',
  ]),
  [
    'DATABASE_URL',
    'postgresql://host/db?sslrootcert=/no/such.pem',
    "can’t be used: ENOENT: no such file or directory, open '/no/such.pem'. Correct it",
  ],
  ...['postgresql://db/name?schema=app', 'postgresql://db/name?sslmode=require&schema=app'].map((url) => [
    'DATABASE_URL',
    url,
    'has schema=, which the driver ignores: leave it out; for tables elsewhere than in public, set the search_path of its user',
  ]),
  ...['prod', 'Production', 'PRODUCTION', '"production"', "'production'"].map((value) => [
    'NODE_ENV',
    value,
    'is not known: set it to production, in small letters, or leave it out',
  ]),
  ['SHOPIFY_API_KEY', "'key'", QUOTED],
  ...['shpss_0123', 'shpat_0123'].map((value) => [
    'SHOPIFY_API_KEY',
    value,
    'is a secret or a token: set it to the client id, which the pages show to everybody',
  ]),
  ...[
    ['SHOPIFY_API_KEY', 'key # client id'],
    ['SHOPIFY_API_SECRET', 'secret\t#its secret'],
    ['SHOPIFY_API_SECRET_PREVIOUS', '# the one before'],
    ['METRICS_TOKEN', '# openssl rand -hex 24; without it there is no /metrics'],
  ].map((set) => [...set, 'has a comment behind #, which would be a part of it: leave it out']),
  ...['none', 'NULL', 'nil', 'undefined', 'false', 'changeme', 'TODO', '-', '--', '<old secret>', '<nil>']
    .flatMap((value) => [
      ['SHOPIFY_API_SECRET_PREVIOUS', value],
      ['METRICS_TOKEN', value],
    ])
    .map((set) => [...set, 'stands for no value: set its value, or leave an optional variable out']),
  ['SHOPIFY_API_SECRET', '"secret"', QUOTED],
  ['METRICS_TOKEN', '"token"', QUOTED],
  ['METRICS_TOKEN', '""', QUOTED],
  ['METRICS_TOKEN', 'schlüssel', 'has a character that a header can’t carry: make one with openssl rand -hex 24'],
  ['ENCRYPTION_KEYS', `"k1:${Buffer.alloc(32).toString('base64')}"`, QUOTED],
  ['DATA_DIR', '"/data"', QUOTED],
  ['OTEL_SERVICE_NAME', "'connector'", QUOTED],
  ['OTEL_SERVICE_NAME', ' ', BLANK],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318', NO_URL],
  [
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'http://collector:4318/v1/traces',
    'holds what the app puts behind it: leave out /v1/traces',
  ],
  ['OTEL_TRACES_SAMPLER_ARG', '10%', NO_SHARE],
  ['OTEL_TRACES_SAMPLER_ARG', '1.5', NO_SHARE],
  ['OTEL_TRACES_SAMPLER_ARG', '\t', NO_SHARE],
  [
    'SHOPIFY_APP_PRIVATE_KEY',
    'MIIE',
    'is not a private RSA key of 2048 bits or more in PEM form (several: one after the other): put in the whole file, from its BEGIN line to its END line',
  ],
])('%s=%s stops the start with one line: its name, what is wrong and what to do', (name, value, fault) => {
  expect(faultsOf({ [name]: value })).toEqual([`${name} ${fault}`]);
});

it('what is left out has the default that the README names', () => {
  const [second, minute, hour] = [1000, 60_000, 3_600_000];
  expect(readConfig(needed)).toEqual({
    production: false,
    port: 3000,
    appUrl: 'http://localhost:3000',
    shopifyApiKey: 'key',
    shopifySecrets: ['secret'],
    shopifyPrivateKeys: [],
    databaseUrl: undefined,
    dataDir: path.resolve('.data'),
    redisUrl: undefined,
    role: 'all',
    encryptionKeys: undefined,
    ascent360BaseUrl: 'https://webhook.ascent360.com',
    shopifyAdminOrigin: undefined,
    retrySchedule: [
      ...[5 * second, 30 * second, 5 * minute, 30 * minute],
      ...[2, 5, 10, 14, 20, 24].map((hours) => hours * hour),
    ],
    deliveryTimeout: 15 * second,
    deliveryConcurrency: 50,
    deliveryConcurrencyPerShop: 5,
    lease: minute,
    sweepInterval: 5 * second,
    readWait: minute,
    breakerWindow: 5 * minute,
    breakerProbe: 30 * second,
    connectionProbe: 15 * minute,
    retentionDays: 30,
    metricsToken: undefined,
    traces: null,
    logLevel: 'info',
  });
});

it('each variable sets what it is named for', () => {
  const set = readConfig({
    ...{ PORT: '3001', APP_URL: 'https://a.example', HOST: 'https://b.example', SHOPIFY_API_KEY: 'key' },
    ...{ SHOPIFY_API_SECRET: 'new', SHOPIFY_API_SECRET_PREVIOUS: 'old', DATABASE_URL: 'postgres://db/name' },
    ...{ DATA_DIR: '/data', REDIS_URL: 'redis://cache', ROLE: 'worker', RETRY_SCHEDULE: '1s,2s' },
    ...{ ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}`, ASCENT360_BASE_URL: 'http://localhost:1' },
    ...{ SHOPIFY_ADMIN_ORIGIN: 'http://localhost:2', DELIVERY_TIMEOUT: '3s', DELIVERY_CONCURRENCY: '4' },
    ...{ DELIVERY_CONCURRENCY_PER_SHOP: '3', LEASE: '10s', SWEEP_INTERVAL: '6s', READ_WAIT: '7s' },
    ...{ BREAKER_WINDOW: '8s', BREAKER_PROBE: '9s', CONNECTION_PROBE: '11s', RETENTION_DAYS: '12' },
    ...{ METRICS_TOKEN: 'token', LOG_LEVEL: 'warn', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' },
    ...{ OTEL_SERVICE_NAME: 'service', OTEL_TRACES_SAMPLER_ARG: '0.5' },
  });
  expect(set).toEqual({
    ...{ production: false, port: 3001, appUrl: 'https://a.example', shopifyApiKey: 'key' },
    ...{ shopifySecrets: ['new', 'old'], shopifyPrivateKeys: [], databaseUrl: 'postgres://db/name' },
    ...{ dataDir: '/data', redisUrl: 'redis://cache', role: 'worker', retrySchedule: [1000, 2000] },
    ...{ encryptionKeys: [{ id: 'k1', bytes: Buffer.alloc(32, 1) }], ascent360BaseUrl: 'http://localhost:1' },
    ...{ shopifyAdminOrigin: 'http://localhost:2', deliveryTimeout: 3000, deliveryConcurrency: 4 },
    ...{ deliveryConcurrencyPerShop: 3, lease: 10_000, sweepInterval: 6000, readWait: 7000 },
    ...{ breakerWindow: 8000, breakerProbe: 9000, connectionProbe: 11_000, retentionDays: 12 },
    ...{ metricsToken: 'token', logLevel: 'warn' },
    traces: { endpoint: 'http://collector:4318', service: 'service', share: 0.5 },
  });
});

it('an attempt ends before its lease does', () => {
  expect(readConfig({ ...needed, DELIVERY_TIMEOUT: '15s', LEASE: '10s' }).deliveryTimeout).toBe(8000);
});

it.each<[string, string, object]>([
  ['SWEEP_INTERVAL', ' 1.5s ', { sweepInterval: 1500 }],
  ['RETRY_SCHEDULE', '200ms, 1m ,20d', { retrySchedule: [200, 60_000, 20 * 86_400_000] }],
  ['PORT', '0', { port: 0 }],
  ['PORT', '65535', { port: 65_535 }],
  ['APP_URL', 'HTTP://connector.example:8080//', { appUrl: 'HTTP://connector.example:8080' }],
  ['ASCENT360_BASE_URL', 'http://proxy.example/V1/Database/', { ascent360BaseUrl: 'http://proxy.example/V1/Database' }],
  ['ASCENT360_BASE_URL', 'http://proxy.example/nov1/data', { ascent360BaseUrl: 'http://proxy.example/nov1/data' }],
  ...['http://collector/xv1/traces', 'http://collector/v1/traces/of'].map((endpoint): [string, string, object] => [
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    endpoint,
    { traces: { endpoint } },
  ]),
  ['ROLE', 'all', { role: 'all' }],
  ...['http://relay.example', 'http://notascent360.com', 'http://relay/ascent360.com'].map(
    (url): [string, string, object] => ['ASCENT360_BASE_URL', url, { ascent360BaseUrl: url }],
  ),
  ...['#a', 'a#b', 'nonesuch', '-a', '<a'].map((token): [string, string, object] => [
    'METRICS_TOKEN',
    token,
    { metricsToken: token },
  ]),
  ['REDIS_URL', 'rediss://:p%4aw@cache:6379/15', { redisUrl: 'rediss://:p%4aw@cache:6379/15' }],
  ['REDIS_URL', 'redis://cache?db=2', { redisUrl: 'redis://cache?db=2' }],
  ['NODE_ENV', 'preprod', { production: false }],
  ...['a"b"', '"a"b', '"a', `"a'`, 'a"'].map((secret): [string, string, object] => [
    'SHOPIFY_API_SECRET',
    secret,
    { shopifySecrets: [secret] },
  ]),
  [
    'ENCRYPTION_KEYS',
    `k1 :${KEY}, k2: ${OTHER_KEY}`,
    {
      encryptionKeys: [
        { id: 'k1', bytes: Buffer.alloc(32, 1) },
        { id: 'k2', bytes: Buffer.alloc(32, 2) },
      ],
    },
  ],
])('%s=%s is read', (name, value, read) => {
  expect(readConfig({ ...needed, [name]: value })).toMatchObject(read);
});

const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = (key: KeyObject, type: 'pkcs1' | 'pkcs8' = 'pkcs8') => key.export({ type, format: 'pem' }).toString();

it('private keys are read in either form, several of them, and on one line', () => {
  const SHOPIFY_APP_PRIVATE_KEY = `${pem(key, 'pkcs1')}\n${pem(key)}`;
  for (const written of [SHOPIFY_APP_PRIVATE_KEY, SHOPIFY_APP_PRIVATE_KEY.replaceAll('\n', '\\n')]) {
    const read = readConfig({ ...needed, SHOPIFY_APP_PRIVATE_KEY: written }).shopifyPrivateKeys;
    expect(read.map((one) => pem(one))).toEqual([pem(key), pem(key)]);
  }
});

it('a private key that Shopify would not take stops the start, also behind a good one', () => {
  const { privateKey: short } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const { privateKey: ec } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { privateKey: pss } = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
  for (const written of [pem(short), pem(ec), pem(pss), `${pem(key)}${pem(ec)}`]) {
    const faults = faultsOf({ SHOPIFY_APP_PRIVATE_KEY: written });
    expect(faults).toEqual([expect.stringMatching(/^SHOPIFY_APP_PRIVATE_KEY is not a/)]);
  }
});

it('white space around a secret or a token is no part of it', () => {
  const { shopifySecrets, metricsToken } = readConfig({
    SHOPIFY_API_KEY: 'key',
    SHOPIFY_API_SECRET: 'secret of now\n',
    SHOPIFY_API_SECRET_PREVIOUS: ' secret of before',
    METRICS_TOKEN: ' token ',
  });
  expect([...shopifySecrets, metricsToken]).toEqual(['secret of now', 'secret of before', 'token']);
});

it.each([
  ['https://connector.example/', 'https://connector.example'],
  ['http://connector.example', 'http://connector.example'],
  ['of-http:1', 'http://localhost:3000'],
  ['http-server-1', 'http://localhost:3000'],
])('HOST=%s is the public origin only if it is one: %s', (HOST, appUrl) => {
  expect(readConfig({ ...needed, HOST }).appUrl).toBe(appUrl);
});

it('a migration refuses the same values of what it reads', () => {
  expect(() => readDatabaseConfig({ NODE_ENV: 'prod' })).toThrow('NODE_ENV is not known');
  expect(() => readDatabaseConfig({ DATABASE_URL: 'postgresql://me:p/w@host/db' })).toThrow(
    'DATABASE_URL is not a URL',
  );
});

it('the README has every variable, and no other', () => {
  const [, section = ''] = readFileSync('README.md', 'utf8').split('\n### Environment\n');
  const [table = ''] = section.split('\n## ');
  const named = [...table.matchAll(/^\| (`.+?) \|.*$/gm)].flatMap(([row, first = '']) =>
    [...(row.startsWith('| `OTEL') ? row : first).matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, name = '']) => name),
  );
  const read = [...readFileSync('server/platform/config.ts', 'utf8').matchAll(/^ {2}([A-Z][A-Z0-9_]+): /gm)];
  // What OpenTelemetry's exporter reads itself.
  const known = [...read.map(([, name = '']) => name), 'OTEL_EXPORTER_OTLP_HEADERS'];
  expect([...new Set(named)].sort()).toEqual([...new Set(known)].sort());
});

it('every fault has one line', () => {
  const faults = faultsOf({ PORT: 'web', LEASE: '0s', DATABASE_URL: 'mysql://db', NODE_ENV: 'production' });
  expect(faults.map((line) => line.split(' ')[0])).toEqual(['PORT', 'DATABASE_URL', 'LEASE', 'ENCRYPTION_KEYS']);
});

const production = { NODE_ENV: 'production', ENCRYPTION_KEYS: `k1:${Buffer.alloc(32).toString('base64')}` };

it.each(['?schema=public', '?sslmode=require&schema=public&connect_timeout=5'])(
  '%s, as Prisma writes it, is where the tables are',
  (query) => {
    expect(faultsOf({ DATABASE_URL: `postgresql://db/name${query}` })).toEqual([]);
  },
);

it('in production the embedded database must be asked for by name: a DATABASE_URL missing by mistake starts no empty database', () => {
  expect(faultsOf(production)).toEqual([expect.stringMatching(/^DATABASE_URL is missing: .* "embedded"/)]);
  expect(faultsOf({ ...production, DATABASE_URL: 'embedded' })).toEqual([]);
  expect(readConfig({ ...needed, ...production, DATABASE_URL: 'embedded' }).databaseUrl).toBeUndefined();
  expect(readConfig(needed).databaseUrl).toBeUndefined();
  for (const ROLE of ['worker', 'web']) {
    for (const embedded of [{ DATABASE_URL: 'embedded' }, {}])
      expect(faultsOf({ ...embedded, ROLE })).toEqual([expect.stringMatching(/^ROLE must be all/)]);
  }
});

it('in production the client id, which everybody can read, is no secret that signs', () => {
  const env = { ...production, DATABASE_URL: 'embedded' };
  for (const name of ['SHOPIFY_API_SECRET', 'SHOPIFY_API_SECRET_PREVIOUS']) {
    const fault = `${name} is the client id, with which anybody could sign: set it to the secret`;
    expect(faultsOf({ ...env, [name]: ` ${needed.SHOPIFY_API_KEY}` })).toEqual([fault]);
  }
});

it('in production no other server than Shopify’s can be called in its place', () => {
  const env = { ...production, DATABASE_URL: 'embedded', SHOPIFY_ADMIN_ORIGIN: 'http://localhost:4000' };
  expect(faultsOf(env)).toEqual([expect.stringMatching(/^SHOPIFY_ADMIN_ORIGIN is for development and tests/)]);
  expect(faultsOf({ SHOPIFY_ADMIN_ORIGIN: 'http://localhost:4000' })).toEqual([]);
});

it.each([
  [{}, /^the embedded database in \/.*\/\.data$/],
  [{ DATABASE_URL: 'embedded', DATA_DIR: '/data', NODE_ENV: 'production' }, /^the embedded database in \/data$/],
  [{ DATABASE_URL: 'postgresql://me:secret@db.example:5433/shop%20one' }, /^database shop one on db\.example:5433$/],
  [{ DATABASE_URL: 'postgresql://me:se%cret@/x?host=/run' }, /^database x on \/run:5432$/],
  [{ DATABASE_URL: 'postgresql://me@db.example' }, /^database me on db\.example:5432$/],
  [{ DATABASE_URL: 'postgresql://me:secret@db.example/d%zz' }, /^database d%zz on db\.example:5432$/],
])('applying migrations names the database, without a password', (env, name) => {
  expect(readDatabaseConfig(env).name).toMatch(name);
  expect(readDatabaseConfig(env).name).not.toContain('secret');
});

it('applying migrations in production without DATABASE_URL is refused', () => {
  expect(() => readDatabaseConfig({ NODE_ENV: 'production' })).toThrow('DATABASE_URL is missing');
});

it('white space that was copied along with a value is no part of it, whichever value it is', () => {
  const copied = {
    ROLE: ' web\n',
    DATABASE_URL: ' postgresql://db/name \n',
    REDIS_URL: 'redis://cache ',
    DATA_DIR: '/data ',
  };
  const read = readConfig({ ...needed, ...copied });
  expect(read).toMatchObject({
    role: 'web',
    databaseUrl: 'postgresql://db/name',
    redisUrl: 'redis://cache',
    dataDir: '/data',
  });
  expect(readDatabaseConfig(copied).databaseUrl).toBe('postgresql://db/name');
  expect(() => readConfig({ ...needed, DATABASE_URL: ' embedded ', ROLE: 'worker' })).toThrow('ROLE must be all');
});

it('production with white space around it is production', () => {
  expect(() => readConfig({ ...needed, NODE_ENV: 'production ' })).toThrow('ENCRYPTION_KEYS is missing');
  expect(() => readDatabaseConfig({ NODE_ENV: ' production' })).toThrow('DATABASE_URL is missing');
});

it('a DATA_DIR of white space alone is refused', () => {
  expect(() => readConfig({ ...needed, DATA_DIR: ' ' })).toThrow(`DATA_DIR ${BLANK}`);
  expect(() => readDatabaseConfig({ DATA_DIR: ' ' })).toThrow(`DATA_DIR ${BLANK}`);
});
