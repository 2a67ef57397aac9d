import path from 'node:path';
import type { Tried } from './run-mutants.ts';

const short = (text: string) => {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
};

const writeOne = ({ file, line, column, kind, original, text, fate }: Tried) =>
  `  ${file}:${line}:${column} ${kind}: ${short(original)} → ${text === null ? '(left out)' : short(text)}${fate === 'unreached' ? ' (no test reaches it)' : ''}`;

/** How many mutants were killed, by folder, and each that no test noticed with its place. */
export function report(tried: readonly Tried[]): string {
  const folders = Map.groupBy(tried, ({ file }) => path.posix.dirname(file));
  const lines = [...folders].sort().flatMap(([folder, mutants]) => {
    const alive = mutants.filter(({ fate }) => fate !== 'killed');
    const killed = mutants.length - alive.length;
    const share = Math.floor((100 * killed) / mutants.length);
    return [`${folder}: ${killed} of ${mutants.length} killed (${share} %)`, ...alive.map(writeOne)];
  });
  return lines.join('\n');
}
