import { readOptions } from '../server/options.ts';
import { ConfigError, readDatabaseConfig } from '../server/platform/config.ts';
import { checkSession } from '../server/platform/database/check-session.ts';
import { openDb } from '../server/platform/database/open-db.ts';
import { explainConnection } from '../server/platform/explain-connection.ts';

// Whoever asks for help or a dry run must not get the migrations.
readOptions('npm run db:migrate (migrates the database of DATABASE_URL at once)', {});
try {
  const config = readDatabaseConfig(process.env);
  process.stdout.write(`Migrating ${config.name}\n`);
  const db = await openDb(config);
  const applied = await checkSession(db).then(db.migrate).finally(db.close);
  process.stdout.write(applied.length > 0 ? `Applied ${applied.join(', ')}\n` : 'Nothing to apply\n');
} catch (error) {
  if (!(error instanceof Error)) throw error;
  const head = error instanceof ConfigError ? 'Fix these environment variables:\n' : '';
  process.stderr.write(`${head}${explainConnection('DATABASE_URL', error) ?? error.message}\n`);
  // A server that still waits for a password would hold the process for a minute.
  process.exit(1);
}
