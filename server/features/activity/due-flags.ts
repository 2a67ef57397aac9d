import { setImmediate } from 'node:timers/promises';
import { flagChannels, isAboutAddress } from '../../domain/consent.ts';
import type { Instant } from '../../domain/scalars.ts';
import { isOfDamaged, loadContext } from '../../pipeline/deliver/context.ts';
import { type Evaluated, evaluate, imagined, type View } from '../../pipeline/deliver/evaluate.ts';
import { loadSubjects } from '../../pipeline/subjects.ts';
import type { Db } from '../../platform/database/db.ts';
import type { ClaimedDelivery, DeliveryKind } from '../../store/deliveries/deliveries.ts';
import { keptPeople } from '../../store/people/kept-people.ts';
import { loadInstallation } from '../../store/shops/installation.ts';
import { loadSettings, nothingStored } from '../../store/shops/settings.ts';
import { loadShopFacts, type Shop } from '../../store/shops/shops.ts';
import type { DueFlags } from './api.ts';
import { AT_ONCE, largeAlone } from './at-once.ts';
import type { AgainPlan, SendAgain } from './decide-again.ts';
import { readAgain } from './read-again.ts';

export type SendAgainDeps = {
  db: Db;
  now: () => Instant;
};

type Source = {
  id: string;
  event_id: string;
  kind: DeliveryKind;
  entity: string | null;
  person_id: string | null;
  reading: boolean;
  choice: boolean;
  bytes: number;
  topic: string;
  received_at: Date;
};

/** A delivery that would be sent, and the rows of its content, if it has any yet, and its own. */
type Found = { send: SendAgain; from: Source | null; own: Source | undefined };

async function loadSources(db: Db, shop: Shop, ids: readonly string[]): Promise<Map<string, Source>> {
  const rows = await db.query<Source>(
    `SELECT d.id, d.event_id, d.kind, d.entity, d.person_id, d.reading, d.choice,
       coalesce(octet_length(d.subject), 0) AS bytes, e.topic, e.received_at
     FROM deliveries d JOIN events e ON e.id = d.event_id WHERE d.shop_id = $1 AND d.id = ANY($2::uuid[])`,
    [shop.id, ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

export const nothingDue = (): DueFlags => ({
  flags: { EmailPermission: { true: 0, false: 0 }, SMSPermission: { true: 0, false: 0 } },
  skippedAgain: 0,
});

const COUNTED = { email: 'EmailPermission', sms: 'SMSPermission' } as const;

/** @param counted the addresses and people whose flags and lists are counted already: they are sent once */
function add(due: DueFlags, counted: Set<string>, { prepared, keys }: Evaluated): void {
  if (prepared.kind === 'settle') {
    due.skippedAgain++;
    return;
  }
  const news = flagChannels.filter((channel) => {
    const about = `${channel}:${keys[channel]?.address}`;
    if (prepared.flags[channel] === undefined || counted.has(about)) return false;
    counted.add(about);
    return true;
  });
  for (const channel of news.filter(isAboutAddress)) {
    due.flags[COUNTED[channel]][prepared.flags[channel] ? 'true' : 'false']++;
  }
  const listed = `lists:${keys.email?.address}`;
  const addsLists = prepared.sendsLists && !counted.has(listed);
  if (prepared.sendsLists) counted.add(listed);
  if (prepared.onlyChoice && news.length === 0 && !addsLists) due.skippedAgain++;
}

/** Null: it can't be worked out, and will need attention once it is claimed. */
function evaluateSafely(view: View, delivery: ClaimedDelivery): Evaluated | null {
  try {
    return isOfDamaged(delivery, view.found) ? null : evaluate(view, delivery);
  } catch {
    return null;
  }
}

/** What a plan sends: its own deliveries and, by their ids, those that wait and that it joins. */
function wantedBy({ sends, joins }: AgainPlan): (SendAgain | string)[] {
  const own = new Set(sends.map((send) => send.deliveryId));
  return [...sends, ...new Set(joins.map((join) => join.into.id).filter((id) => !own.has(id)))];
}

const asSend = (row: Source): SendAgain => ({
  eventId: row.event_id,
  topic: row.topic,
  receivedAt: row.received_at.getTime(),
  deliveryId: row.id,
  isNew: false,
  kind: row.kind,
  entity: row.entity,
  personId: row.person_id,
  source: row.id,
});

/** These with their rows, without those that were deleted meanwhile. */
async function find(db: Db, shop: Shop, wanted: readonly (SendAgain | string)[]): Promise<Found[]> {
  const ids = wanted.flatMap((one) => (typeof one === 'string' ? one : [one.deliveryId, one.source ?? []].flat()));
  const sources = await loadSources(db, shop, ids);
  return wanted.flatMap((one) => {
    const waiting = typeof one === 'string' ? sources.get(one) : null;
    const send = typeof one === 'string' ? waiting && asSend(waiting) : one;
    const from = send?.source ? sources.get(send.source) : null;
    return send && from !== undefined ? [{ send, from, own: sources.get(send.deliveryId) }] : [];
  });
}

const personOf = ({ send, from }: Found): string | null => (from ? from.person_id : send.personId);

/** These as they would be claimed, without those that were erased or can't be read. */
async function asClaimed(db: Db, shop: Shop, group: readonly Found[], reassert: boolean): Promise<ClaimedDelivery[]> {
  const subjects = await loadSubjects(
    db,
    shop,
    group.flatMap(({ from }) => from?.id ?? []),
  );
  const kept = await keptPeople(
    db,
    shop,
    group.flatMap((one) => personOf(one) ?? []),
  );
  return group.flatMap((one) => {
    const { send, from, own } = one;
    const subject = from ? subjects.get(from.id) : null;
    if (subject === undefined) return [];
    const personId = personOf(one);
    return imagined({
      again: true,
      reassert,
      id: send.deliveryId,
      eventId: send.eventId,
      kind: send.kind,
      entity: from?.entity ?? null,
      personId: personId === null ? null : (kept.get(personId) ?? personId),
      subject,
      topic: send.topic,
      eventReceivedAt: send.receivedAt,
      unread: own?.reading ?? false,
      choice: own?.choice ?? false,
    });
  });
}

/**
 * The flags that sending this plan now would send. Each address counts once, however many events
 * name it.
 */
export async function dueFlags(deps: SendAgainDeps, shop: Shop, plan: AgainPlan, reassert: boolean): Promise<DueFlags> {
  const { db } = deps;
  const now = deps.now();
  const stored = (await loadSettings(db, shop)) ?? nothingStored;
  const life = await loadInstallation(db, shop);
  const counted = new Set<string>();
  const due = nothingDue();
  const wanted = wantedBy(plan);
  for (let at = 0; at < wanted.length; at += AT_ONCE) {
    const found = await find(db, shop, wanted.slice(at, at + AT_ONCE));
    for (const group of largeAlone(found, ({ from }) => from?.bytes ?? 0)) {
      const deliveries = await asClaimed(db, shop, group, reassert);
      due.skippedAgain += group.length - deliveries.length;
      const view = { shop, stored, life, found: await loadContext(db, shop, stored, deliveries), now };
      for (const delivery of deliveries) {
        const evaluated = evaluateSafely(view, delivery);
        if (evaluated) add(due, counted, evaluated);
        else due.skippedAgain++;
      }
      await setImmediate();
    }
  }
  const { country = null } = await loadShopFacts(db, shop);
  for await (const read of readAgain({ sql: db, shop, stored, now }, country, plan.translate)) {
    if (read === 'nothing') due.skippedAgain++;
    else if (read !== 'unknown') add(due, counted, read);
  }
  return due;
}
