import { isWithin } from './is-within.ts';
import type { Body } from './parse-body.ts';

/**
 * The key that lists the fields the app may not see, in a body read through the Admin API. No
 * webhook has it.
 */
export const HIDDEN_FIELDS = 'hidden_fields';

/** Whether a field is absent because the app may not see it or its parent. */
export type Hides = (path: string) => boolean;

export function hidesOf(body: Body): Hides {
  const named = body[HIDDEN_FIELDS];
  const hidden: unknown[] = Array.isArray(named) ? named : [];
  if (hidden.length === 0) return () => false;
  return (path) => hidden.some((field) => typeof field === 'string' && isWithin(path, field));
}
