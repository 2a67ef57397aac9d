import { ConfigError, readDatabaseConfig } from '../server/platform/config.ts';
import { checkSession } from '../server/platform/database/check-session.ts';
import { openDb } from '../server/platform/database/db.ts';

try {
  const config = readDatabaseConfig(process.env);
  process.stdout.write(`Migrating ${config.name}\n`);
  const db = await openDb(config);
  const applied = await checkSession(db).then(db.migrate).finally(db.close);
  process.stdout.write(applied.length > 0 ? `Applied ${applied.join(', ')}\n` : 'Nothing to apply\n');
} catch (error) {
  if (!(error instanceof Error)) throw error;
  const head = error instanceof ConfigError ? 'The environment is not complete:\n' : '';
  process.stderr.write(`${head}${error.message}\n`);
  process.exitCode = 1;
}
