const ESCAPE = String.raw`\\(?:[pPu]\{[^}]*\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|k<\w+>|.)`;
const TOKEN = new RegExp(
  String.raw`${ESCAPE}|\[(?:\\.|[^\]\\])*\]|\(\?(?:[:=!]|<[=!]|<\w+>)|\{\d+(?:,\d*)?\}|.`,
  'gsu',
);
const MEMBER = new RegExp(`(?:${ESCAPE}|[^\\\\])(?:-(?:${ESCAPE}|[^\\\\]))?`, 'gsu');
const QUANTIFIER = /^(?:[+*?]|\{\d.*\})$/;

type Token = { text: string; start: number; end: number };
type Edit = { start: number; end: number; text: string };

const leftOut = ({ start, end }: { start: number; end: number }): Edit => ({ start, end, text: '' });

function ofQuantifier({ text, start, end }: Token): Edit[] {
  if (text === '+' || text === '*') return [{ start, end, text: text === '+' ? '*' : '+' }];
  if (text === '?') return [leftOut({ start, end })];
  return [{ start, end, text: text.replace(/\d+/, (least) => String(Number(least) + 1)).replace(/,\d+\}$/, ',}') }];
}

/** Each character, escape or range of a class such as `[^a-z\d]`. */
function ofClass({ text, start }: Token): Edit[] {
  const first = text.startsWith('[^') ? 2 : 1;
  const members = [...text.slice(first, -1).matchAll(MEMBER)];
  if (members.length < 2) return [];
  return members.map(({ 0: one, index }) => {
    const at = start + first + index;
    return leftOut({ start: at, end: at + one.length });
  });
}

function ofAlternatives(tokens: readonly Token[], length: number): Edit[] {
  const edits: Edit[] = [];
  const groups: { start: number; bars: number[] }[] = [{ start: 0, bars: [] }];
  const close = (end: number) => {
    const { start, bars } = groups.pop() ?? { start: 0, bars: [] };
    if (bars.length === 0) return;
    const starts = [start, ...bars.map((bar) => bar + 1)];
    for (const [i, at] of starts.entries()) {
      const bar = bars[i];
      edits.push(leftOut(bar === undefined ? { start: at - 1, end } : { start: at, end: bar + 1 }));
    }
  };
  for (const { text, start, end } of tokens) {
    if (text.startsWith('(')) groups.push({ start: end, bars: [] });
    else if (text === '|') groups.at(-1)?.bars.push(start);
    else if (text === ')') close(start);
  }
  close(length);
  return edits;
}

function isPattern(pattern: string, flags: string): boolean {
  try {
    new RegExp(pattern, flags);
    return pattern !== '';
  } catch {
    return false;
  }
}

/** A regular expression's pattern with one part left out, or with another quantifier. */
export function changedPatterns(pattern: string, flags: string): string[] {
  const tokens = [...pattern.matchAll(TOKEN)].map(({ 0: text, index }) => ({
    text,
    start: index,
    end: index + text.length,
  }));
  const edits = tokens.flatMap((token, i) => {
    const [before, after] = [tokens[i - 1], tokens[i + 1]];
    if (QUANTIFIER.test(token.text)) return before && QUANTIFIER.test(before.text) ? [] : ofQuantifier(token);
    const isPart = /^[\\[]./s.test(token.text) || (token.text === '^' && i === 0);
    const last = i === tokens.length - 1;
    if (!isPart && !(token.text === '$' && last)) return [];
    const end = after && QUANTIFIER.test(after.text) ? after.end : token.end;
    return [leftOut({ start: token.start, end }), ...(token.text.startsWith('[') ? ofClass(token) : [])];
  });
  const changed = [...edits, ...ofAlternatives(tokens, pattern.length)].map(
    ({ start, end, text }) => pattern.slice(0, start) + text + pattern.slice(end),
  );
  return [...new Set(changed)].filter((one) => isPattern(one, flags));
}
