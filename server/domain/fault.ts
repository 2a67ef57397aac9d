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
 * The faults a contract found.
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
  return faults.slice(0, MOST_FAULTS);
}
