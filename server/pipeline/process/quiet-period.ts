import type { Instant } from '../../domain/scalars.ts';
import { madeAt } from '../../platform/database/ids.ts';
import type { DeliveryKind } from '../../store/deliveries/deliveries.ts';
import type { Person } from '../../store/people/people.ts';

/** The kinds of delivery that a new customer causes. */
const QUIET_KINDS: ReadonlySet<DeliveryKind> = new Set(['customer', 'consent', 'tags']);

/**
 * A new customer arrives as several webhooks (details, tags, consent), and none has everything. A
 * delivery waits for the others until the customer has been known for `waitMs`.
 * @returns milliseconds left; null: don't wait
 */
export function quietPeriodLeft(
  kind: DeliveryKind,
  person: Person | null,
  waitMs: number,
  now: Instant,
): number | null {
  if (!person?.profile.customerId || !QUIET_KINDS.has(kind)) return null;
  const left = waitMs - Math.max(0, now - madeAt(person.id));
  return left > 0 ? left : null;
}
