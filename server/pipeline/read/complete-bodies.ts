import { AdminError, isCausedByOneItem } from '../../admin/admin.ts';
import { askForCustomers, fetchWholeOrder } from '../../admin/fetch-records.ts';
import { DAY } from '../../domain/days.ts';
import { noteUnheard } from '../../domain/person.ts';
import type { ShopifyId } from '../../domain/scalars.ts';
import type { Settled } from '../../domain/states.ts';
import type { Translated } from '../../domain/translated.ts';
import { type Detail, detailOf } from '../../domain/wording/details.ts';
import { isOutage } from '../../platform/database/outage.ts';
import { parseBody } from '../../shopify/parse-body.ts';
import { consentBody } from '../../shopify/records/consent-body.ts';
import { customerBody } from '../../shopify/records/customer-body.ts';
import { orderBody } from '../../shopify/records/order-body.ts';
import { topicOf } from '../../shopify/topics.ts';
import { bodyBinding, replaceBody, settleEvents } from '../../store/events/events.ts';
import { unparkEvent } from '../../store/events/parked-events.ts';
import { customerKey } from '../../store/people/identifiers.ts';
import { loadPeople } from '../../store/people/people.ts';
import type { Shop } from '../../store/shops/shops.ts';
import { type InShop, inShop } from '../in-shop.ts';
import type { FetchDeps } from './fetch-people.ts';

/** Few at a time, so that reading people gets its turn. */
const BATCH = 20;
/** After this many in a row for which no answer comes, none comes for any. */
const MOST_FAILURES = 3;

/** For how long to ask for one about which no answer comes, in milliseconds; then it needs attention. */
const MAX_WAIT_MS = 3 * DAY;

type Parked = { event_id: string; topic: string; triggered_at: Date; received_at: Date; body: Uint8Array | null };
type Incomplete = Extract<Translated, { kind: 'incomplete' }>;
type Completion = { body: object } | { settled: Settled; detail: Detail | null };

const REFUSED: Completion = {
  settled: { state: 'attention', reason: 'translation_failed' },
  detail: detailOf('id_only_refused'),
};

const gone = (what: 'order' | 'customer'): Completion => ({
  settled: { state: 'skipped', reason: 'no_contact' },
  detail: detailOf(`id_only_no_${what}`),
});

function incompleteOf(shop: Shop, row: Parked): Incomplete | null {
  const parsed = row.body ? parseBody(shop.vault.open(bodyBinding(row.event_id), row.body)) : null;
  if (!parsed?.ok) return null;
  const translated = topicOf(row.topic)?.translate(parsed.body, {
    topic: row.topic,
    triggeredAt: 0,
    shopCountry: null,
  });
  return translated?.kind === 'incomplete' ? translated : null;
}

async function fetchOrderBody(deps: FetchDeps, shop: Shop, id: ShopifyId, signal: AbortSignal): Promise<Completion> {
  const order = await fetchWholeOrder({ admin: deps.admin, shop, signal }, id);
  return order ? { body: orderBody(order, order.lineItems, order.denied) } : gone('order');
}

async function fetchCustomerBody(
  deps: FetchDeps,
  shop: Shop,
  { id, choiceOf }: Incomplete,
  signal: AbortSignal,
): Promise<Completion> {
  const readAt = deps.now();
  const [answer] = await askForCustomers({ admin: deps.admin, shop, signal }, [id], []);
  if (!answer?.node) return gone('customer');
  const { node, denied } = answer;
  if (!choiceOf) return { body: customerBody(node, denied) };
  const body = consentBody(node, choiceOf, denied, readAt);
  return body ? { body } : REFUSED;
}

/** What they chose then stays unknown, and holds back what they had chosen before. */
async function noteUnread({ sql, shop }: InShop, row: Parked, what: Incomplete | null): Promise<void> {
  if (what?.what !== 'customer' || !what.choiceOf) return;
  const at = row.triggered_at.getTime();
  const key = customerKey(shop.vault, what.id);
  const people = await loadPeople(sql, shop, [key]);
  const person = people.get(key, at, what.id);
  noteUnheard(person.profile, what.choiceOf, { at, eventId: row.event_id });
  people.changed(person);
  await people.save();
}

/**
 * Replaces the short body with the whole one, and translates the event as if it had arrived like
 * that.
 */
async function finish(
  held: InShop,
  row: Parked,
  { what, completion }: { what: Incomplete | null; completion: Completion },
): Promise<void> {
  const { sql, shop } = held;
  // It was erased meanwhile, or the app was uninstalled.
  if ((await unparkEvent(sql, row.event_id)) !== 'open') return;
  if ('settled' in completion) {
    await settleEvents(sql, [{ id: row.event_id, ...completion }]);
    if (completion.settled.state === 'attention') await noteUnread(held, row, what);
    return;
  }
  await replaceBody(sql, shop, row.event_id, completion.body);
}

/** Whether this body would fail again, so that the others needn't wait for it. */
function isAboutThisBody(error: unknown): boolean {
  if (error instanceof AdminError) return isCausedByOneItem(error);
  return !isOutage(error);
}

/**
 * Reads the rest of bodies that Shopify shortened to an id.
 * @param inAnyOrder no answer came for some the last time: perhaps one comes for others
 * @returns how many events continue now; there may be more
 * @throws AdminError
 */
export async function completeBodies(
  deps: FetchDeps & { random: () => number },
  shop: Shop,
  signal: AbortSignal,
  inAnyOrder: boolean,
): Promise<number> {
  const rows = await deps.db.query<Parked>(
    `SELECT p.event_id, e.topic, e.triggered_at, e.received_at, e.body FROM parked_events p JOIN events e ON e.id = p.event_id
     WHERE p.shop_id = $1 AND p.person_id IS NULL ORDER BY md5(p.event_id::text || $2), p.event_id LIMIT ${BATCH}`,
    [shop.id, inAnyOrder ? String(deps.random()) : null],
  );
  const failures: AdminError[] = [];
  let inARow = 0;
  for (const row of rows) {
    let completion: Completion;
    let what: Incomplete | null = null;
    try {
      what = incompleteOf(shop, row);
      if (!what) completion = { settled: { state: 'skipped', reason: 'redacted' }, detail: null };
      else if (what.what === 'order') completion = await fetchOrderBody(deps, shop, what.id, signal);
      else completion = await fetchCustomerBody(deps, shop, what, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      if (!isAboutThisBody(error)) {
        if (!(error instanceof AdminError) || error.failure !== 'later') throw error;
        failures.push(error);
        if (++inARow >= MOST_FAILURES) throw error;
        if (deps.now() - row.received_at.getTime() < MAX_WAIT_MS) continue;
      }
      deps.log.error({ stage: 'read', shop: shop.id, event: row.event_id, err: error }, 'A body cannot be completed');
      const refused = error instanceof AdminError && !error.partial;
      const detail = detailOf(refused ? 'id_only_refused' : 'id_only_failed');
      completion = { settled: { state: 'attention', reason: 'translation_failed' }, detail };
    }
    await inShop(deps.db, shop, async (held) => await finish(held, row, { what, completion }));
    inARow = 0;
  }
  const [failure] = failures;
  if (failure) throw failure;
  return rows.length;
}
