import dns from 'node:dns';
import { type AddressInfo, createServer } from 'node:net';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { type Db, type Sql, unnest } from '../../../server/platform/database/db.ts';
import { newId } from '../../../server/platform/database/ids.ts';
import { openDb } from '../../../server/platform/database/open-db.ts';
import { isOutage } from '../../../server/platform/database/outage.ts';
import { testDatabase } from '../../fakes/database.ts';

let db: Db;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => await db.close());

it('ids created one after another sort in that order, and are UUIDs of version 7', () => {
  const ids = Array.from({ length: 20_000 }, newId);
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => !/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).toEqual(
    [],
  );
});

it('bytes and nulls in many rows arrive unchanged, whatever they are', async () => {
  const cell = fc.option(fc.uint8Array({ maxLength: 300 }), { nil: null });
  await fc.assert(
    fc.asyncProperty(fc.array(cell, { maxLength: 12 }), async (cells) => {
      const { columns, from, params } = unnest(
        { n: 'int', bytes: 'bytea' },
        cells.map((bytes, n) => ({ n, bytes })),
      );
      const rows = await db.query<{ bytes: Uint8Array | null }>(
        `SELECT ${columns} FROM ${from} AS u(n, bytes) ORDER BY n`,
        params,
      );
      expect(rows.map(({ bytes }) => bytes && [...bytes])).toEqual(cells.map((bytes) => bytes && [...bytes]));
    }),
    { numRuns: 50 },
  );
});

it('texts, numbers, times and booleans in many rows arrive unchanged, whatever they are', async () => {
  const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom('"', '\\', '{', '}', ',', ' ', '\n', 'N', '😀') }),
  );
  const row = fc.record({
    words: orNull(text.filter((word) => !word.includes('\0'))),
    number: orNull(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
    moment: orNull(fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })),
    yes: orNull(fc.boolean()),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 12 }), async (cells) => {
      const { columns, from, params } = unnest(
        { words: 'text', number: 'int', moment: 'timestamptz', yes: 'boolean' },
        cells,
      );
      const rows = await db.query(`SELECT ${columns} FROM ${from} AS u(${columns})`, params);
      expect(rows).toEqual(cells);
    }),
    { numRuns: 100 },
  );
});

it('statements of a transaction that are issued at once run in the order issued', async () => {
  const rows = await db.transaction(async (sql) => {
    const [, , , found] = await Promise.all([
      sql.query('CREATE TEMPORARY TABLE given (n int) ON COMMIT DROP'),
      sql.query('INSERT INTO given VALUES (1)'),
      sql.query('UPDATE given SET n = n + 1'),
      sql.query<{ n: number }>('SELECT n FROM given'),
    ]);
    return found;
  });
  expect(rows).toEqual([{ n: 2 }]);
});

it('a transaction on a small table plans to look rows up by key, as it will have to once the table is large', async () => {
  await db.query('CREATE TABLE tiny (id uuid PRIMARY KEY, n int)');
  const statement = 'UPDATE tiny SET n = u.n FROM unnest($1::uuid[], $2::int[]) AS u(id, n) WHERE tiny.id = u.id';
  const ids = Array.from({ length: 60 }, newId);
  await db.query('INSERT INTO tiny (id) SELECT * FROM unnest($1::uuid[])', [ids]);
  const plan = await db.transaction(
    async (sql) => await sql.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${statement}`, [ids, ids.map((_, n) => n)]),
  );
  const text = plan.map((row) => row['QUERY PLAN']).join('\n');
  expect(text).toContain('tiny_pkey');
  expect(text).not.toContain('Seq Scan');
});

it('when one of them fails, the transaction fails with its error, nothing of the others is kept, and the connection can be used again', async () => {
  const insert = (sql: Sql, domain: string) => sql.query('INSERT INTO shops (domain) VALUES ($1)', [domain]);
  const failing = db.transaction(async (sql) => {
    await Promise.all([
      insert(sql, 'before.myshopify.com'),
      sql.query('SELECT 1 / $1::int', [0]),
      insert(sql, 'after.myshopify.com'),
    ]);
  });
  await expect(failing).rejects.toMatchObject({ code: '22012' });
  expect(await db.query('SELECT domain FROM shops')).toEqual([]);
  for (let i = 0; i < 25; i++) await db.transaction(async (sql) => await sql.query('SELECT 1'));
});

type Done = (error: Error | null, addresses: string | dns.LookupAddress[], family: number) => void;
const coded = (code: string) => Object.assign(new Error('x'), { code });

it.each<[string, unknown, boolean]>([
  ['nobody listens', coded('ECONNREFUSED'), true],
  ['the server is shut down', coded('57P01'), true],
  ['a deadlock', coded('40P01'), true],
  ['the disk is full', coded('53100'), true],
  ['a transaction was idle for too long', coded('25P03'), true],
  ['a transaction took longer than the server lets it', coded('25P04'), true],
  [
    'the connection was closed meanwhile',
    new Error('Client has encountered a connection error and is not queryable'),
    true,
  ],
  ['the database takes no connections', coded('55000'), true],
  ['the password was changed', coded('28P01'), true],
  ['the server does not let this machine in', coded('28000'), true],
  ['the server has no such database', coded('3D000'), true],
  ['the user may not use a table', coded('42501'), true],
  ['a table is missing', coded('42P01'), true],
  ['a column is missing', coded('42703'), true],
  ['the connection was cut', new Error('Connection terminated unexpectedly'), true],
  ['the connection was lost', coded('08006'), true],
  ['the disk can’t be read', coded('58030'), true],
  ['a server that takes no writes', coded('25006'), true],
  ['no connection was free', new Error('timeout exceeded when trying to connect'), true],
  ['none could be opened', new Error('Connection terminated due to connection timeout'), true],
  ['the embedded database was closed', new Error('PGlite is closed'), true],
  ['an error that is wrapped', new Error('x', { cause: coded('ECONNRESET') }), true],
  [
    'an error that wraps itself',
    Object.assign(new Error('x'), {
      get cause() {
        return this;
      },
    }),
    false,
  ],
  ['a wrong statement', coded('42601'), false],
  ['a wrong value', coded('22P02'), false],
  ['a statement that is not allowed now', coded('25001'), false],
  ['a longer code', coded('X57P01X'), false],
  ['a lock that another has', coded('55P03'), false],
  ['a bug of our own', new TypeError('Cannot read properties of null'), false],
  ['no error', undefined, false],
])('whether an error is an outage: %s', (_, error, away) => {
  expect(isOutage(error)).toBe(away);
});

it.each([
  ['the name service does not answer', 'db', 'EAI_AGAIN'],
  ['the server speaks no TLS any more', '127.0.0.1', 'does not support SSL'],
])('a connection that can’t be opened is an outage, whatever the reason, as when %s', async (_, host, why) => {
  const server = createServer((socket) => void socket.write('N'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { lookup } = dns;
  const asked = vi.spyOn(dns, 'lookup').mockImplementation(((name: string, options: dns.LookupOptions, done: Done) => {
    if (name !== 'db') lookup(name, options, done);
    else done(coded('EAI_AGAIN'), [], 0);
  }) as typeof dns.lookup);
  onTestFinished(() => asked.mockRestore());
  const { port } = server.address() as AddressInfo;
  const away = await openDb({ databaseUrl: `postgresql://me@${host}:${port}/db?sslmode=verify-full`, dataDir: '' });
  onTestFinished(away.close);
  const error = await away.query('SELECT 1').catch((reason: unknown) => reason);
  expect(inspect(error)).toContain(why);
  expect(isOutage(error)).toBe(true);
});
