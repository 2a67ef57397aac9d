import { z } from 'zod';
import { startOfDay } from '../../domain/days.ts';
import type { ImportRequest } from '../../domain/imports.ts';
import type { Instant } from '../../domain/scalars.ts';
import { parseBody } from '../../shopify/parse-body.ts';

/** Shopify gives apps the orders of the last 60 days (https://shopify.dev/docs/api/usage/access-scopes#orders-permissions). */
export const ORDERS_DAYS = 60;
const DAY = 24 * 3_600_000;
/** More are an import of a segment, or of everybody. */
const MOST_IDS = 10_000;

const digitsOf = (type: string, error: string) =>
  z
    .union([z.string(), z.int().positive()], { error })
    .transform((written) => String(written).trim())
    .pipe(z.string().regex(new RegExp(`^(?:gid://shopify/${type}/)?[1-9]\\d{0,19}$`), { error }))
    .transform((written) => written.slice(written.lastIndexOf('/') + 1));

const CUSTOMER_ID = 'Enter a customer’s id as digits or gid://shopify/Customer/…';
const SEGMENT_ID = 'Enter a segment’s id as digits or gid://shopify/Segment/…';
const FROM = 'Enter a day (2026-11-23) or a moment with its zone (2026-11-23T09:00:00Z)';

/** A day is one of the shop's calendar. */
const moment = (timeZone: string) =>
  z
    .string({ error: FROM })
    .trim()
    .pipe(z.union([z.iso.date({ error: FROM }), z.iso.datetime({ offset: true, error: FROM })], { error: FROM }))
    .transform((text) => (text.length === 10 ? startOfDay(text, timeZone) : Date.parse(text)));

const shape = {
  kind: z.enum(['customers', 'orders'], { error: 'Choose customers or orders' }),
  customerIds: z
    .array(digitsOf('Customer', CUSTOMER_ID), { error: 'Enter a list of customers’ ids' })
    .min(1, { error: 'Enter at least one customer’s id' })
    .max(MOST_IDS, { error: `Enter at most ${MOST_IDS} ids; for more, import a segment` })
    .transform((ids) => [...new Set(ids)])
    .nullish(),
  segmentId: digitsOf('Segment', SEGMENT_ID).nullish(),
};

/** What `POST /api/imports` takes. @param timeZone the shop's, one that the runtime knows */
export const importContract = (now: Instant, timeZone: string) =>
  z
    .strictObject(
      { ...shape, from: moment(timeZone).nullish() },
      { error: 'Send a JSON object: {"kind": "customers"}' },
    )
    .superRefine((asked, ctx) => {
      const refuse = (field: string, message: string) => ctx.addIssue({ code: 'custom', path: [field], message });
      const oldest = now - ORDERS_DAYS * DAY;
      if (asked.from != null && asked.from > now) refuse('from', 'Choose a moment that has been');
      // The whole of the oldest day, and a page that was open over midnight.
      if (asked.kind === 'orders' && asked.from != null && asked.from < oldest - DAY) {
        refuse('from', `Shopify gives this app the orders of the last ${ORDERS_DAYS} days: choose a later day`);
      }
      if (asked.kind === 'orders' && asked.customerIds) refuse('customerIds', 'Leave it out: it is for customers');
      if (asked.kind === 'orders' && asked.segmentId) refuse('segmentId', 'Leave it out: it is for customers');
      if (asked.customerIds && asked.segmentId) refuse('segmentId', 'Name customers or a segment, not both');
      if (asked.from != null && (asked.customerIds || asked.segmentId)) {
        refuse('from', 'Leave it out: the customers are named');
      }
    })
    .transform(
      (asked): ImportRequest => ({
        kind: asked.kind,
        from: asked.from ?? (asked.kind === 'orders' ? now - ORDERS_DAYS * DAY : null),
        customerIds: asked.customerIds ?? null,
        segmentId: asked.segmentId ?? null,
      }),
    );

/**
 * The search that a bulk operation reads; null: everything. Customers are searched by whole days, of whichever zone: from the
 * day before, and `isAsked` leaves out what was changed earlier.
 */
export function searchOf({ kind, from }: Pick<ImportRequest, 'kind' | 'from'>): string | null {
  if (from === null) return null;
  if (kind === 'orders') return `created_at:>='${new Date(from).toISOString()}'`;
  return `updated_at:>='${new Date(from - DAY).toISOString().slice(0, 10)}'`;
}

/** Whether a record of the file is from the moment on that was asked for. What cannot be read is kept, so that it is seen. */
export function isInRange({ kind, from }: Pick<ImportRequest, 'kind' | 'from'>, record: string): boolean {
  if (kind === 'orders' || from === null) return true;
  const parsed = parseBody(record);
  const changed = parsed.ok ? parsed.body['updatedAt'] : undefined;
  return typeof changed !== 'string' || !(Date.parse(changed) < from);
}
