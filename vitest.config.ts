import { defineConfig } from 'vitest/config';
import { findPostgres } from './test/fakes/postgres-server.ts';

/** The tests that touch data: they run on the embedded database, and again on a real PostgreSQL where there is one. */
const onData = ['admin', 'faults', 'features', 'http', 'pipeline', 'store'].map((room) => `test/${room}/**/*.test.ts`);
/** They stop PostgreSQL, or run several processes on it. */
const onServerOnly = ['clock', 'database', 'flush', 'full-disk', 'redis-outage', 'stalled', 'two-of-each', 'whole-life']
  .map((name) => `test/faults/${name}.test.ts`)
  .concat('test/admin/two-processes.test.ts');
/** They need the embedded database, and would say the same in both projects. */
const onEmbeddedOnly = ['test/faults/embedded.test.ts'];
const postgresIsHere = findPostgres() !== null;
/** What is behind the database does not matter to them: they run once, on PostgreSQL, whose processes start faster. */
const once = postgresIsHere ? ['test/faults/certificates.test.ts', 'test/http/limits.test.ts'] : [];
if (!postgresIsHere && process.env['CI']) throw new Error('CI runs all tests: install PostgreSQL (Debian: postgresql)');
if (!postgresIsHere)
  process.stderr.write('PostgreSQL is not on this machine: its tests, and the faults that need it, are left out.\n');

const shared = {
  testTimeout: 180_000,
  hookTimeout: 180_000,
  // What comes true late on a busy machine comes true: vitest would wait for a second only.
  expect: { poll: { timeout: 60_000 } },
  // One more than the cores of a small machine: many tests mostly wait.
  maxWorkers: 3,
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'embedded',
          include: ['test/**/*.test.ts'],
          exclude: [...onServerOnly, ...once, 'test/browser/**', 'test/extensions/**'],
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
          name: 'browser',
          // A look at a whole page by axe takes its time on a busy machine.
          testTimeout: 180_000,
          include: ['test/browser/**/*.test.ts'],
          globalSetup: ['test/browser/setup.ts'],
          maxWorkers: 2,
          // After the others: a browser uses what the machine has.
          sequence: { groupOrder: 1 },
        },
      },
      ...(postgresIsHere
        ? [
            {
              test: {
                ...shared,
                name: 'postgres',
                include: [...onData, 'test/platform/database/db.test.ts'],
                exclude: onEmbeddedOnly,
                globalSetup: ['test/real-postgres.ts'],
                setupFiles: ['test/use-real-postgres.ts'],
              },
            },
          ]
        : []),
    ],
  },
});
