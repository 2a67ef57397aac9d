import { codeOf, textIn } from '../error-code.ts';

/**
 * Codes from node and node-postgres: the system's connection errors, and PostgreSQL's classes 08,
 * 28 (who may connect), 40, 53, 57 and 58; also 25P03 and 25P04, which end a transaction that was idle
 * or took too long, 25006, a read-only server, 3D000, one without this database, 42501, a table that
 * this user may not use, 42P01 and 42703, a table or column that isn't there as migrations are missing
 * or were rolled back, and 55000, a database that takes no connections
 * (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
const awayCode = /^(E[A-Z]+|(08|28|40|53|57|58)[0-9A-Z]{3}|25P0[34]|25006|3D000|42501|42P01|42703|55000)$/;
/** Messages from pg-pool, pg and PGlite that have no code. */
const awayMessage =
  /connection (terminated|timeout|error and is not queryable)|timeout exceeded when trying to connect|PGlite is closed/i;

/**
 * Why no connection could be opened: the name service, TLS, a certificate and the server's refusals have
 * many codes, or none.
 */
const unconnected = new WeakSet<object>();

/** @returns the same error, which now counts as an outage, whatever it says */
export function asUnconnected(error: unknown): unknown {
  if (typeof error === 'object' && error !== null) unconnected.add(error);
  return error;
}

/**
 * Whether an error means that the database is away or busy, or dropped this process, rather than
 * that it rejects the statement.
 */
export function isOutage(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const says = (name: string, what: RegExp) => what.test(textIn(error, name) ?? '');
  if (unconnected.has(error)) return true;
  if (says('code', awayCode) || says('message', awayMessage)) return true;
  return 'cause' in error && error.cause !== error && isOutage(error.cause);
}

/** Whether the statement took longer than it may, on a server that may be well. */
export const isTooSlow = (error: unknown): boolean => codeOf(error) === '57014';

/** Whether the server takes no writes: a standby, or the former primary after a failover. */
export const isReadOnly = (error: unknown): boolean => codeOf(error) === '25006';
