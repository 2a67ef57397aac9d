import type { Instant } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import { newId } from '../../platform/database/ids.ts';
import type { LedgerKey } from '../../store/consent/facts.ts';
import type { NewDelivery } from '../../store/deliveries/deliveries.ts';
import { markChoices, type OpenOfEntity } from '../../store/deliveries/give-way.ts';
import { closeDeliveries } from '../../store/deliveries/unsent.ts';
import { keysOfLanes, lanesOf } from '../../store/people/identifiers.ts';
import type { Person } from '../../store/people/people.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { Batch, Outcome, QuietPeriod, Reading } from './batch.ts';
import type { BatchEndings } from './batch-endings.ts';
import { quietPeriodLeft } from './quiet-period.ts';

export type BatchDeliveries = Pick<Batch, 'waiting' | 'drop' | 'bringChoice' | 'deliver' | 'quietMs' | 'leftBehind'> & {
  /** Those for a merged customer go to the kept one, with their lanes. */
  handOver(from: Person, to: Person, lanes: ReturnType<typeof lanesOf>): void;
  /** The new ones that still stand. */
  opened(): NewDelivery[];
  /** Writes what happens to those that waited before. */
  save(sql: Sql): Promise<unknown>;
};

/**
 * The deliveries that a batch opens, and those that give way to them.
 * @param waiting of its orders and customers, before it
 */
export function batchDeliveries(
  shop: Shop,
  waiting: readonly OpenOfEntity[],
  endings: Pick<BatchEndings, 'end'>,
  { now, reading, quiet }: { now: Instant; reading: Reading; quiet: QuietPeriod },
): BatchDeliveries {
  type Open = OpenOfEntity & { isNew: boolean };
  const open = new Map<string, Open>(waiting.map((delivery) => [delivery.entity, { ...delivery, isNew: false }]));
  const deliveries = new Map<string, NewDelivery>();
  const closed: string[] = [];
  const withChoice: string[] = [];
  const left: LedgerKey[] = [];
  let quietMs: number | null = null;

  function end(old: Open, outcome: Outcome): void {
    endings.end(old.eventId, outcome);
    if (old.isNew) deliveries.delete(old.id);
    else closed.push(old.id);
  }

  return {
    waiting: (entity) => open.get(entity)?.eventId ?? null,
    drop: (entity, outcome) => {
      const old = open.get(entity);
      if (!old) return;
      end(old, outcome);
      left.push(...keysOfLanes(old));
      open.delete(entity);
    },
    bringChoice: (entity) => {
      const one = open.get(entity);
      if (!one) return;
      one.choice = true;
      const opened = deliveries.get(one.id);
      if (opened) opened.choice = true;
      else withChoice.push(one.id);
    },
    handOver: (from, to, lanes) => {
      for (const delivery of deliveries.values()) {
        if (delivery.personId !== from.id) continue;
        delivery.personId = to.id;
        const { contact, about } = delivery.subject;
        if (!contact && !about) Object.assign(delivery, lanes);
      }
    },
    deliver: (event, { entity, person, contact, subject, inBody = false, waits, ...what }) => {
      const id = newId();
      const lanes = lanesOf(shop.vault, contact);
      const old = entity ? open.get(entity) : undefined;
      // It also goes out for what the delivery it replaces was for: a choice, or a tag, which
      // counts even if the settings leave customers out. If that one had an opt-out, it counts as
      // open until this one is tried.
      const choice = what.choice === true || old?.choice === true;
      const kind = old?.kind === 'tags' && what.kind === 'customer' ? old.kind : what.kind;
      const carriesOptOut = what.carriesOptOut === true || old?.carriesOptOut === true;
      let takesPlaceOf = old && !old.isNew ? old.id : null;
      const settleMs = waits ? null : quietPeriodLeft(kind, person, quiet.waitMs, now);
      if (settleMs !== null) quietMs = Math.max(quietMs ?? 0, settleMs);
      if (old) {
        takesPlaceOf ??= deliveries.get(old.id)?.takesPlaceOf ?? null;
        end(old, { settled: { state: 'merged', reason: 'superseded' }, mergedInto: event.id });
        left.push(...keysOfLanes(old).filter(({ address }) => !Object.values(lanes).includes(address)));
      }
      deliveries.set(id, {
        id,
        eventId: event.id,
        kind,
        entity,
        personId: person?.id ?? null,
        ...lanes,
        subject,
        inBody,
        takesPlaceOf,
        carriesOptOut,
        choice,
        readWaitMs: waits ? reading.waitMs : null,
        settleMs,
      });
      if (entity)
        open.set(entity, { id, eventId: event.id, entity, kind, choice, carriesOptOut, ...lanes, isNew: true });
      return { settled: null };
    },
    leftBehind: () => left,
    quietMs: () => quietMs,
    opened: () => [...deliveries.values()],
    save: async (sql) => await Promise.all([closeDeliveries(sql, shop, closed), markChoices(sql, shop, withChoice)]),
  };
}
