import type { Mutant } from './find-mutants.ts';
import { isNode, parseFile, walk } from './syntax.ts';

/**
 * At the same position, closing comes before opening; of two that open the outer comes first, of
 * two that close the inner.
 */
type Insertion = { at: number; opens: boolean; size: number; text: string };

const inOrder = (a: Insertion, b: Insertion) => {
  if (a.at !== b.at) return a.at - b.at;
  if (a.opens !== b.opens) return a.opens ? 1 : -1;
  return a.opens ? b.size - a.size : a.size - b.size;
};

function around(mutants: readonly Mutant[], first: number): Map<string, { mutant: Mutant; id: number }[]> {
  const places = new Map<string, { mutant: Mutant; id: number }[]>();
  for (const [i, mutant] of mutants.entries()) {
    const place = `${mutant.text === null ? 'statement' : 'expression'} ${mutant.start} ${mutant.end}`;
    places.set(place, [...(places.get(place) ?? []), { mutant, id: first + i }]);
  }
  return places;
}

/** A loop that a mutant makes endless is ended from within. */
function loopGuards(file: string, source: string): Insertion[] {
  const guards: Insertion[] = [];
  walk(parseFile(file, source), ({ type, body }) => {
    if (!/^(While|DoWhile|For|ForOf|ForIn)Statement$/.test(type) || !isNode(body)) return;
    const [open, close] = body.type === 'BlockStatement' ? [body.start + 1, null] : [body.start, body.end];
    const size = body.end - body.start + 0.5;
    guards.push({ at: open, opens: true, size, text: close === null ? '__mutation.loop();' : '{__mutation.loop();' });
    if (close !== null) guards.push({ at: close, opens: false, size, text: '}' });
  });
  return guards;
}

/**
 * The source with all its mutants in it, each behind a switch: `__mutation.is(7)` records that this
 * place was reached, and returns whether mutant 7 is on. @param first the number of the first
 * mutant
 */
export function instrument(file: string, source: string, mutants: readonly Mutant[], first: number): string {
  const insertions = loopGuards(file, source);
  for (const group of around(mutants, first).values()) {
    const [one] = group;
    if (!one) continue;
    const { start, end, text } = one.mutant;
    const size = end - start;
    if (text === null) {
      insertions.push({ at: start, opens: true, size: size + 0.25, text: `{if(!__mutation.is(${one.id})){` });
      insertions.push({ at: end, opens: false, size: size + 0.25, text: '}}' });
      continue;
    }
    const choices = group.map(({ mutant, id }) => `__mutation.is(${id})?(${mutant.text}):`);
    insertions.push({ at: start, opens: true, size, text: `(${choices.join('')}` });
    insertions.push({ at: end, opens: false, size, text: ')' });
  }
  let written = '';
  let copied = 0;
  for (const { at, text } of insertions.sort(inOrder)) {
    written += source.slice(copied, at) + text;
    copied = at;
  }
  return written + source.slice(copied);
}
