import { setImmediate } from 'node:timers/promises';
import type { EventState } from '../../domain/states.ts';
import { said } from '../../domain/wording/in-english.ts';
import type { Text } from '../../domain/wording/text.ts';
import { type InShop, inShop } from '../../pipeline/in-shop.ts';
import { loadSubjects } from '../../pipeline/subjects.ts';
import type { Sql } from '../../platform/database/db.ts';
import { askIfOptedOut } from '../../store/consent/ledger-checks.ts';
import { addDeliveries, asLastKnown, type DeliverySubject } from '../../store/deliveries/deliveries.ts';
import { markAgain, reopen, sendAsKept } from '../../store/deliveries/reopen.ts';
import type { ActivityFilter } from '../../store/events/event-filter.ts';
import { restateEvents } from '../../store/events/events.ts';
import { selectEvents } from '../../store/events/select-events.ts';
import { noteChangedEnds } from '../../store/imports/imports.ts';
import { lanesOf } from '../../store/people/identifiers.ts';
import { loadProfiles } from '../../store/people/profiles.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { SentAgain } from './api.ts';
import { AT_ONCE, largeAlone } from './at-once.ts';
import { type AgainPlan, refuseUnreadable, type SendAgain } from './decide-again.ts';
import { dueFlags, nothingDue, type SendAgainDeps } from './due-flags.ts';
import { planAgain } from './plan-again.ts';

function leftOutOf({ refused }: AgainPlan): SentAgain['leftOut'] {
  const counted = new Map<string, SentAgain['leftOut'][number]>();
  for (const text of refused.values()) {
    const { code } = text;
    counted.set(code, { ...said(text), count: (counted.get(code)?.count ?? 0) + 1 });
  }
  return [...counted.values()];
}

/** The states from which an event can be resent. */
const SENDABLE: readonly EventState[] = ['attention', 'skipped', 'accepted', 'merged'];

/** The most events that one call resends. */
const MOST_AT_ONCE = 10_000;

/**
 * The events matching a filter that can be resent, newest first; merged ones only if the filter
 * names them.
 */
export async function findSendable(
  sql: Sql,
  shop: Shop,
  filter: ActivityFilter,
  country: string | null,
): Promise<{ ids: string[]; more: boolean }> {
  const state = SENDABLE.filter((name) =>
    filter.state.length === 0 ? name !== 'merged' : filter.state.includes(name),
  );
  if (state.length === 0) return { ids: [], more: false };
  const options = { country, after: null, limit: MOST_AT_ONCE + 1 };
  const { text, params } = selectEvents(shop, { ...filter, state }, options);
  const rows = await sql.query<{ id: string }>(`SELECT id FROM (${text}) found`, params);
  return { ids: rows.slice(0, MOST_AT_ONCE).map((row) => row.id), more: rows.length > MOST_AT_ONCE };
}

/**
 * Creates a delivery for events that have none, with the newest known state of their subject, or
 * the person as last known.
 */
async function addMissing(sql: Sql, shop: Shop, sends: readonly SendAgain[], subjects: Subjects): Promise<void> {
  if (sends.length === 0) return;
  const { profiles } = await loadProfiles(
    sql,
    shop,
    sends.map((send) => send.personId).filter((id) => id !== null),
  );
  await addDeliveries(
    sql,
    shop,
    sends.map((send) => {
      const subject = (send.source ? subjects.get(send.source) : undefined) ?? asLastKnown;
      const contact = subject.contact ?? (send.personId ? profiles.get(send.personId)?.contact : undefined);
      return {
        id: send.deliveryId,
        eventId: send.eventId,
        kind: send.kind,
        entity: send.entity,
        personId: send.personId,
        ...(contact ? lanesOf(shop.vault, contact) : { emailLane: null, phoneLane: null }),
        subject,
        takesPlaceOf: null,
      };
    }),
  );
}

type Subjects = ReadonlyMap<string, DeliverySubject>;

/**
 * Adds the newest states that deliveries of other events hold.
 * @param known those that were read already
 */
async function withNewest(sql: Sql, shop: Shop, { sends }: AgainPlan, known: Subjects): Promise<Subjects> {
  const subjects = new Map(known);
  const wanted = sends.flatMap(({ source, deliveryId }) =>
    source && source !== deliveryId && !subjects.has(source) ? [source] : [],
  );
  for (let at = 0; at < wanted.length; at += AT_ONCE) {
    const found = await sql.query<{ id: string; bytes: number }>(
      `SELECT id, octet_length(subject) AS bytes FROM deliveries
       WHERE shop_id = $1 AND id = ANY($2::uuid[]) AND subject IS NOT NULL`,
      [shop.id, wanted.slice(at, at + AT_ONCE)],
    );
    for (const group of largeAlone(found, ({ bytes }) => bytes)) {
      const ids = group.map(({ id }) => id);
      for (const [id, subject] of await loadSubjects(sql, shop, ids)) subjects.set(id, subject);
      await setImmediate();
    }
  }
  return subjects;
}

async function apply(
  { sql, shop }: Pick<InShop, 'sql' | 'shop'>,
  plan: AgainPlan,
  subjects: Subjects,
  reassert: boolean,
): Promise<void> {
  await askIfOptedOut(
    sql,
    shop,
    [...plan.sends, ...plan.joins].map(({ eventId }) => eventId),
  );
  const added = plan.sends.filter((send) => send.isNew);
  await addMissing(sql, shop, added, subjects);
  await reopen(
    sql,
    shop,
    plan.sends.filter((send) => !send.isNew),
    { reassert, subjects },
  );
  await sendAsKept(
    sql,
    shop,
    plan.sends.map((send) => send.deliveryId),
  );
  const again = [...added.map((send) => send.deliveryId), ...plan.joins.map((join) => join.into.id)];
  await markAgain(sql, shop, again, reassert);
  const states = [
    ...plan.sends.map((send) => ({ id: send.eventId, state: 'open' as const })),
    ...plan.translate.map((id) => ({ id, state: 'received' as const })),
    ...plan.joins
      .filter((join) => !join.accepted)
      .map((join) => ({ id: join.eventId, state: 'merged' as const, mergedInto: join.into.eventId })),
  ];
  await restateEvents(sql, shop, states);
  await noteChangedEnds(
    sql,
    states.map(({ id }) => id),
  );
}

const countOf = (plan: AgainPlan) => {
  const deliveries = new Set([...plan.sends.map((send) => send.deliveryId), ...plan.joins.map((join) => join.into.id)]);
  return deliveries.size + plan.translate.length;
};

/**
 * Resends events: the newest known state of each order, customer or person, even if nothing is new,
 * with the flags that are due at that time. Flags are counted before the transaction, which holds
 * the shop's lock and must stay short.
 * @param options.reassert resends flags that were already accepted
 * @param options.dryRun counts only and changes nothing
 * @returns `refusal`: why the first event that can't be sent stays
 */
export async function sendAgain(
  deps: SendAgainDeps,
  shop: Shop,
  ids: readonly string[],
  options: { reassert: boolean; dryRun: boolean },
): Promise<SentAgain & { refusal: Text | null }> {
  const planned = await planAgain(deps.db, shop, ids);
  const newest = await withNewest(deps.db, shop, planned, new Map());
  const expected = refuseUnreadable(planned, newest);
  const due = await dueFlags(deps, shop, expected, options.reassert);
  const result = (plan: AgainPlan) => ({
    count: countOf(plan),
    together: plan.sends.length + plan.joins.length + plan.translate.length - countOf(plan),
    // Another call may have sent them all meanwhile.
    ...(countOf(plan) === 0 ? nothingDue() : due),
    leftOut: leftOutOf(plan),
    refusal: plan.refused.values().next().value ?? null,
  });
  if (options.dryRun || countOf(expected) === 0) return result(expected);
  return await inShop(deps.db, shop, async ({ sql }) => {
    const planned = await planAgain(sql, shop, ids);
    const subjects = await withNewest(sql, shop, planned, newest);
    const plan = refuseUnreadable(planned, subjects);
    await apply({ sql, shop }, plan, subjects, options.reassert);
    return result(plan);
  });
}
