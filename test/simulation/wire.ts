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

const NONE = Buffer.from([0xff, 0xff, 0xff, 0xff]);
const int2 = (value: number) => {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeInt16BE(value);
  return bytes;
};
const int4 = (value: number) => {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
};

/** Bind, to the unnamed portal; every result as text. */
function bind(statement: string, values: readonly Sent[]): Buffer {
  const formats = values.map((value) => int2(value instanceof Buffer ? 1 : 0));
  const sent = values.flatMap((value) => {
    if (value === null) return [NONE];
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    return [int4(bytes.length), bytes];
  });
  const count = int2(values.length);
  const body = Buffer.concat([Buffer.from(`\0${statement}\0`), count, ...formats, count, ...sent, int2(0)]);
  return Buffer.concat([Buffer.from('B'), int4(body.length + 4), body]);
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

  function ask(...parts: Uint8Array[]): Message[] {
    const chunks: Buffer[] = [];
    // Done before it returns, because nothing is written to a disk; with a listener it doesn't read
    // the answer itself.
    const listening = { syncToFs: false, onRawData: (chunk: Uint8Array) => void chunks.push(Buffer.from(chunk)) };
    void database.execProtocolRawStream(Buffer.concat(parts), listening);
    const messages = [...messagesIn(Buffer.concat(chunks))];
    const failed = messages.find(({ kind }) => kind === 'E');
    if (failed) throw failureIn(failed.body);
    return messages;
  }

  function prepare(text: string): { name: string; columns: Column[] } {
    const known = statements.get(text);
    if (known) return known;
    const name = `s${statements.size}`;
    const messages = ask(serialize.parse({ text, name }), serialize.describe({ type: 'S', name }), sync);
    const described = messages.find(({ kind }) => kind === 'T');
    const made = { name, columns: described ? columnsIn(described.body) : [] };
    statements.set(text, made);
    return made;
  }

  return {
    query: <Row extends object>(text: string, params: readonly Param[] = []) => {
      const { name, columns } = prepare(text);
      const messages = ask(bind(name, params.map(asSent)), execute);
      const rows = messages.filter(({ kind }) => kind === 'D');
      // The caller's statement determines the rows' type, as with any client.
      return rows.map(({ body }) => rowIn(body, columns) as Row);
    },
    exec: (text) => void ask(serialize.query(text)),
  };
}
