import type { z } from 'zod';
import type { en } from './wording/en.ts';
import { said } from './wording/in-english.ts';
import { readText, writeText } from './wording/kept-text.ts';
import type { Text } from './wording/text.ts';

/** One fault in a request. `field` is its dotted path, empty when it concerns the whole. */
export type Fault = { field: string; message: string; text: Text };

/**
 * Enough for a person to work through: a body of a megabyte could have a hundred thousand faults.
 */
const MOST_FAULTS = 100;

export const faultOf = (field: string, text: Text): Fault => ({ field, ...said(text) });

/**
 * A contract's message for a value it refuses. zod only carries strings, so the text is written as
 * one.
 */
export const refusing = (code: keyof typeof en.fault, params?: Text['params']): string =>
  writeText({ code: `fault.${code}`, ...(params && { params }) });

/**
 * The faults a contract found, the first of each field: zod goes on to measure a value of another
 * type, if that has a length too.
 * @param unknownKey the text for a key it doesn't know
 */
export function faultsOf(
  { issues }: Pick<z.ZodError, 'issues'>,
  unknownKey: Text = { code: 'fault.unknown_key' },
): Fault[] {
  const faults = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => faultOf([...issue.path, key].join('.'), unknownKey))
      : [faultOf(issue.path.join('.'), readText(issue.message))],
  );
  const first = new Map<string, Fault>();
  for (const fault of faults) if (!first.has(fault.field)) first.set(fault.field, fault);
  return [...first.values()].slice(0, MOST_FAULTS);
}
