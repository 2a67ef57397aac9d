import type { en } from './en.ts';

type Paths<Node> = {
  [Key in keyof Node & string]: Node[Key] extends string ? Key : `${Key}.${Paths<Node[Key]>}`;
}[keyof Node & string];

/** A sentence of the catalogue (`en.ts`, and its translations in app/texts/). */
export type TextCode = Paths<typeof en>;

/**
 * The values in a sentence. Those named `at` or `…At` are moments in ISO 8601; so are those named
 * `day` or `…Day`, but only the day is shown. A list contains texts.
 */
export type TextParams = Record<string, string | number | readonly Text[]>;

/**
 * A message to a person, without its words: the code that shows it puts it in their language.
 * `next`: the sentence that follows.
 */
export type Text = { code: TextCode; params?: TextParams; next?: Text };

/** One text after another. */
export const inTurn = (first: Text, last: Text | null): Text =>
  last ? { ...first, next: first.next ? inTurn(first.next, last) : last } : first;

/** How a language and a time zone say the parts of a text. */
export type Speech = {
  say(code: TextCode, params: Record<string, string | number>): string;
  moment(iso: string): string;
  day(iso: string): string;
  list(parts: readonly string[]): string;
  /** Goes between two sentences. */
  space: ' ' | '';
};

function spoken(name: string, value: TextParams[string], speech: Speech): string | number {
  if (typeof value === 'object') return speech.list(value.map((one) => sayWith(one, speech)));
  if (/(^a|A)t$/.test(name)) return speech.moment(String(value));
  return /(^d|D)ay$/.test(name) ? speech.day(String(value)) : value;
}

/**
 * A sentence without the full stop behind a value that ends with one, or with an ellipsis, as in
 * “8:30 p.m..”
 */
export function withoutSecondDot(sentence: string, params: Record<string, string | number>): string {
  const dotted = Object.values(params).filter((value) => typeof value === 'string' && /[.…]$/.test(value));
  return dotted.reduce<string>((text, value) => text.replaceAll(`${value}.`, () => String(value)), sentence);
}

/** A text, and the ones that follow it, as one string. */
export function sayWith({ code, params = {}, next }: Text, speech: Speech): string {
  const values = Object.entries(params).map(([name, value]) => [name, spoken(name, value, speech)]);
  const sentence = speech.say(code, Object.fromEntries(values));
  return next ? `${sentence}${speech.space}${sayWith(next, speech)}` : sentence;
}
