import { explainConnection } from '../explain-connection.ts';
import type { Db } from './db.ts';

/**
 * More than one connection, so that a pooler in between gives itself away by mixing them up. Each costs
 * PostgreSQL 25 to 50 ms of processor time.
 */
const AT_ONCE = 2;
const WHAT_TO_CHECK = 'Start it, or correct its host, port or name.';

/**
 * Checks that the database is usable: it lets this process in, takes writes, keeps a session's
 * settings, and keeps this process's statements apart from other processes' statements.
 * @throws Error saying what to do
 */
export async function checkSession(db: Db): Promise<void> {
  if (db.embedded) return;
  const asked = Array.from({ length: AT_ONCE }, () =>
    db.query<{ zone: string; frozen: string; encoding: string; readOnly: string }>(
      `SELECT current_setting('timezone') AS zone, current_setting('idle_in_transaction_session_timeout') AS frozen,
         current_setting('server_encoding') AS encoding, current_setting('transaction_read_only') AS "readOnly"`,
    ),
  );
  const answers = await Promise.allSettled(asked);
  for (const answer of answers) {
    if (answer.status === 'rejected') {
      const words = explainConnection('DATABASE_URL', answer.reason);
      throw new Error(words ?? `DATABASE_URL: the server can't be used: ${reasonOf(answer.reason)}. ${WHAT_TO_CHECK}`, {
        cause: answer.reason,
      });
    }
    const [row] = answer.value;
    if (row?.zone !== 'UTC' || row.frozen !== '5s') {
      throw new Error(
        'DATABASE_URL: the session does not keep the settings that the app asks for (timezone, idle_in_transaction_session_timeout). A pooler in between drops them, and so does options= in the URL: leave it out, and connect to PostgreSQL itself.',
      );
    }
    if (row.readOnly === 'on') {
      throw new Error(
        'DATABASE_URL: the server takes no writes: it is a standby, or this database or user is set to read only. Name the primary, or set default_transaction_read_only to off.',
      );
    }
    if (row.encoding !== 'UTF8') {
      throw new Error(
        `DATABASE_URL: the database's encoding is ${row.encoding}, which can't hold every name: make it anew with ENCODING 'UTF8' TEMPLATE template0.`,
      );
    }
  }
}

/** Node wraps the failures of a name with several addresses in an error without a message. */
const reasonOf = (error: unknown): string =>
  error instanceof AggregateError && error.message === ''
    ? error.errors.map(reasonOf).join(', ')
    : error instanceof Error
      ? error.message
      : String(error);
