import { styleText } from 'node:util';
import type { Played } from './play.ts';
import type { Verdict } from './verdict.ts';
import type { ActivityDetail } from './world.ts';

type Style = Parameters<typeof styleText>[0];
type Cell = { text: string; style?: Style };

const COLUMNS = [
  ['EVENT', 29],
  ['WHAT ASCENT360 GOT', 30],
  ['FLAGS', 11],
  ['OUTCOME', 19],
  ['WHY', 40],
] as const;
const GAP = '  ';
export const WIDTH = COLUMNS.reduce((sum, [, width]) => sum + width, GAP.length * (COLUMNS.length - 1));

/** Breaks at spaces, and long names after `_`, `/` and `.`; whatever is still too long is cut. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const piece of paragraph.match(/ *[^ _/.]*[_/.]?/g) ?? []) {
      const next = line === '' ? piece.trimStart() : line + piece;
      if (next.length <= width) {
        line = next;
        continue;
      }
      if (line !== '') lines.push(line.trimEnd());
      line = piece.trimStart();
      while (line.length > width) {
        lines.push(line.slice(0, width));
        line = line.slice(width);
      }
    }
    lines.push(line.trimEnd());
  }
  return lines;
}

function paint({ text, style }: Cell): string {
  return style ? styleText(style, text) : text;
}

function renderCells(cells: readonly Cell[][]): string {
  const columns = COLUMNS.map(([, width], i) =>
    (cells[i] ?? []).flatMap((cell) => wrap(cell.text, width).map((text) => ({ ...cell, text: text.padEnd(width) }))),
  );
  const height = Math.max(...columns.map((lines) => lines.length));
  const lines = Array.from({ length: height }, (_, at) =>
    columns.map((lines, i) => paint(lines[at] ?? { text: ' '.repeat(COLUMNS[i]?.[1] ?? 0) })).join(GAP),
  );
  return lines.map((line) => line.trimEnd()).join('\n');
}

export function renderHead(title: string): string {
  const names = renderCells(COLUMNS.map(([text]) => [{ text, style: 'dim' }]));
  return `\n${styleText('bold', title)}\n\n${names}\n${styleText('dim', '─'.repeat(WIDTH))}`;
}

const textOf = (value: unknown, key: string): string => {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  return typeof found === 'string' ? found : '';
};
const listOf = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : '');

/** A payload's main keys, in a few words each. */
export function describePayload(payload: Record<string, unknown>): string {
  const name = `${textOf(payload, 'FirstName')} ${textOf(payload, 'LastName')}`.trim();
  const order = payload['Order'];
  return [
    [name, textOf(payload, 'Email')].filter((part) => part !== '').join(', '),
    payload['Mobile'] ? `Mobile ${textOf(payload, 'Mobile')}` : '',
    order ? `Order ${textOf(order, 'Name')} ${textOf(order, 'Event')} ${textOf(order, 'Total')}` : '',
    payload['Interests'] ? `Interests ${listOf(payload['Interests'])}` : '',
    payload['ListIds'] ? `Lists ${listOf(payload['ListIds'])}` : '',
    `${Object.keys(payload).length} keys`,
  ]
    .filter((line) => line !== '')
    .join('\n');
}

const FLAGS = { EmailPermission: 'Email', SMSPermission: 'SMS', PhonePermission: 'Phone', AddressPermission: 'Post' };

function flagCells(payload: Record<string, unknown>): Cell[] {
  const cells = Object.entries(FLAGS).flatMap(([key, name]): Cell[] => {
    const value = payload[key];
    return typeof value === 'boolean'
      ? [{ text: `${name} ${value}`, style: value ? ['bold', 'green'] : ['bold', 'red'] }]
      : [];
  });
  return cells.length > 0 ? cells : [{ text: '–', style: 'dim' }];
}

const STYLES: Record<ActivityDetail['state'], Style> = {
  accepted: 'green',
  merged: 'cyan',
  skipped: 'yellow',
  waiting: 'magenta',
  sending: 'magenta',
  retrying: 'magenta',
  attention: ['bold', 'red'],
};

function whyOf(detail: ActivityDetail): string {
  if (detail.state !== 'accepted') return detail.message ?? detail.reason ?? '';
  const flags = Object.keys(FLAGS).filter((key) => key in (detail.payload ?? {}));
  const told = flags.length > 0 ? flags : ['EmailPermission'];
  return told
    .map((key) => detail.fields?.find((field) => field.key === key)?.reason ?? '')
    .filter((reason) => reason !== '')
    .join('\n');
}

/** One webhook: what it was, what was sent to Ascent360, and why. */
export function renderRow({ title, topic, detail }: Played): string {
  const event: Cell[] = title ? [{ text: title }, { text: topic, style: 'dim' }] : [{ text: topic }];
  const nothing: Cell = { text: '–', style: 'dim' };
  if (!detail) {
    return renderCells([
      event,
      [nothing],
      [nothing],
      [{ text: 'recognised (200)', style: 'cyan' }],
      [{ text: 'The same webhook id: stored once' }],
    ]);
  }
  const { payload, state, reason } = detail;
  const sent = detail.attempts.length > 0 && payload ? payload : null;
  const answers = detail.attempts.map(({ status, error }) => status ?? error ?? 'no answer').join(', then ');
  return renderCells([
    event,
    [sent ? { text: describePayload(sent) } : nothing],
    sent ? flagCells(sent) : [nothing],
    [
      { text: state, style: STYLES[state] },
      ...(reason ? [{ text: reason }] : []),
      ...(answers ? [{ text: `HTTP ${answers}`, style: 'dim' as const }] : []),
    ],
    [{ text: whyOf(detail) }],
  ]);
}

export function renderVerdict({ totals, records, faults }: Verdict): string {
  const { received, accepted, merged, skipped, waiting, attention } = totals;
  const sum = `received ${received} = accepted ${accepted} + merged ${merged} + skipped ${skipped} + waiting ${waiting} + attention ${attention}`;
  const check =
    faults.length === 0
      ? styleText('green', 'nothing lost, 0 faults in their format, every flag is the newest choice')
      : styleText(
          ['bold', 'red'],
          `${faults.length === 1 ? '1 fault' : `${faults.length} faults`}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
        );
  return `\n${styleText('dim', '─'.repeat(WIDTH))}\n${styleText('bold', sum)}\n${records} records at the stand-in for Ascent360: ${check}\n`;
}
