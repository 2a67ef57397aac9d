import type { TestProject } from 'vitest/node';
import { dropKept } from './fakes/database.ts';
import { findPostgres, startPostgres } from './fakes/postgres-server.ts';

/**
 * A real server for the project "postgres", started before its tests, or the one that
 * TEST_POSTGRES_URL names: tests make databases of their own there, as its superuser.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['TEST_POSTGRES_URL'];
  if (given) {
    project.provide('postgresUrl', given);
    return async () => await dropKept(given);
  }
  const bin = findPostgres();
  if (!bin) throw new Error('PostgreSQL is not on this machine: install it (Debian: postgresql)');
  const server = await startPostgres(bin);
  project.provide('postgresUrl', server.url);
  return server.stop;
}

declare module 'vitest' {
  export interface ProvidedContext {
    postgresUrl: string;
  }
}
