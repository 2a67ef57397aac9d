import type { Position } from '../domain/imports.ts';

/** What was asked for. `denied`: the fields it was read without, as the app may not see them: each record names them. */
export type FileAsked = {
  kind: 'customers' | 'orders';
  metafieldKeys: readonly string[];
  denied: readonly string[];
};

/** One customer or order with all that belongs to it, as JSON, the line it begins at, and the place after it. */
export type FileRecord = { line: number; body: string; next: Position };

const NEWLINE = 10;

/** The lines of a stream of bytes, without their ends, and the place after each. The last one may lack its end. */
async function* linesOf(
  bytes: AsyncIterable<Uint8Array>,
  from: Position,
): AsyncGenerator<{ text: string; at: Position; next: Position }> {
  let rest: Buffer = Buffer.alloc(0);
  let at = from;
  for await (const chunk of bytes) {
    const all = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    let begin = 0;
    for (let end = all.indexOf(NEWLINE, begin); end !== -1; end = all.indexOf(NEWLINE, begin)) {
      const next = { line: at.line + 1, offset: at.offset + end + 1 - begin };
      yield { text: all.toString('utf8', begin, end), at, next };
      at = next;
      begin = end + 1;
    }
    rest = all.subarray(begin);
  }
  if (rest.length > 0) {
    yield { text: rest.toString('utf8'), at, next: { line: at.line + 1, offset: at.offset + rest.length } };
  }
}

/**
 * The records of a bulk operation's file (JSON Lines,
 * https://shopify.dev/docs/api/usage/bulk-operations/queries#the-jsonl-data-format), one at a time, whatever the file's
 * size: a node's line, and the lines of its children, which follow it and name it as `__parentId`. A line that is no JSON
 * becomes a record that nobody can read, so that it is seen.
 * @param from the place where a record begins, and the bytes with it
 */
export async function* readFileRecords(
  bytes: AsyncIterable<Uint8Array>,
  from: Position,
  { kind, metafieldKeys, denied }: FileAsked,
): AsyncGenerator<FileRecord> {
  const [type, children] = kind === 'orders' ? ['Order', 'lineItems'] : ['Customer', 'metafields'];
  const keys = kind === 'customers' ? `,"metafieldKeys":${JSON.stringify(metafieldKeys)}` : '';
  const unseen = denied.length > 0 ? `,"denied":${JSON.stringify(denied)}` : '';
  let parent: { text: string; line: number; next: Position } | null = null;
  let under: string[] = [];
  const whole = (node: { text: string; line: number; next: Position }): FileRecord => {
    if (!node.text.startsWith('{"') || !node.text.endsWith('}'))
      return { line: node.line, body: node.text, next: node.next };
    const own = node.text.slice(1, -1);
    const body = `{"__typename":"${type}",${own}${keys}${unseen},"${children}":[${under.join(',')}]}`;
    return { line: node.line, body, next: node.next };
  };
  for await (const { text, at, next } of linesOf(bytes, from)) {
    const line = text.trim();
    if (parent !== null && (line === '' || line.includes('"__parentId"'))) {
      if (line !== '') under.push(line);
      parent.next = next;
      continue;
    }
    if (parent !== null) yield whole(parent);
    parent = line === '' ? null : { text: line, line: at.line, next };
    under = [];
  }
  if (parent !== null) yield whole(parent);
}

/** Up to `size` at a time; the last group may be smaller. */
export async function* inGroups<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let group: T[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
