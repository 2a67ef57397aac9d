import { z } from 'zod';
import { openDb } from '../server/platform/database/db.ts';

// Only what it needs of the environment: migrations are often applied where the app's secrets are not.
const { DATABASE_URL, DATA_DIR } = z
  .object({ DATABASE_URL: z.string().optional(), DATA_DIR: z.string().default('.data') })
  .parse(process.env);

const db = await openDb({ databaseUrl: DATABASE_URL || undefined, dataDir: DATA_DIR });
try {
  const applied = await db.migrate();
  process.stdout.write(applied.length > 0 ? `Applied ${applied.join(', ')}\n` : 'Nothing to apply\n');
} finally {
  await db.close();
}
// Prisma's engine keeps a timer for ten seconds after its work is done.
process.exit(0);
