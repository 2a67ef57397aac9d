import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { buildClientSchema, type GraphQLSchema, type IntrospectionQuery } from 'graphql';

/**
 * Where Shopify publishes the Admin API's complete schema: a gzipped introspection in a package too
 * big to depend on.
 */
const PACKAGE = '@shopify/dev-mcp@1.16.0';
const FILE = 'package/dist/data/admin_2026-10.json.gz';

const run = promisify(execFile);
const root = path.join(import.meta.dirname, '../..');
const cache = path.join(root, '.cache');
const kept = path.join(cache, 'admin_2026-10.json.gz');

async function fetchInto(folder: string): Promise<void> {
  const { stdout } = await run('npm', ['pack', PACKAGE, '--silent', '--pack-destination', folder], { cwd: root });
  await run('tar', ['-xzf', path.join(folder, stdout.trim()), '-C', folder, FILE]);
  await rename(path.join(folder, FILE), kept);
}

/**
 * Shopify's complete Admin API schema, 2026-10. Fetched once from the npm registry with `npm pack`,
 * then kept in `.cache/`.
 * @throws Error if it is neither there nor available
 */
export async function adminSchema(): Promise<GraphQLSchema> {
  const bytes = await readFile(kept).catch(async () => {
    await mkdir(cache, { recursive: true });
    const folder = await mkdtemp(path.join(cache, 'schema-'));
    await fetchInto(folder).finally(() => rm(folder, { recursive: true, force: true }));
    return await readFile(kept);
  });
  const introspection: { data: IntrospectionQuery } = JSON.parse(gunzipSync(bytes).toString('utf8'));
  return buildClientSchema(introspection.data);
}
