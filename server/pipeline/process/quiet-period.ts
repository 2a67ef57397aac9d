import type { Instant } from '../../domain/scalars.ts';
import { madeAt } from '../../platform/database/ids.ts';
import type { DeliveryKind } from '../../store/deliveries/deliveries.ts';
import type { Person } from '../../store/people/people.ts';

/** What Shopify tells of a new customer. */
const QUIET_KINDS: ReadonlySet<DeliveryKind> = new Set(['customer', 'consent', 'tags']);

/**
 * How long a delivery waits for what else Shopify tells of a customer first met less than `waitMs` ago: it tells of them in
 * several events, of which none has all: details, tags, the choice.
 * @returns milliseconds; null: it does not wait
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
