/** What the server is told for each session and each transaction. */

/**
 * PostgreSQL rolls back a transaction whose process is silent for this many milliseconds (frozen,
 * or its machine lost), which frees its locks.
 */
const FROZEN_MS = 5000;
/** How long a statement may take: reports over large tables, deleting in batches. */
export const LONGEST_MS = 30_000;

/**
 * Statements touch rows by their keys. A plan that was made while a table was small would read all of
 * it, and is kept until the server collects statistics: ours, and those that check foreign keys.
 */
export const BY_KEYS = 'enable_seqscan=off';

/**
 * What a server, a database or a user may have set otherwise, and what the statements and their answers
 * mean depends on: moments, numbers and lists are written and read in one form, whoever waited for a
 * lock sees what its holder left, and what is committed survives the server.
 */
export const MEANING = [
  'timezone=UTC',
  'datestyle=ISO',
  'extra_float_digits=1',
  'array_nulls=on',
  'standard_conforming_strings=on',
  'default_transaction_isolation=read\\ committed',
  'lock_timeout=0',
  'synchronous_commit=on',
];

export const SESSION = [
  ...MEANING,
  `idle_in_transaction_session_timeout=${FROZEN_MS}`,
  // PostgreSQL also cancels what this process gave up on, or what died with its machine.
  `statement_timeout=${LONGEST_MS}`,
  // Compiling takes longer than any of our statements.
  'jit=off',
  BY_KEYS,
  'tcp_user_timeout=15000',
  'tcp_keepalives_idle=10',
  'tcp_keepalives_interval=5',
  'tcp_keepalives_count=3',
];
