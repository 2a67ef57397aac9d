/** What ends a condition or an order at its own depth. */
const ENDS =
  'AND|OR|WHERE|(?<!DISTINCT )FROM|THEN|ELSE|JOIN|LEFT|CROSS|SELECT|SET|DO|GROUP BY|HAVING|ORDER BY|LIMIT|OFFSET|FOR|RETURNING|UNION|ON|ROWS|WHEN';
const TOKEN = new RegExp(String.raw`[(),;]|\b(?:CASE|END|BETWEEN|${ENDS})\b`, 'g');

/** Where the condition or the order that starts there ends. */
function endOf(sql: string, start: number, through: string): number {
  let depth = 0;
  let isBetween = false;
  for (const { 0: token, index } of sql.slice(start).matchAll(TOKEN)) {
    if (token === '(' || token === 'CASE') depth += 1;
    else if (depth > 0) depth -= token === ')' || token === 'END' ? 1 : 0;
    else if (token === 'BETWEEN') isBetween = true;
    else if (token === 'AND' && isBetween) isBetween = false;
    else if (token !== through) return start + index;
  }
  return sql.length;
}

/** The same length, without what no keyword is in: `${…}` and quoted texts. */
function masked(sql: string, holes: readonly { start: number; end: number }[]): string {
  let text = sql;
  for (const { start, end } of holes) text = text.slice(0, start) + 'x'.repeat(end - start) + text.slice(end);
  return text.replaceAll(/'[^']*'/g, (quoted) => 'x'.repeat(quoted.length));
}

/**
 * A statement, or a part of one, in which a condition always holds or an alternative never does, or
 * which lacks an order or a limit. Every parameter stays: PostgreSQL refuses one that nothing uses.
 * @param holes where values or other parts are put in
 */
export function changedSql(written: string, holes: readonly { start: number; end: number }[]): string[] {
  const sql = masked(written, holes);
  if (!/\b(?:SELECT|UPDATE|INSERT INTO|DELETE FROM|WHERE|AND|ORDER BY)\b/.test(sql)) return [];
  const changed: string[] = [];
  const replace = (start: number, end: number, text: string) =>
    changed.push(written.slice(0, start) + text + written.slice(end));
  for (const { 0: word, index } of sql.matchAll(/\b(?:AND|WHERE|ON|WHEN|OR)\s+(?!CONFLICT|UPDATE|DELETE)/g)) {
    const start = index + word.length;
    if (word.startsWith('AND') && /\bBETWEEN\s+\S+\s+$/.test(sql.slice(0, index))) continue;
    const end = start + sql.slice(start, endOf(sql, start, '')).trimEnd().length;
    if (end === start) continue;
    const condition = written.slice(start, end);
    replace(start, end, word.startsWith('OR') ? `(${condition} AND false)` : `(${condition} OR true)`);
  }
  for (const { index } of sql.matchAll(/\bORDER BY\b/g)) replace(index, endOf(sql, index + 8, ','), '');
  for (const { 0: word, index } of sql.matchAll(/\bLIMIT\s+/g)) {
    const start = index + word.length;
    replace(start, start, '1000 + ');
  }
  return changed;
}
