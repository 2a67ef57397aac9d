import type { z } from 'zod';
import type { en } from './wording/en.ts';
import { said } from './wording/in-english.ts';
import { readText, writeText } from './wording/kept-text.ts';
import type { Text } from './wording/text.ts';

/** One fault of what was sent. `field` is its dotted path, empty when it is about the whole. */
export type Fault = { field: string; message: string; text: Text };

/** Enough for a person to work through; a body of a megabyte could hold a hundred thousand faults. */
const MOST_FAULTS = 100;

export const faultOf = (field: string, text: Text): Fault => ({ field, ...said(text) });

/** What a contract says of a value that it refuses: zod carries strings, so the text is written as one. */
export const refusing = (code: keyof typeof en.fault, params?: Text['params']): string =>
  writeText({ code: `fault.${code}`, ...(params && { params }) });

/** What a contract found wrong. @param unknownKey what is said of a key that it does not know */
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
