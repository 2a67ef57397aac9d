import type { z } from 'zod';
import type { Fault } from '../domain/fault.ts';

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A row's id from a path or query; null when it has not even the form of one. */
export const idOf = (text: unknown) =>
  typeof text === 'string' && uuid.test(text.toLowerCase()) ? text.toLowerCase() : null;

/** What a contract found wrong, as the API says it. */
export function faultsOf(error: z.ZodError): Fault[] {
  const faults = error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ field: [...issue.path, key].join('.'), message: 'is not known here' }))
      : [{ field: issue.path.join('.'), message: issue.message }],
  );
  return faults.slice(0, 100);
}
