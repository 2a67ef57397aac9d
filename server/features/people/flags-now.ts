import type { FlagReason } from '../../domain/consent.ts';
import type { Instant } from '../../domain/scalars.ts';
import { evaluate, loadContext } from '../../pipeline/deliver/evaluate.ts';
import type { Sql } from '../../platform/database/db.ts';
import type { ClaimedDelivery } from '../../store/deliveries/deliveries.ts';
import { nothingStored, type StoredSettings } from '../../store/shops/settings.ts';
import { installedAt, loadInstallation, type Shop } from '../../store/shops/shops.ts';

/** What sending a person now would say about a channel; `send` null: nothing, for this reason. */
export type FlagNow = { send: boolean | null; reason: FlagReason };

/** The flags that sending this person now would carry, with the settings and the ledger of this moment. */
export async function flagsNow(
  sql: Sql,
  shop: Shop,
  stored: StoredSettings | null,
  personId: string,
  now: Instant,
): Promise<{ email: FlagNow; sms: FlagNow }> {
  const settings = stored ?? nothingStored;
  const historyBefore = Math.max(installedAt(await loadInstallation(sql, shop)) ?? now, settings.accountSince ?? 0);
  const delivery: ClaimedDelivery = {
    id: personId,
    eventId: personId,
    kind: 'person',
    entity: null,
    personId,
    subject: { contact: null, purchase: null, about: null },
    attempts: 0,
    firstAttemptAt: null,
    again: true,
    reassert: false,
    fence: 0,
    topic: 'person/send',
    eventReceivedAt: now,
  };
  const found = await loadContext(sql, shop, settings.account, [delivery]);
  const { decisions } = evaluate(shop, settings, historyBefore, found, delivery, now).prepared;
  const of = ({ send, reason }: FlagNow): FlagNow => ({ send, reason });
  return { email: of(decisions.email), sms: of(decisions.sms) };
}
