import { globSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { findPostgres } from './test/fakes/postgres-server.ts';
import { LongestFirst } from './test/longest-first.ts';

const files = (names: readonly string[]) => names.map((name) => `test/${name}.test.ts`);

/**
 * The tests that touch data. They run once: on a real PostgreSQL where there is one, whose processes also start faster, or else
 * on the embedded database.
 */
const onData = files(
  ['admin', 'demo/history', 'faults', 'features', 'http', 'pipeline', 'store'].map((room) => `${room}/**/*`),
);
/**
 * These run on the embedded database as well: the processes that are killed on it, the tables, and a few cheap files that
 * send many of the statements, which reach it through another driver. At night CI runs everything on it
 * (`TEST_DATABASE=embedded`).
 */
const onBoth = files([
  'admin/access',
  'faults/embedded',
  'features/activity/send-again',
  'features/imports/{count-ended,waits}',
  'features/reconciliation/uninstalled-meanwhile',
  'store/**/*',
]);
/** They stop PostgreSQL, run several processes on it, or ask it how it would find rows. */
const onServerOnly = files([
  'faults/{clock,connections,crowds,cut-commits,dark-database,database,monsters,flush,frozen,full-disk,keys-behind,opt-outs,redis-outage,slow-crowds,stalled,two-of-each,unusable-database,whole-life}',
  'admin/two-processes',
  'features/operations/{compose,traces}',
  'platform/database/{idle-in-transaction,migration-locks}',
  'store/deliveries/plans',
]);
/** Their limits are SPEC's, in seconds: they come last, with little beside them. */
const timed = files(['faults/{crowds,dark-database,database,slow-crowds,unusable-database}']);
/** They need the embedded database, and would say the same on a server. */
const onEmbeddedOnly = files(['faults/embedded']);

const { env } = process;
const found = findPostgres() !== null || env['TEST_POSTGRES_URL'] !== undefined;
if (!found && env['CI']) throw new Error('CI runs all tests: install PostgreSQL (Debian: postgresql)');
/** `TEST_DATABASE=embedded` runs all that can run there on the embedded database. */
const postgresIsHere = found && env['TEST_DATABASE'] !== 'embedded';
const leftToServer = postgresIsHere ? globSync(onData, { cwd: import.meta.dirname, exclude: onBoth }) : [];
if (!postgresIsHere) process.stderr.write('Without PostgreSQL: the faults that need it are left out.\n');

/**
 * A worker takes one file after another and loads the app once: 40 files of pure rules cost 13 s of processor time instead of
 * 28. So nothing in a module may remember, and a test restores what it changes of the process.
 */
const oneWorkerForMany = { isolate: false };

const shared = {
  testTimeout: 180_000,
  hookTimeout: 180_000,
  // What comes true late on a busy machine comes true: vitest would wait for a second only.
  expect: { poll: { timeout: 60_000 } },
  // Twice the cores of a small machine: many tests mostly wait.
  maxWorkers: 4,
};

/** Node runs the files as it runs them for a merchant: nothing is transformed. */
const asNodeRuns = { experimental: { viteModuleRunner: false, nodeLoader: false } };

const onServer = { globalSetup: ['test/real-postgres.ts'], setupFiles: ['test/use-real-postgres.ts'] };

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...shared,
          ...oneWorkerForMany,
          ...asNodeRuns,
          name: 'embedded',
          include: ['test/**/*.test.ts'],
          exclude: [...onServerOnly, ...leftToServer, 'test/app/**', 'test/browser/**', 'test/extensions/**'],
        },
      },
      {
        test: {
          ...shared,
          ...oneWorkerForMany,
          // What vite builds for a browser, vite runs.
          name: 'pages',
          include: ['test/app/**/*.test.ts'],
        },
      },
      {
        test: {
          ...shared,
          name: 'extensions',
          include: ['test/extensions/**/*.test.ts'],
          environment: 'jsdom',
          // The tester imports the extensions itself: through vite, which knows TypeScript and JSX.
          server: { deps: { inline: [/@shopify\/ui-extensions-tester/] } },
        },
      },
      {
        test: {
          ...shared,
          ...oneWorkerForMany,
          ...asNodeRuns,
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: ['test/browser/setup.ts', ...(postgresIsHere ? ['test/real-postgres.ts'] : [])],
          // The app of the pages takes a fraction of the embedded database's processor time there.
          setupFiles: postgresIsHere ? ['test/use-real-postgres.ts'] : [],
        },
      },
      ...(postgresIsHere
        ? [
            {
              test: {
                ...shared,
                ...oneWorkerForMany,
                ...asNodeRuns,
                name: 'postgres',
                include: [
                  ...onData,
                  'test/platform/database/{db,idle-in-transaction,migration-locks,migrations}.test.ts',
                ],
                exclude: [...onEmbeddedOnly, ...timed],
                ...onServer,
              },
            },
            {
              test: {
                ...shared,
                ...oneWorkerForMany,
                ...asNodeRuns,
                name: 'timed',
                include: timed,
                sequence: { groupOrder: 1 },
                ...onServer,
              },
            },
          ]
        : []),
    ],
  },
});
