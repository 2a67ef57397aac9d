import { PGlite } from '@electric-sql/pglite';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { expect, it } from 'vitest';
import { diffMigrations } from '../server/schema-engine.ts';

it('prisma/migrations leads exactly to prisma/schema.prisma', async () => {
  const client = await PGlite.create();
  const script = await diffMigrations(new PrismaPGlite(client), 'migrations');
  await client.close();
  expect(script.trim()).toBe('-- This is an empty migration.');
});
