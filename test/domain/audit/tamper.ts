import { appendTo } from '../../../server/domain/audit/chain.ts';
import type { AuditEntry } from '../../../server/domain/audit/entries.ts';

const FORGED: AuditEntry = { kind: 'privacy', action: 'exported' };

/**
 * Every way to tamper with one line of an export, with the entries that may be named as the first
 * invalid one.
 */
type Tampering = { what: string; text: string; line: number };

const joined = (lines: readonly string[]) => `${lines.join('\n')}\n`;

/** Changes one character of a value so that the line is still JSON. */
function changed(line: string, at: number): string {
  const places = [...line.matchAll(/[a-z0-9]/gi)].map(({ index }) => index);
  const place = places[at % places.length] ?? 0;
  const letter = line[place] ?? '';
  const other = /\d/.test(letter) ? String((Number(letter) + 1) % 10) : letter === 'a' ? 'b' : 'a';
  return line.slice(0, place) + other + line.slice(place + 1);
}

/** An entry that fits the one before it, in place of this one. */
function forged(line: string): string | null {
  const { seq, prev } = JSON.parse(line) as { seq?: number; prev?: string };
  if (seq === undefined || prev === undefined) return null;
  return appendTo({ seq: seq - 1, hash: prev }, [FORGED], '2026-01-01T00:00:00.000Z').lines[0] ?? null;
}

/**
 * One at a time: each line changed, dropped, swapped with the next, repeated, and a line from
 * elsewhere, or one made to fit, inserted before it.
 */
export function tamperings(text: string): Tampering[] {
  const lines = text.trimEnd().split('\n');
  return lines.flatMap((line, i) => {
    const at = (replacement: readonly string[], removed = 1) =>
      joined([...lines.slice(0, i), ...replacement, ...lines.slice(i + removed)]);
    const next = lines[i + 1];
    const other = lines[(i + 2) % lines.length] ?? '';
    const made = forged(line);
    return [
      { what: 'changed', text: at([changed(line, i * 7)]), line: i + 1 },
      { what: 'dropped', text: at([]), line: i + 1 },
      // Before the last line there may only be entries.
      { what: 'repeated', text: at([line, line]), line: next === undefined ? i + 1 : i + 2 },
      { what: 'inserted', text: at([other, line]), line: i + 1 },
      // It fits; what follows it no longer does.
      ...(made === null ? [] : [{ what: 'forged', text: at([made, line]), line: i + 2 }]),
      ...(next === undefined ? [] : [{ what: 'swapped', text: at([next, line], 2), line: i + 1 }]),
    ].filter((one) => one.text !== joined(lines));
  });
}
