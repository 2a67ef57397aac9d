import type { z } from 'zod';

/** One fault of what was sent. `field` is its dotted path, empty when it is about the whole. */
export type Fault = { field: string; message: string };

/** More than so many say no more than these. */
const MOST_FAULTS = 100;

/** What a contract found wrong, each with its field. @param unknown what is said of a key that it does not know */
export function faultsOf({ issues }: z.core.$ZodError, unknown = 'is not known here'): Fault[] {
  const faults = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ field: [...issue.path, key].join('.'), message: unknown }))
      : [{ field: issue.path.join('.'), message: issue.message }],
  );
  return faults.slice(0, MOST_FAULTS);
}
