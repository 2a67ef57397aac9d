/** A TypeScript file as a tree, read by the parser that Vite brings. */
import { parseSync } from 'vite';

/** An ESTree node of any type: its fields are visited one by one. */
export type Node = { type: string; start: number; end: number } & Record<string, unknown>;

/** A node's place in its parent, and what it therefore is. */
export type Place = {
  parent: Node | null;
  key: string;
  /** The object or callee of a chain with `?.`: nothing may be put around it. */
  inChain: boolean;
};

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

/** @throws if it isn't TypeScript */
export function parseFile(file: string, source: string): Node {
  const { program, errors } = parseSync(file, source, { preserveParens: false });
  if (errors[0]) throw new Error(`${file}: ${errors[0].message}`);
  const tree: unknown = program;
  if (!isNode(tree)) throw new Error(`${file} has no syntax tree`);
  return tree;
}

/** Types are stripped before anything runs; of these, the inner expression stays. */
const TYPED_EXPRESSIONS = new Set(['TSAsExpression', 'TSSatisfiesExpression', 'TSNonNullExpression']);
const isImport = (node: Node) =>
  node.type === 'ImportDeclaration' || (node.type.startsWith('Export') && isNode(node['source']));

/** Visits every node that runs, each before those within it. */
export function walk(node: Node, visit: (node: Node, place: Place) => void): void {
  const step = (at: Node, place: Place) => {
    if (isImport(at)) return;
    if (at.type.startsWith('TS') && !TYPED_EXPRESSIONS.has(at.type)) return;
    visit(at, place);
    for (const [key, value] of Object.entries(at)) {
      const children: unknown[] = Array.isArray(value) ? value : [value];
      const inChain =
        at.type === 'ChainExpression' ||
        (place.inChain && (key === 'object' || key === 'callee' || key === 'expression'));
      for (const child of children) if (isNode(child)) step(child, { parent: at, key, inChain });
    }
  };
  step(node, { parent: null, key: '', inChain: false });
}
