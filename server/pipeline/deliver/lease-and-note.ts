import { type Body, jsonBody, xmlBody } from '../../ascent360/body.ts';
import { type FlagChannel, flagChannels } from '../../domain/consent.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import { noteSending, type SentFlag } from '../../store/consent/told-flags.ts';
import { beginAttempts } from '../../store/deliveries/attempts.ts';
import { keptPayload } from '../../store/deliveries/deliveries.ts';
import { lease } from '../../store/deliveries/leases.ts';
import type { Shop } from '../../store/shops/shops.ts';
import { listSetOf, type StateShown, stateShown, type View } from './evaluate.ts';
import type { Plan } from './plan.ts';

/**
 * A delivery that is leased and ready to post. From here on its flags may have reached Ascent360.
 */
export type ReadyDelivery = {
  shop: Shop;
  id: string;
  eventId: string;
  entity: string | null;
  /** The state that Ascent360 has once it accepts this; null: none. */
  shows: StateShown | null;
  attempts: number;
  firstAttemptAt: Instant;
  fence: number;
  attemptId: string;
  guid: string;
  body: Body;
  flags: SentFlag[];
  account: number;
  contentHash: string;
  /** Set when provider and lists are sent with this email address. */
  lists: { address: string; set: string } | null;
  carriesOptOut: boolean;
  /** It has no email address. Ascent360 doesn't load such records by default. */
  phoneOnly: boolean;
  probe: boolean;
};

/** A delivery that will be sent, before it is leased: with what is kept of it. */
type Leaving = Omit<ReadyDelivery, 'fence'> & { kept: string };

/** What will be sent, ready to be leased and posted. Pure. */
export function readyToLease(
  { shop, stored, found, now }: View,
  { leaving }: Plan,
  { guid, probe }: { guid: string; probe: boolean },
): Leaving[] {
  const listSet = listSetOf(stored);
  return leaving.map(({ evaluated: { delivery, keys }, prepared, attemptId, contentHash }) => {
    const flags: SentFlag[] = flagChannels.flatMap((channel) => {
      const value = prepared.flags[channel];
      const key = keys[channel];
      return value === undefined || !key ? [] : [{ ...key, channel, attemptId, value }];
    });
    const payload = JSON.stringify(prepared.payload);
    return {
      shop,
      id: delivery.id,
      eventId: delivery.eventId,
      entity: delivery.entity,
      shows: stateShown(shop, found, delivery),
      attempts: delivery.attempts,
      firstAttemptAt: delivery.firstAttemptAt ?? now,
      attemptId,
      guid,
      body: stored.settings.format === 'xml' ? xmlBody(prepared.payload) : jsonBody(payload),
      kept: keptPayload(payload, prepared.fields),
      flags,
      account: stored.account,
      contentHash,
      lists: prepared.sendsLists && listSet && keys.email ? { address: keys.email.address, set: listSet } : null,
      carriesOptOut: flags.some(({ value }) => !value),
      phoneOnly: !('Email' in prepared.payload),
      probe,
    };
  });
}

/** The flags of one delivery, each under its channel's name. */
export const byChannel = (flags: readonly SentFlag[]): Partial<Record<FlagChannel, boolean>> =>
  Object.fromEntries(flags.map(({ channel, value }) => [channel, value]));

/** Records attempts and flags, before anything leaves. */
export async function noteLeaving(sql: Sql, { shop, stored, now }: View, ready: readonly Leaving[]): Promise<void> {
  const starts = ready.map(({ id, attemptId, flags, lists }) => ({
    id: attemptId,
    deliveryId: id,
    at: now,
    flags: { ...byChannel(flags), ...(lists && { lists: true }) },
  }));
  const flags = ready.flatMap((delivery) => delivery.flags);
  await Promise.all([beginAttempts(sql, shop, starts), noteSending(sql, shop, stored.account, flags)]);
}

export const withFence = ({ kept: _kept, ...delivery }: Leaving, fence: number): ReadyDelivery => ({
  ...delivery,
  fence,
});

/** Leases what will be sent, and records attempts and flags before anything leaves. */
export async function leaseAndNote(
  sql: Sql,
  view: View,
  plan: Plan,
  { guid, leaseMs, probe }: { guid: string; leaseMs: number; probe: boolean },
): Promise<ReadyDelivery[]> {
  const ready = readyToLease(view, plan, { guid, probe });
  const [fences] = await Promise.all([lease(sql, view.shop, ready, leaseMs), noteLeaving(sql, view, ready)]);
  return ready.map((delivery) => withFence(delivery, fences.get(delivery.id) ?? 0));
}
