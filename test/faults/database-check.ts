import { checkSession } from '../../server/platform/database/check-session.ts';
import { openDb } from '../../server/platform/database/open-db.ts';

/** What the check at the start says of this database: `fit`, or why it can't be used. */
export async function checkOf(databaseUrl: string): Promise<string> {
  const db = await openDb({ databaseUrl, dataDir: '' });
  return await checkSession(db)
    .then(
      () => 'fit',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    )
    .finally(db.close);
}
