import { withoutCall, withoutOnePart, withSwapped } from './left-out.ts';
import { changedPatterns } from './pattern-changes.ts';
import { changedSql } from './sql-changes.ts';
import { isNode, type Node, type Place, parseFile, walk } from './syntax.ts';

/** One small change to a program that its tests should notice. */
export type Mutant = {
  kind: string;
  start: number;
  end: number;
  /** The replacement for the source from start to end; null: the statement is left out. */
  text: string | null;
  line: number;
  column: number;
};

const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  '===': ['!=='],
  '!==': ['==='],
  '==': ['!='],
  '!=': ['=='],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
  '+=': ['-='],
  '-=': ['+='],
  '??=': ['='],
  '||=': ['&&='],
  '++': ['--'],
  '--': ['++'],
};
const METHODS: Readonly<Record<string, string>> = {
  some: 'every',
  every: 'some',
  min: 'max',
  max: 'min',
  startsWith: 'endsWith',
  endsWith: 'startsWith',
  find: 'findLast',
  toLowerCase: 'toUpperCase',
  toUpperCase: 'toLowerCase',
  floor: 'ceil',
  ceil: 'floor',
};
const WITH_OPERATOR = new Set(['BinaryExpression', 'LogicalExpression', 'AssignmentExpression', 'UpdateExpression']);
/** For these, a mutant of their own says more than `undefined` instead. */
const SAYS_MORE = new Set([
  'ArrayExpression',
  'BinaryExpression',
  'ConditionalExpression',
  'Literal',
  'LogicalExpression',
  'ObjectExpression',
  'TemplateLiteral',
  'UnaryExpression',
  'BlockStatement',
]);
const LOOPS = new Set(['WhileStatement', 'DoWhileStatement', 'ForStatement']);

/** What is written there is a name and not a value. */
function isName({ parent, key }: Place): boolean {
  if (!parent) return false;
  if (key === 'key') return parent['computed'] !== true;
  return key === 'property' && parent.type === 'MemberExpression' && parent['computed'] !== true;
}

type Change = { kind: string; text: string | null };

function ofOperator(node: Node, source: string): Change[] {
  const { operator, left, right, argument } = node;
  if (typeof operator !== 'string') return [];
  const from = isNode(left)
    ? left.end
    : node['prefix'] === true
      ? node.start
      : isNode(argument)
        ? argument.end
        : node.start;
  const to = isNode(right) ? right.start : node.end;
  const at = from + source.slice(from, to).indexOf(operator);
  const [before, after] = [source.slice(node.start, at), source.slice(at + operator.length, node.end)];
  // `a ?? b && c` is no JavaScript.
  const isChain = operator === '??' && isNode(left) && left['operator'] === '??';
  const head = isChain ? `(${before.trimEnd()}) ` : before;
  return (OPERATORS[operator] ?? []).map((other) => ({ kind: 'operator', text: head + other + after }));
}

function ofLiteral(node: Node, source: string): Change[] {
  const { value, regex } = node;
  if (typeof value === 'boolean') return [{ kind: 'literal', text: String(!value) }];
  if (typeof value === 'number') return [{ kind: 'literal', text: `${source.slice(node.start, node.end)} + 1` }];
  if (typeof value === 'string') return [{ kind: 'literal', text: value === '' ? "'mutant'" : "''" }];
  if (!regex) return [];
  const written = source.slice(node.start, node.end);
  const close = written.lastIndexOf('/');
  const [pattern, flags] = [written.slice(1, close), written.slice(close + 1)];
  return changedPatterns(pattern, flags).map((changed) => ({ kind: 'pattern', text: `/${changed}/${flags}` }));
}

/** Of a text or template that is, or looks like, a part of a statement. */
function ofSql(node: Node, source: string): Change[] {
  const { value, expressions } = node;
  if (node.type !== 'TemplateLiteral' && typeof value !== 'string') return [];
  const values = Array.isArray(expressions) ? expressions.filter(isNode) : [];
  const written = source.slice(node.start + 1, node.end - 1);
  const quote = source.slice(node.start, node.start + 1);
  const holes = values.map(({ start, end }) => ({ start: start - node.start - 1, end: end - node.start - 1 }));
  return changedSql(written, holes).map((changed) => ({ kind: 'sql', text: quote + changed + quote }));
}

const of = (kind: string, texts: readonly string[]) => texts.map((text) => ({ kind, text }));

function ofMethod(node: Node, source: string): Change[] {
  const { callee } = node;
  if (!isNode(callee) || callee.type !== 'MemberExpression' || callee['computed'] === true) return [];
  const { property } = callee;
  const name = isNode(property) && typeof property['name'] === 'string' ? property['name'] : '';
  if (!isNode(property) || !Object.hasOwn(METHODS, name)) return [];
  const text = source.slice(node.start, property.start) + METHODS[name] + source.slice(property.end, node.end);
  return [{ kind: 'method', text }];
}

function ofCall(node: Node, source: string): Change[] {
  return [
    ...ofMethod(node, source),
    ...of('method', withoutCall(node, source)),
    ...of('arguments', withSwapped(node, source)),
  ];
}

/** Of `a && b`: `a` alone, and `b` alone. */
function ofHalves({ type, left, right }: Node, source: string): Change[] {
  if (type !== 'LogicalExpression') return [];
  const halves = [left, right].filter(isNode).map(({ start, end }) => source.slice(start, end));
  return of('part', halves);
}

function ofExpression(node: Node, source: string, place: Place): Change[] {
  const { argument, elements, properties, operator } = node;
  if (WITH_OPERATOR.has(node.type)) return [...ofOperator(node, source), ...ofHalves(node, source)];
  if (node.type === 'Literal') return [...ofLiteral(node, source), ...ofSql(node, source)];
  if (node.type === 'CallExpression') return place.inChain ? [] : ofCall(node, source);
  if (node.type === 'UnaryExpression' && isNode(argument)) {
    if (operator === '!') return [{ kind: 'operator', text: source.slice(node.start + 1, node.end) }];
    if (operator === '-') return [{ kind: 'operator', text: `+${source.slice(node.start + 1, node.end)}` }];
  }
  if (node.type === 'TemplateLiteral' && node.end - node.start > 2)
    return [{ kind: 'literal', text: "''" }, ...ofSql(node, source)];
  if (node.type === 'ArrayExpression' && Array.isArray(elements) && elements.length > 0)
    return [{ kind: 'literal', text: '[]' }, ...of('part', withoutOnePart(node, elements, source))];
  if (node.type === 'ObjectExpression' && Array.isArray(properties) && properties.length > 0)
    return [{ kind: 'literal', text: '{}' }, ...of('part', withoutOnePart(node, properties, source))];
  return [];
}

/**
 * Mutants from the position of an expression: a condition that is always or never true, a result
 * that is nothing.
 */
function ofPlace(node: Node, { parent, key }: Place): Change[] {
  if (key === 'test' && parent) {
    if (parent.type === 'IfStatement' || parent.type === 'ConditionalExpression') {
      return ['true', 'false'].map((text) => ({ kind: 'condition', text }));
    }
    if (LOOPS.has(parent.type)) return [{ kind: 'condition', text: 'false' }];
  }
  const isResult =
    (parent?.type === 'ReturnStatement' && key === 'argument') ||
    (parent?.type === 'ArrowFunctionExpression' && key === 'body');
  return isResult && !SAYS_MORE.has(node.type) && node['name'] !== 'undefined'
    ? [{ kind: 'result', text: 'undefined' }]
    : [];
}

function isTarget({ parent, key }: Place): boolean {
  if (key === 'callee' || key === 'tag') return true;
  if (key === 'left') return parent?.type !== 'BinaryExpression' && parent?.type !== 'LogicalExpression';
  return parent?.type === 'UpdateExpression' || (parent?.type === 'ExpressionStatement' && parent['directive'] != null);
}

function ofStatement(node: Node): Change[] {
  if (node.type === 'ThrowStatement') return [{ kind: 'statement', text: null }];
  return node.type === 'ExpressionStatement' && node['directive'] == null ? [{ kind: 'statement', text: null }] : [];
}

/** Every mutant of a file, in source order, the outer before the inner. */
export function findMutants(file: string, source: string): Mutant[] {
  const starts = [0, ...[...source.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const lineOf = (at: number) => starts.findLastIndex((start) => start <= at);
  const found: Mutant[] = [];
  walk(parseFile(file, source), (node, place) => {
    const changes = ofStatement(node);
    if (!isName(place) && !isTarget(place)) changes.push(...ofPlace(node, place), ...ofExpression(node, source, place));
    for (const change of changes) {
      const line = lineOf(node.start);
      const { start, end } = node;
      found.push({ ...change, start, end, line: line + 1, column: start - (starts[line] ?? 0) + 1 });
    }
  });
  return found;
}
