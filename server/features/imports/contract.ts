import { z } from 'zod';
import { DAY, ORDERS_DAYS, startOfDay } from '../../domain/days.ts';
import { refusing } from '../../domain/fault.ts';
import type { ImportRequest } from '../../domain/imports.ts';
import type { Instant } from '../../domain/scalars.ts';
import { visibleText } from '../../domain/visible-text.ts';
import { changedSince } from '../../shopify/changed-since.ts';
import { idIn } from '../../shopify/gid.ts';
import { parseBody } from '../../shopify/parse-body.ts';

/** For more, import a segment or all customers. */
const MOST_IDS = 10_000;

/** No id is longer, even with what was copied along: removing that from a megabyte would block the process for long. */
const LONGEST_ID = 100;

const digitsOf = (type: string, error: string) =>
  z
    .union([z.string().max(LONGEST_ID, { error }), z.int({ error }).positive({ error })], { error })
    // Shopify's own CSV file puts an apostrophe before an id.
    .transform((written) => visibleText(String(written)).replace(/^['"’\s]+|['"’\s]+$/g, ''))
    .pipe(z.string().regex(new RegExp(`^(?:gid://shopify/${type}/)?[1-9]\\d{0,19}$`), { error }))
    .transform(idIn);

const CUSTOMER_ID = refusing('customer_id');
const SEGMENT_ID = refusing('segment_id');
const FROM = refusing('moment');

/** Days are in the shop's calendar. */
const moment = (timeZone: string) =>
  z
    .string({ error: FROM })
    .trim()
    .pipe(z.union([z.iso.date({ error: FROM }), z.iso.datetime({ offset: true, error: FROM })], { error: FROM }))
    .transform((text) => (text.length === 10 ? startOfDay(text, timeZone) : Date.parse(text)))
    // Shopify is younger, and neither it nor PostgreSQL reads all older dates.
    .refine((at) => at >= 0, { error: FROM });

const shape = {
  kind: z.enum(['customers', 'orders'], { error: refusing('choice', { options: 'customers, orders' }) }),
  customerIds: z
    .array(digitsOf('Customer', CUSTOMER_ID), { error: refusing('list') })
    .min(1, { error: refusing('list_empty') })
    .max(MOST_IDS, { error: refusing('ids_long', { max: MOST_IDS }) })
    .transform((ids) => [...new Set(ids)])
    .nullish(),
  segmentId: digitsOf('Segment', SEGMENT_ID).nullish(),
};

/**
 * The body of `POST /api/imports`.
 * @param timeZone the shop's, one that the runtime knows
 */
export const importContract = (now: Instant, timeZone: string) =>
  z
    .strictObject({ ...shape, from: moment(timeZone).nullish() }, { error: refusing('json') })
    .superRefine((asked, ctx) => {
      const refuse = (field: string, message: string) => ctx.addIssue({ code: 'custom', path: [field], message });
      const oldest = now - ORDERS_DAYS * DAY;
      if (asked.from != null && asked.from > now) refuse('from', refusing('future'));
      // Allow all of the oldest day, and a page that was open over midnight.
      if (asked.kind === 'orders' && asked.from != null && asked.from < oldest - DAY) {
        refuse('from', refusing('too_old', { days: ORDERS_DAYS }));
      }
      if (asked.kind === 'orders' && asked.customerIds) refuse('customerIds', refusing('customers_only'));
      if (asked.kind === 'orders' && asked.segmentId) refuse('segmentId', refusing('customers_only'));
      if (asked.customerIds && asked.segmentId) refuse('segmentId', refusing('ids_or_segment'));
      if (asked.from != null && (asked.customerIds || asked.segmentId)) {
        refuse('from', refusing('no_from'));
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

/** The search for a bulk operation; null: everything. `isInRange` drops customers that changed earlier. */
export function searchOf({ kind, from }: Pick<ImportRequest, 'kind' | 'from'>): string | null {
  if (from === null) return null;
  return kind === 'orders' ? `created_at:>='${new Date(from).toISOString()}'` : changedSince(from);
}

/**
 * Whether a record in the file falls in the requested range. Unreadable records are kept, so that
 * they are seen.
 */
export function isInRange({ kind, from }: Pick<ImportRequest, 'kind' | 'from'>, record: string): boolean {
  if (kind === 'orders' || from === null) return true;
  const parsed = parseBody(record);
  const changed = parsed.ok ? parsed.body['updatedAt'] : undefined;
  return typeof changed !== 'string' || !(Date.parse(changed) < from);
}
