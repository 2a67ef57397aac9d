import type { TestProject } from 'vitest/node';
import { findPostgres, startPostgres } from './fakes/postgres-server.ts';

/** A real server for the project "postgres", started before its tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
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
