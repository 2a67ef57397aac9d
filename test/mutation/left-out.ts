import { isNode, type Node } from './syntax.ts';

/** Methods whose object is of the kind that they return. */
const SAME_KIND = new Set([
  'filter',
  'flat',
  'normalize',
  'replace',
  'replaceAll',
  'slice',
  'sort',
  'toReversed',
  'toSorted',
  'trim',
  'trimEnd',
  'trimStart',
]);

/** A list or an object without one of its parts: of each part, when there are several. */
export function withoutOnePart({ start, end }: Node, parts: unknown, source: string): string[] {
  if (!Array.isArray(parts) || parts.length < 2) return [];
  const nodes = parts.filter(isNode);
  if (nodes.length < parts.length) return [];
  return nodes.map((part, i) => {
    const [before, after] = [nodes[i - 1], nodes[i + 1]];
    const [from, to] = after ? [part.start, after.start] : [before?.end ?? part.start, part.end];
    return source.slice(start, from) + source.slice(to, end);
  });
}

/** The object alone, for a call of a method that could have returned it. */
export function withoutCall({ callee }: Node, source: string): string[] {
  if (!isNode(callee) || callee.type !== 'MemberExpression' || callee['computed'] === true) return [];
  const { object, property } = callee;
  if (!isNode(object) || !isNode(property) || !SAME_KIND.has(String(property['name']))) return [];
  return [source.slice(object.start, object.end)];
}

const isSimple = ({ type }: Node) => type === 'Identifier' || type === 'MemberExpression' || type === 'Literal';

/** A call with two neighbouring arguments swapped; those of `Math` may come in any order. */
export function withSwapped(call: Node, source: string): string[] {
  if (source.startsWith('Math.', call.start)) return [];
  const given = Array.isArray(call['arguments']) ? call['arguments'].filter(isNode) : [];
  return given.flatMap((one, i) => {
    const next = given[i + 1];
    if (!next || !isSimple(one) || !isSimple(next)) return [];
    const [first, second] = [source.slice(one.start, one.end), source.slice(next.start, next.end)];
    if (first === second) return [];
    const between = source.slice(one.end, next.start);
    return [source.slice(call.start, one.start) + second + between + first + source.slice(next.end, call.end)];
  });
}
