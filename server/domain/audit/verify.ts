import { CHAIN_START, canonical, hashOfLine, type Json } from './chain.ts';

export type Verdict =
  | { ok: true; first: number; last: number; hash: string }
  /** `line` counts from 1. `entry`: null for the end line, or when the line can't be read. */
  | { ok: false; line: number; entry: number | null; message: string };

/** `fields`: null if it isn't JSON. JSON that isn't an object has neither a number nor a kind. */
type Line = { text: string; fields: Record<string, Json> | null };

function parse(text: string): Line {
  try {
    return { text, fields: Object.fromEntries(Object.entries(JSON.parse(text))) };
  } catch {
    return { text, fields: null };
  }
}

const entryOf = (line: Line | undefined) =>
  typeof line?.fields?.['seq'] === 'number' && Number.isSafeInteger(line.fields['seq']) ? line.fields['seq'] : null;

/** What the end line says; null: it isn't what endLine wrote, so nothing in it counts. */
function readEnd({ text, fields }: Line): Line['fields'] {
  const { hash: _, ...parts } = fields ?? {};
  if (Object.values(parts).some((value) => typeof value === 'object' && value !== null)) return null;
  return text === canonical({ ...parts, hash: hashOfLine(canonical(parts)) }) ? fields : null;
}

/**
 * Checks an export of the audit log: every entry follows the one before, nothing is missing at
 * either end. Names the first entry that doesn't fit. Somebody who changes an entry and works out
 * all hashes anew is found by comparing the newest hash with the one in the log of that day.
 */
export function verifyExport(text: string): Verdict {
  // Editors and mail programs change line ends, which are not part of an entry.
  const lines = text
    .replace(/^\uFEFF/, '')
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .map(parse);
  const bad = (index: number, message: string): Verdict => ({
    ok: false,
    line: index + 1,
    entry: entryOf(lines[index]),
    message,
  });
  const last = lines.length - 1;
  const end = lines[last];
  const endFields = end?.fields?.['kind'] === 'end' ? end.fields : null;
  const entries = endFields ? lines.slice(0, last) : lines;
  const said = end ? readEnd(end) : null;
  const first = typeof said?.['first'] === 'number' ? said['first'] : (entryOf(entries[0]) ?? 1);
  let expected = first;
  let prev = first === 1 ? CHAIN_START.hash : (said?.['before'] ?? entries[0]?.fields?.['prev']);
  for (const [index, line] of entries.entries()) {
    const { fields } = line;
    const seq = entryOf(line);
    if (!fields || seq === null) return bad(index, `is not an entry; entry ${expected} belongs here`);
    if (seq !== expected) return bad(index, `entry ${seq} is where entry ${expected} belongs`);
    if (fields['prev'] !== prev) {
      // Which of the two was changed: if the next one still fits this one, it was the one before.
      const isSound = lines[index + 1]?.fields?.['prev'] === hashOfLine(line.text);
      return index > 0 && isSound
        ? bad(index - 1, `entry ${seq - 1} was changed: entry ${seq} has another hash of it`)
        : bad(index, `entry ${seq} has another hash of the entry before it`);
    }
    prev = hashOfLine(line.text);
    expected++;
  }
  if (!endFields) return bad(lines.length, 'the end line is missing: the file is cut off');
  if (!said) return bad(last, 'the end line was changed');
  if (said['last'] !== expected - 1) return bad(last, `entry ${expected} is missing before the end line`);
  if (said['prev'] !== prev) {
    return last > 0
      ? bad(last - 1, `entry ${expected - 1} was changed: the end line has another hash of it`)
      : bad(last, 'the end line was changed');
  }
  return { ok: true, first, last: expected - 1, hash: `${prev}` };
}
