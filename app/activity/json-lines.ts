/**
 * A line of a JSON text. `number`: from 1. `path`: dotted, without list indexes, as in the reasons
 * of fields.
 */
export type JsonLine = { number: number; text: string; depth: number; path: string };

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/**
 * JSON as lines that know which field they belong to. Returns only text, however deep the value is.
 * @param most lines; the rest is only counted
 */
export function jsonLines(value: unknown, most: number): { lines: JsonLine[]; total: number } {
  const lines: JsonLine[] = [];
  let total = 0;
  const add = (line: Omit<JsonLine, 'number'>) => {
    total += 1;
    if (total <= most) lines.push({ number: total, ...line });
  };
  // Its own stack: a body may be nested deeper than calls can be.
  const stack: { value?: unknown; end?: string; head: string; tail: string; depth: number; path: string }[] = [
    { value, head: '', tail: '', depth: 0, path: '' },
  ];
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { depth, path, head, tail } = next;
    if (next.end !== undefined) {
      add({ text: `${next.end}${tail}`, depth, path });
      continue;
    }
    if (!isObject(next.value)) {
      add({ text: `${head}${JSON.stringify(next.value) ?? 'null'}${tail}`, depth, path });
      continue;
    }
    const isList = Array.isArray(next.value);
    const [begin, end] = isList ? ['[', ']'] : ['{', '}'];
    const entries = Object.entries(next.value);
    if (entries.length === 0) {
      add({ text: `${head}${begin}${end}${tail}`, depth, path });
      continue;
    }
    add({ text: `${head}${begin}`, depth, path });
    stack.push({ end, head: '', tail, depth, path });
    for (const [index, [key, inner]] of [...entries.entries()].reverse()) {
      stack.push({
        value: inner,
        head: isList ? '' : `${JSON.stringify(key)}: `,
        tail: index < entries.length - 1 ? ',' : '',
        depth: depth + 1,
        path: isList ? path : path === '' ? key : `${path}.${key}`,
      });
    }
  }
  return { lines, total };
}

/**
 * Whether a line belongs to the field that a reason names: the field itself, or something in it.
 */
export function isAt(line: Pick<JsonLine, 'path'>, place: string): boolean {
  return line.path === place || line.path.startsWith(`${place}.`);
}
