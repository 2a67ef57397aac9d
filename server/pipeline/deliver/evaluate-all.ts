import type { Instant } from '../../domain/scalars.ts';
import { ledgerKey } from '../../store/consent/facts.ts';
import type { ClaimedDelivery } from '../../store/deliveries/deliveries.ts';
import { markOptOuts } from '../../store/deliveries/give-way.ts';
import { dismissedOptOuts } from '../../store/deliveries/reopen.ts';
import { nothingStored } from '../../store/shops/settings.ts';
import type { InShop } from '../in-shop.ts';
import { withSubjects } from '../subjects.ts';
import { loadContext } from './context.ts';
import { type Evaluated, evaluate, optOutsOf } from './evaluate.ts';

type Held = Pick<InShop, 'sql' | 'shop' | 'life' | 'stored'>;

/** What these deliveries would send now, in their order. */
export async function evaluateAll(
  { sql, shop, life, stored }: Held,
  deliveries: readonly ClaimedDelivery[],
  now: Instant,
): Promise<Evaluated[]> {
  const view = { shop, stored: stored ?? nothingStored, life, now };
  const found = await loadContext(sql, shop, view.stored, deliveries);
  return deliveries.map((delivery) => evaluate({ ...view, found }, delivery));
}

/**
 * The same for deliveries that wait and can be read. An opt-out that one of them carries counts as
 * undelivered from now on, whatever it is due for: another account may have been named since. One
 * that the merchant dismissed doesn't.
 */
export async function evaluateWaiting(
  held: Held,
  waiting: readonly ClaimedDelivery[],
  now: Instant,
): Promise<Evaluated[]> {
  const { sql, shop } = held;
  const readable = (await withSubjects(sql, shop, waiting)).filter(({ subject }) => subject !== null);
  const evaluated = await evaluateAll(held, readable, now);
  const dismissed = await dismissedOptOuts(sql, shop, evaluated.flatMap(optOutsOf));
  const counts = (one: Evaluated) => optOutsOf(one).some((flag) => !dismissed.has(ledgerKey(flag)));
  await markOptOuts(
    sql,
    shop,
    evaluated.filter(counts).map(({ delivery }) => delivery.id),
  );
  return evaluated;
}
