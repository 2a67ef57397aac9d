import { z } from 'zod';
import { refusing } from '../domain/fault.ts';
import type { Instant } from '../domain/scalars.ts';
import { idOf } from './row-id.ts';

/** What the next page of a list begins after. `rank`: 0 in a list that is sorted by time alone. */
type Place = { rank: number; receivedAt: Instant; id: string };

const form = /^([0-3])\.(\d{1,15})\.([0-9a-f-]{36})$/;
/** The end of the year 9999: the last moment that PostgreSQL reads the way JavaScript writes it. */
const LAST = 253_402_300_799_999;

export const writeCursor = ({ rank, receivedAt, id }: Place) =>
  Buffer.from(`${rank}.${receivedAt}.${id}`).toString('base64url');

/** Null: not a cursor from writeCursor. */
function readCursor(text: string): Place | null {
  const [, rank, at, written] = form.exec(Buffer.from(text, 'base64url').toString()) ?? [];
  const id = idOf(written);
  if (id === null || Number(at) > LAST) return null;
  const place = { rank: Number(rank), receivedAt: Number(at), id };
  return writeCursor(place) === text ? place : null;
}

const CURSOR = refusing('cursor');
/** The cursor in a query. An empty one counts as absent. */
export const cursorContract = z
  .string({ error: CURSOR })
  .nullish()
  .transform((text, ctx): Place | null => {
    if (!text) return null;
    const after = readCursor(text);
    if (after) return after;
    ctx.addIssue({ code: 'custom', message: CURSOR });
    return z.NEVER;
  });
