import { randomUUID } from 'node:crypto';

/**
 * When a row was created, by the clock of the process that made its id (RFC 9562, section 5.7), in
 * milliseconds since 1970; slightly later when many ids were made at once.
 */
export const madeAt = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

const lastId = { at: 0, count: 0 };

/**
 * The id of a new row: a UUID v7 whose 12 bits after the milliseconds are a counter (RFC 9562,
 * section 6.2, method 1), so that ids from one process sort in the order they were made.
 */
export function newId(): string {
  const now = Date.now();
  lastId.count++;
  if (now > lastId.at) Object.assign(lastId, { at: now, count: 0 });
  else if (lastId.count > 0xfff) Object.assign(lastId, { at: lastId.at + 1, count: 0 });
  const time = lastId.at.toString(16).padStart(12, '0');
  const count = lastId.count.toString(16).padStart(3, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${randomUUID().slice(19)}`;
}

/** No id comes before it. */
export const FIRST_ID = '00000000-0000-0000-0000-000000000000';
/** All come before it. */
export const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** The smallest id of a row created at this time, in milliseconds since 1970, or later. */
export function firstIdAt(at: number): string {
  const hex = Math.max(at, 0).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
