import type { Position } from '../domain/imports.ts';
import { jsonIn } from '../domain/json.ts';
import { AdminError } from './admin.ts';

/**
 * The file to read. `denied`: the fields left out because the app may not see them, which each
 * record lists; `size`: the file's size in bytes, null: Shopify doesn't say.
 */
type FileAsked = {
  kind: 'customers' | 'orders';
  metafieldKeys: readonly string[];
  denied: readonly string[];
  size: number | null;
};

/**
 * One customer or order with its child records, as JSON, the line it starts at, and the place after
 * it.
 */
export type FileRecord = { line: number; body: string; next: Position };

const NEWLINE = 10;
/** The largest record, in bytes: the same as for a webhook. */
const MOST_BYTES = 10 * 1024 * 1024;
/** Replaces a larger record. It is unreadable on purpose, so that the problem is seen. */
const TOO_LONG = 'longer than 10 MB';

/** The bytes of an unfinished line. Nothing is kept of a line that is too long. */
function unfinishedLine() {
  let parts: Buffer[] = [];
  let length = 0;
  return {
    add: (bytes: Uint8Array) => {
      length += bytes.length;
      if (length > MOST_BYTES) parts = [];
      // Copy the bytes: they are part of a larger buffer, which would stay in memory with them.
      else parts.push(Buffer.from(bytes));
    },
    length: () => length,
    end: () => {
      const text = length > MOST_BYTES ? TOO_LONG : Buffer.concat(parts).toString('utf8');
      parts = [];
      length = 0;
      return text;
    },
  };
}

/**
 * The lines of a byte stream without line ends, and the place after each. The last line may have no
 * line end.
 */
async function* linesOf(
  bytes: AsyncIterable<Uint8Array>,
  from: Position,
): AsyncGenerator<{ text: string; at: Position; next: Position; isEnded: boolean }> {
  const line = unfinishedLine();
  let at = from;
  for await (const chunk of bytes) {
    let begin = 0;
    for (let end = chunk.indexOf(NEWLINE, begin); end !== -1; end = chunk.indexOf(NEWLINE, begin)) {
      line.add(chunk.subarray(begin, end));
      const next = { line: at.line + 1, offset: at.offset + line.length() + 1 };
      yield { text: line.end(), at, next, isEnded: true };
      at = next;
      begin = end + 1;
    }
    line.add(chunk.subarray(begin));
  }
  if (line.length() === 0) return;
  const next = { line: at.line + 1, offset: at.offset + line.length() };
  yield { text: line.end(), at, next, isEnded: false };
}

/** The node that a child's line names; null: it is no child. A text in it can't look like this. */
const parentIn = (line: string): string | null => /"__parentId"\s*:\s*"([^"]*)"/.exec(line)?.[1] ?? null;

/** What children may name to belong to this line. Others of the same lost parent stay together. */
function namesOf(line: string): Set<string> {
  const parent = parentIn(line);
  if (parent !== null) return new Set([parent]);
  return new Set([...line.matchAll(/"id"\s*:\s*"([^"]*)"/g)].map(([, id = '']) => id));
}

/** Whether a line without a line end is complete. */
const isWhole = (line: string): boolean => typeof jsonIn(line) === 'object';

/**
 * The records of a bulk operation's file (JSON Lines,
 * https://shopify.dev/docs/api/usage/bulk-operations/queries#the-jsonl-data-format), one at a time,
 * whatever the file's size: a node's line, followed by the lines of its children, which name it in
 * `__parentId`. A line that isn't JSON becomes an unreadable record, so that the problem is seen, and so
 * do children that don't follow their parent: one without an id.
 * @param from the place where a record starts; `bytes` start there too
 * @throws AdminError `later` when the file was cut off, before the record that may be incomplete
 */
export async function* readFileRecords(
  bytes: AsyncIterable<Uint8Array>,
  from: Position,
  { kind, metafieldKeys, denied, size }: FileAsked,
): AsyncGenerator<FileRecord> {
  const [type, children] = kind === 'orders' ? ['Order', 'lineItems'] : ['Customer', 'metafields'];
  const asked = `"metafieldKeys":${JSON.stringify(metafieldKeys)},"denied":${JSON.stringify(denied)}`;
  let parent: { text: string; line: number; next: Position } | null = null;
  let names = new Set<string>();
  let under: string[] = [];
  let weight = 0;
  let end = from.offset;
  const cutOff = () => new AdminError('later', 'The file was cut off', { why: 'cut_off' });
  const bodyOf = (text: string): string => {
    if (weight > MOST_BYTES) return TOO_LONG;
    if (!text.startsWith('{"') || !text.endsWith('}')) return text;
    return `{"__typename":"${type}",${text.slice(1, -1)},${asked},"${children}":[${under.join(',')}]}`;
  };
  const whole = ({ text, line, next }: { text: string; line: number; next: Position }): FileRecord => ({
    line,
    body: bodyOf(text),
    next,
  });
  for await (const { text, at, next, isEnded } of linesOf(bytes, from)) {
    const line = text.trim();
    end = next.offset;
    // Throw before the record that this line belongs to: it is incomplete.
    if (!isEnded && (size === null ? !isWhole(line) : end < size)) throw cutOff();
    const of = parentIn(line);
    if (parent !== null && (line === '' || (of !== null && (names.size === 0 || names.has(of))))) {
      weight += line.length;
      if (line !== '' && weight <= MOST_BYTES) under.push(line);
      parent.next = next;
      continue;
    }
    if (parent !== null) yield whole(parent);
    parent = line === '' ? null : { text: line, line: at.line, next };
    names = namesOf(line);
    under = [];
    weight = 0;
  }
  if (size !== null && end < size) throw cutOff();
  if (parent !== null) yield whole(parent);
}

/** Handling more than this at once, in characters of bodies, would hold up everything else in the process. */
export const MOST_AT_ONCE = 1_000_000;

/** Groups of up to `size` records, fewer if they are large. The last one may be smaller. */
export async function* inGroups<T extends { body: string | null }>(
  records: AsyncIterable<T>,
  size: number,
): AsyncGenerator<T[]> {
  let group: T[] = [];
  let weight = 0;
  for await (const record of records) {
    group.push(record);
    weight += record.body?.length ?? 0;
    if (group.length < size && weight < MOST_AT_ONCE) continue;
    yield group;
    group = [];
    weight = 0;
  }
  if (group.length > 0) yield group;
}
