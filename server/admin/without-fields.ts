import { isWithin } from '../shopify/is-within.ts';
import { isPlace } from './denied-fields.ts';

/**
 * A line of a document, the fields within it, and the line that closes them. `path`: from the node
 * on.
 */
type Selection = { line: string; path: string; within: Selection[]; closing: string | null };

/** Reads a generated document: each field and each closing brace is on its own line. */
function read(text: string): Selection {
  const whole: Selection = { line: '', path: '', within: [], closing: null };
  const open = [whole];
  for (const line of text.trimEnd().split('\n')) {
    const outer = open.at(-1) ?? whole;
    if (line.trim() === '}') {
      outer.closing = line;
      open.pop();
      continue;
    }
    const [name = ''] = /\w+/.exec(line) ?? [];
    // The first two lines name the document and the list it reads.
    const isAbove = open.length <= 2 || isPlace(name);
    const path = isAbove ? outer.path : outer.path === '' ? name : `${outer.path}.${name}`;
    const selection = { line, path, within: [], closing: null };
    outer.within.push(selection);
    if (line.endsWith('{')) open.push(selection);
  }
  return whole;
}

const isLeaf = ({ closing }: Selection) => closing === null;

const leavesOf = (selection: Selection): string[] =>
  selection.within.flatMap((one) => (isLeaf(one) ? [one.path] : leavesOf(one)));

/**
 * The values that a document asks for in a node, e.g. `defaultEmailAddress.emailAddress`, each
 * once.
 */
export const fieldsAskedFor = (text: string): string[] => [...new Set(leavesOf(read(text)))];

function linesOf(selection: Selection, isLeftOut: (field: string) => boolean): string[] {
  if (isLeaf(selection)) return isLeftOut(selection.path) ? [] : [selection.line];
  const within = selection.within.flatMap((one) => linesOf(one, isLeftOut));
  return within.length === 0 ? [] : [selection.line, ...within, selection.closing ?? ''];
}

/**
 * A generated document without some of its fields. Removing an object removes everything in it; an
 * object left empty goes too. The id always stays: we need it to tell records apart.
 * @param fields from the node on, e.g. `customer.defaultAddress.city`
 */
export function withoutFields(text: string, fields: readonly string[]): string {
  const isLeftOut = (field: string) => field !== 'id' && fields.some((one) => isWithin(field, one));
  return read(text)
    .within.flatMap((one) => linesOf(one, isLeftOut))
    .join('\n');
}
