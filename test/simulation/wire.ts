/**
 * PostgreSQL's protocol (https://www.postgresql.org/docs/current/protocol-message-formats.html),
 * spoken to the embedded database synchronously: each statement is parsed once, and an answer is
 * read right after the question.
 */
import { type PGlite, protocol } from '@electric-sql/pglite';
import pg from 'pg';
import type { Param } from '../../server/platform/database/db.ts';
import { pgArray } from '../../server/platform/database/pg-arrays.ts';

type Sent = string | Buffer | null;
type Column = { name: string; read: (text: string) => unknown };
type Message = { kind: string; body: Buffer };

const INT8 = 20;
const readerOf = (type: number): Column['read'] => (type === INT8 ? Number : pg.types.getTypeParser(type, 'text'));

const isList = (param: Param): param is Extract<Param, readonly unknown[]> => Array.isArray(param);

function asSent(param: Param): Sent {
  if (param === null || typeof param === 'string') return param;
  if (isList(param)) return pgArray(param);
  if (param instanceof Date) return param.toISOString();
  if (typeof param !== 'object') return String(param);
  return Buffer.from(param.buffer, param.byteOffset, param.byteLength);
}

const NONE = -1;

/** Where each message to bind is written, one after another; it grows. */
let room = Buffer.allocUnsafe(1 << 16);

/** Bind, to the unnamed portal, and what follows it; every result as text. Valid until the next call. */
function bind(statement: string, values: readonly Sent[], then: Buffer): Buffer {
  const most = values.reduce(
    (sum, value) => sum + 8 + 3 * (value?.length ?? 0),
    64 + 3 * statement.length + then.length,
  );
  if (most > room.length) room = Buffer.allocUnsafe(2 * most);
  let at = room.write('B\0\0\0\0\0', 0, 'latin1');
  at += room.write(statement, at);
  at = room.writeUInt8(0, at);
  at = room.writeInt16BE(values.length, at);
  for (const value of values) at = room.writeInt16BE(value instanceof Buffer ? 1 : 0, at);
  at = room.writeInt16BE(values.length, at);
  for (const value of values) {
    const begin = at + 4;
    const length =
      value === null ? NONE : typeof value === 'string' ? room.write(value, begin) : value.copy(room, begin);
    room.writeInt32BE(length, at);
    at = begin + Math.max(0, length);
  }
  at = room.writeInt16BE(0, at);
  room.writeInt32BE(at - 1, 1);
  return room.subarray(0, at + then.copy(room, at));
}

function* messagesIn(all: Buffer): Generator<Message> {
  for (let at = 0; at < all.length; ) {
    const end = at + 1 + all.readInt32BE(at + 1);
    yield { kind: String.fromCharCode(all[at] ?? 0), body: all.subarray(at + 5, end) };
    at = end;
  }
}

/** The database's error as pg reports it: with its code. */
function failureIn(body: Buffer): Error {
  const fields = body.toString('utf8').split('\0');
  const field = (letter: string) => fields.find((text) => text.startsWith(letter))?.slice(1);
  return Object.assign(new Error(field('M') ?? 'The database minds it'), { code: field('C') });
}

function columnsIn(body: Buffer): Column[] {
  let at = 2;
  return Array.from({ length: body.readInt16BE(0) }, () => {
    const end = body.indexOf(0, at);
    const name = body.toString('utf8', at, end);
    const type = body.readInt32BE(end + 7);
    at = end + 19;
    return { name, read: readerOf(type) };
  });
}

function rowIn(body: Buffer, columns: readonly Column[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  let at = 2;
  for (const { name, read } of columns) {
    const length = body.readInt32BE(at);
    at += 4;
    row[name] = length === -1 ? null : read(body.toString('utf8', at, at + length));
    at += Math.max(0, length);
  }
  return row;
}

export type Wire = {
  query<Row extends object>(text: string, params?: readonly Param[]): Row[];
  /** Several statements without parameters. */
  exec(text: string): void;
};

export function openWire(database: PGlite): Wire {
  const { serialize } = protocol;
  const statements = new Map<string, { name: string; columns: Column[] }>();
  const sync = serialize.sync();
  const execute = Buffer.concat([serialize.execute({}), sync]);

  function ask(question: Uint8Array): Message[] {
    const chunks: Buffer[] = [];
    // Done before it returns, because nothing is written to a disk; with a listener it doesn't read
    // the answer itself.
    const listening = { syncToFs: false, onRawData: (chunk: Uint8Array) => void chunks.push(Buffer.from(chunk)) };
    void database.execProtocolRawStream(question, listening);
    const [whole = Buffer.concat(chunks)] = chunks.length === 1 ? chunks : [];
    const messages = [...messagesIn(whole)];
    const failed = messages.find(({ kind }) => kind === 'E');
    if (failed) throw failureIn(failed.body);
    return messages;
  }

  function prepare(text: string): { name: string; columns: Column[] } {
    const known = statements.get(text);
    if (known) return known;
    const name = `s${statements.size}`;
    const messages = ask(
      Buffer.concat([serialize.parse({ text, name }), serialize.describe({ type: 'S', name }), sync]),
    );
    const described = messages.find(({ kind }) => kind === 'T');
    const made = { name, columns: described ? columnsIn(described.body) : [] };
    statements.set(text, made);
    return made;
  }

  return {
    query: <Row extends object>(text: string, params: readonly Param[] = []) => {
      const { name, columns } = prepare(text);
      const messages = ask(bind(name, params.map(asSent), execute));
      const rows = messages.filter(({ kind }) => kind === 'D');
      // The caller's statement determines the rows' type, as with any client.
      return rows.map(({ body }) => rowIn(body, columns) as Row);
    },
    exec: (text) => void ask(serialize.query(text)),
  };
}
