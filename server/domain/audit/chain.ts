import { createHash } from 'node:crypto';
import type { AuditEntry } from './entries.ts';

/** Where a chain ends: its newest entry's number, and that line's hash. */
export type ChainEnd = { seq: number; hash: string };

/** Before the first entry. */
export const CHAIN_START: ChainEnd = { seq: 0, hash: '0'.repeat(64) };

export type Json = string | number | boolean | null | { readonly [key: string]: Json | undefined };

/** Canonical JSON (RFC 8785): keys sorted, no spaces, absent values left out. */
export function canonical(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const pairs = Object.keys(value)
    .sort()
    .flatMap((key) => {
      const inner = value[key];
      return inner === undefined ? [] : [`${JSON.stringify(key)}:${canonical(inner)}`];
    });
  return `{${pairs.join(',')}}`;
}

export const hashOfLine = (line: string) => createHash('sha256').update(line).digest('hex');

/**
 * Appends entries to a chain: each line has its number and the hash of the line before.
 * @param at ISO 8601
 */
export function appendTo(
  end: ChainEnd,
  entries: readonly AuditEntry[],
  at: string,
): { lines: string[]; end: ChainEnd } {
  const lines: string[] = [];
  let { seq, hash } = end;
  for (const entry of entries) {
    seq++;
    const line = canonical({ ...entry, at, prev: hash, seq });
    hash = hashOfLine(line);
    lines.push(line);
  }
  return { lines, end: { seq, hash } };
}

/** What an export is of. */
export type ExportOf = { shop: string; from: string | null; to: string | null };

/**
 * The last line of an export: says what it holds, so that a file cut off at either end doesn't pass
 * for a whole one.
 * @param before where the chain stood before the first exported entry
 */
export function endLine(of: ExportOf, before: ChainEnd, end: ChainEnd): string {
  const parts = { ...of, kind: 'end', first: before.seq + 1, last: end.seq, before: before.hash, prev: end.hash };
  return canonical({ ...parts, hash: hashOfLine(canonical(parts)) });
}
