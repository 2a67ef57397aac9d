import { setImmediate } from 'node:timers/promises';
import { flagChannels, isAboutAddress } from '../../domain/consent.ts';
import type { Instant } from '../../domain/scalars.ts';
import { loadContext } from '../../pipeline/deliver/context.ts';
import { type Evaluated, evaluate, imagined, type View } from '../../pipeline/deliver/evaluate.ts';
import { loadSubjects } from '../../pipeline/subjects.ts';
import type { Db } from '../../platform/database/db.ts';
import type { ClaimedDelivery, DeliveryKind } from '../../store/deliveries/deliveries.ts';
import { keptPeople } from '../../store/people/kept-people.ts';
import { loadInstallation } from '../../store/shops/installation.ts';
import { nothingStored, type SettingsStore } from '../../store/shops/settings.ts';
import type { Shop, Shops } from '../../store/shops/shops.ts';
import type { DueFlags } from './api.ts';
import type { AgainPlan, SendAgain } from './decide-again.ts';
import { readAgain } from './read-again.ts';

export type SendAgainDeps = {
  db: Db;
  shops: Pick<Shops, 'facts'>;
  settings: Pick<SettingsStore, 'load'>;
  now: () => Instant;
};

/**
 * How many are evaluated at a time: 10,000 then need little memory, and other requests are answered
 * in between.
 */
const CHUNK = 50;
/** What is stored as more bytes than this may be an order of 10 MB, and is evaluated by itself. */
const LARGE_BYTES = 16 * 1024;

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

/** One delivery that would be sent: a new or reopened one, or one that waits already. */
type Wanted = { source: string | null; send: SendAgain | null };

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

/** Null: it can't be worked out, and its claim puts it under attention. */
function evaluateSafely(view: View, delivery: ClaimedDelivery): Evaluated | null {
  try {
    return evaluate(view, delivery);
  } catch {
    return null;
  }
}

/** The same, with the large ones by themselves. */
function inGroups(chunk: readonly Wanted[], sources: ReadonlyMap<string, Source>): Wanted[][] {
  const isLarge = ({ source }: Wanted) => ((source && sources.get(source)?.bytes) || 0) > LARGE_BYTES;
  const { small = [], large = [] } = Object.groupBy(chunk, (one) => (isLarge(one) ? 'large' : 'small'));
  return [...(small.length > 0 ? [small] : []), ...large.map((one) => [one])];
}

/**
 * The flags that sending this plan now would send. Each address counts once, however many events
 * name it.
 */
export async function dueFlags(deps: SendAgainDeps, shop: Shop, plan: AgainPlan, reassert: boolean): Promise<DueFlags> {
  const { db } = deps;
  const now = deps.now();
  const stored = (await deps.settings.load(shop)) ?? nothingStored;
  const life = await loadInstallation(db, shop);
  const counted = new Set<string>();
  const due = nothingDue();
  const sent = new Set(plan.sends.map((send) => send.deliveryId));
  const waiting = new Set(plan.joins.map((join) => join.into.id).filter((id) => !sent.has(id)));
  const wanted: Wanted[] = [
    ...plan.sends.map((send) => ({ source: send.source, send })),
    ...[...waiting].map((source) => ({ source, send: null })),
  ];
  async function addGroup(group: readonly Wanted[], sources: ReadonlyMap<string, Source>): Promise<void> {
    const subjects = await loadSubjects(
      db,
      shop,
      group.flatMap(({ source }) => source ?? []),
    );
    const people = group.map(({ source, send }) => (source ? sources.get(source)?.person_id : send?.personId));
    const kept = await keptPeople(
      db,
      shop,
      people.flatMap((id) => id ?? []),
    );
    const deliveries = group.flatMap(({ source, send }): ClaimedDelivery[] => {
      const from = source ? sources.get(source) : undefined;
      if (!from && (source || !send)) return [];
      const subject = from ? subjects.get(from.id) : null;
      if (subject === undefined) {
        due.skippedAgain++;
        return [];
      }
      const own = send ? sources.get(send.deliveryId) : from;
      const personId = from ? from.person_id : (send?.personId ?? null);
      return [
        imagined({
          again: true,
          reassert,
          id: send?.deliveryId ?? from?.id ?? '',
          eventId: send?.eventId ?? from?.event_id ?? '',
          kind: send?.kind ?? from?.kind ?? 'person',
          entity: from?.entity ?? null,
          personId: personId === null ? null : (kept.get(personId) ?? personId),
          subject,
          topic: send?.topic ?? from?.topic ?? '',
          eventReceivedAt: send?.receivedAt ?? from?.received_at.getTime() ?? now,
          ...(own?.reading && { unread: true as const }),
          ...(own?.choice && { choice: true as const }),
        }),
      ];
    });
    const found = await loadContext(db, shop, stored, deliveries);
    for (const delivery of deliveries) {
      const evaluated = evaluateSafely({ shop, stored, life, found, now }, delivery);
      if (evaluated) add(due, counted, evaluated);
      else due.skippedAgain++;
    }
  }
  for (let at = 0; at < wanted.length; at += CHUNK) {
    const chunk = wanted.slice(at, at + CHUNK);
    const sources = await loadSources(
      db,
      shop,
      chunk.flatMap(({ source, send }) => [source, send?.deliveryId].flatMap((id) => id ?? [])),
    );
    for (const group of inGroups(chunk, sources)) {
      await addGroup(group, sources);
      await setImmediate();
    }
  }
  const country = (await deps.shops.facts(shop)).country ?? null;
  for await (const read of readAgain({ sql: db, shop, stored, now }, country, plan.translate)) {
    if (read === 'nothing') due.skippedAgain++;
    else if (read !== 'unknown') add(due, counted, read);
  }
  return due;
}
