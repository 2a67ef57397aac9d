import { DAY, isoOf } from '../../domain/days.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import { closeProblem, openProblem, openProblems } from './problems.ts';
import type { Shop } from './shops.ts';
import { doubtQuiet } from './silences.ts';

/** What the webhooks missed. `from`, `to`: ISO 8601, the period that was compared. */
type Missed = { orders: number; customers: number; consents: number; from: string | null; to: string };

export const noneMissed = { orders: 0, customers: 0, consents: 0 };

/** How long the merchant sees that something was missed, in milliseconds. */
const SHOWN_MS = 7 * DAY;

const isMissed = (detail: object): detail is Missed => 'orders' in detail && 'to' in detail;

export async function openMissed(sql: Sql, shop: Shop): Promise<{ detail: Missed; openedAt: Instant } | null> {
  const open = (await openProblems(sql, shop)).find(({ kind }) => kind === 'webhooks_missed');
  return open && isMissed(open.detail) ? { detail: open.detail, openedAt: open.openedAt } : null;
}

/** Null: nobody knows since when. */
const earlier = (a: string | null, b: string | null) => (a === null || b === null ? null : a < b ? a : b);

/** Adds to the merchant's entry. */
export async function noteMissed(
  sql: Sql,
  shop: Shop,
  found: Pick<Missed, 'orders' | 'customers' | 'consents'>,
  { since, until, now }: { since: Instant | null; until: Instant; now: Instant },
): Promise<void> {
  if (found.orders + found.customers + found.consents === 0) return;
  const before = (await openMissed(sql, shop))?.detail;
  const from = isoOf(since);
  const detail: Missed = {
    orders: found.orders + (before?.orders ?? 0),
    customers: found.customers + (before?.customers ?? 0),
    consents: found.consents + (before?.consents ?? 0),
    from: before ? earlier(before.from, from) : from,
    to: new Date(until).toISOString(),
  };
  const count = detail.orders + detail.customers + detail.consents;
  await openProblem(sql, shop, { kind: 'webhooks_missed', count, detail }, now);
  await doubtQuiet(sql, shop);
}

/** Closes the merchant's entry after a week in which nothing more was missed. */
export async function closeOldMissed(sql: Sql, shop: Shop, now: Instant): Promise<void> {
  const open = await openMissed(sql, shop);
  if (open && now - Date.parse(open.detail.to) > SHOWN_MS)
    await closeProblem(sql, shop, { kind: 'webhooks_missed' }, now);
}
