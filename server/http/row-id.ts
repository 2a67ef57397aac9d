import { found } from './errors.ts';

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A row's id from a path or query; null if it doesn't have the form of one. */
export const idOf = (text: unknown) =>
  typeof text === 'string' && uuid.test(text.toLowerCase()) ? text.toLowerCase() : null;

/**
 * The row's id in a path.
 * @throws NotFound if it doesn't have the form of one
 */
export const pathId = (text: unknown): string => found(idOf(text));
