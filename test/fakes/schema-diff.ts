import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import type * as SchemaEngineModule from '@prisma/schema-engine-wasm';
import type { MigrationList } from '@prisma/schema-engine-wasm';
import { prismaDir } from '../../server/platform/database/migrations.ts';

const noFilter = { externalTables: [], externalEnums: [] };

/** Loads Prisma's schema engine (WebAssembly), so that no engine binary has to be downloaded. */
async function instantiateEngine(): Promise<typeof SchemaEngineModule> {
  const glue = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const engine = await import(pathToFileURL(glue).href);
  const wasm = await readFile(path.join(path.dirname(glue), 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(wasm, { './schema_engine_bg.js': engine });
  engine.__wbg_set_wasm(instance.exports);
  const start = instance.exports['__wbindgen_start'];
  if (typeof start === 'function') start();
  return engine;
}

declare global {
  // Its glue code keeps the instance in a module variable, so there may be only one per process,
  // however often this file is loaded.
  var connectorSchemaEngine: Promise<typeof SchemaEngineModule> | undefined;
}

async function loadEngine(): Promise<typeof SchemaEngineModule> {
  globalThis.connectorSchemaEngine ??= instantiateEngine();
  return await globalThis.connectorSchemaEngine;
}

async function readMigrations(): Promise<MigrationList> {
  const baseDir = path.join(prismaDir, 'migrations');
  const entries = await readdir(baseDir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return {
    baseDir,
    lockfile: {
      path: 'migration_lock.toml',
      content: await readFile(path.join(baseDir, 'migration_lock.toml'), 'utf8'),
    },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(
      names.sort().map(async (name) => ({
        path: name,
        migrationFile: {
          path: 'migration.sql',
          content: { tag: 'ok' as const, value: await readFile(path.join(baseDir, name, 'migration.sql'), 'utf8') },
        },
      })),
    ),
  };
}

async function withEngine<T>(
  adapter: SqlMigrationAwareDriverAdapterFactory,
  work: (engine: SchemaEngineModule.SchemaEngine) => Promise<T>,
): Promise<T> {
  const { SchemaEngine } = await loadEngine();
  const schema = await readFile(path.join(prismaDir, 'schema.prisma'), 'utf8');
  const engine = await SchemaEngine.new(
    { datamodels: [['schema.prisma', schema]] },
    () => {},
    bindMigrationAwareSqlAdapterFactory(adapter),
  );
  try {
    return await work(engine);
  } finally {
    engine.free();
  }
}

/**
 * The SQL that leads from the migrations folder (or nothing) to schema.prisma; empty if they agree.
 */
export async function diffMigrations(
  adapter: SqlMigrationAwareDriverAdapterFactory,
  from: 'empty' | 'migrations',
): Promise<string> {
  const schema = await readFile(path.join(prismaDir, 'schema.prisma'), 'utf8');
  const source =
    from === 'empty' ? { tag: 'empty' as const } : { tag: 'migrations' as const, ...(await readMigrations()) };
  return await withEngine(adapter, async (engine) => {
    const { stdout } = await engine.diff({
      from: source,
      to: { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content: schema }] },
      script: true,
      exitCode: null,
      filters: noFilter,
    });
    return stdout ?? '';
  });
}
