import { LONGEST_MS } from './session.ts';

export type Value = string | number | boolean | null | Date | Uint8Array;
export type Param = Value | readonly Value[];

/**
 * Statements over one connection or a pool. int8 is returned as number, timestamptz as Date, bytea
 * as Uint8Array. In a transaction, several can be started at once: they are sent together, in one
 * round trip, and run one after another in that order. When one fails, those behind it fail too.
 */
export type Sql = {
  query<Row extends object>(text: string, params?: readonly Param[]): Promise<Row[]>;
};

/** The database: PostgreSQL over a pool, or the embedded PGlite; the same statements either way. */
export type Db = Sql & {
  /** One transaction; rolled back when `work` throws. `work` must use only its own `sql`. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  embedded: boolean;
  /** The same database, but drops a connection that is silent for this many milliseconds. */
  within(ms: number): Db;
  /** How many connections were lost so far. After a loss, another server may have taken over. */
  lost(): number;
  /** Returns the names of the migrations that were applied. */
  migrate(): Promise<string[]>;
  /** Returns the names of the migrations that the database lacks. */
  pending(): Promise<string[]>;
  /**
   * Makes room in the files where rows were deleted or replaced: the embedded database has nothing
   * that does so by itself, as a server has (autovacuum). Blocks it for one table at a time.
   */
  tidy(): Promise<void>;
  close(): Promise<void>;
};

/**
 * SQL: now, as a column of milliseconds keeps it. `now()` itself is rounded there, often upwards: what is due then
 * isn't yet for the statement that follows at once.
 */
export const AT_ONCE = "date_trunc('milliseconds', now())";

/**
 * How long a statement may take while an event is being processed. A silent database must be
 * replaced by one that answers within 15 s: this time, plus the wait for the next sweep.
 */
export const QUICK_MS = 6000;
/**
 * For a transaction that seals or reads megabytes between two statements, which would look like a
 * frozen process.
 */
export async function allowPauses(sql: Sql): Promise<void> {
  await sql.query(`SET LOCAL idle_in_transaction_session_timeout = ${LONGEST_MS}`);
}

type ColumnType = 'uuid' | 'int' | 'text' | 'bytea' | 'timestamptz' | 'boolean' | 'jsonb' | 'float8';

/**
 * The parts of a statement over many rows at once: `unnest($n::type[], …)` and its parameters.
 * @param types column → PostgreSQL type, in order
 * @param first the number of the first parameter
 */
export function unnest<K extends string>(
  types: Record<K, ColumnType>,
  rows: readonly Record<K, Value>[],
  first = 1,
): { columns: string; from: string; params: Param[] } {
  const names = Object.keys(types) as K[];
  return {
    columns: names.join(', '),
    from: `unnest(${names.map((name, i) => `$${first + i}::${types[name]}[]`).join(', ')})`,
    params: names.map((name) => rows.map((row) => withoutDate(row[name]))),
  };
}

const withoutDate = (value: Value) =>
  typeof value === 'object' && value instanceof Date ? value.toISOString() : value;
