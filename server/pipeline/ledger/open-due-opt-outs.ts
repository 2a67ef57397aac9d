import { isAboutAddress } from '../../domain/consent.ts';
import { contactFieldOf } from '../../domain/contact.ts';
import type { Instant } from '../../domain/scalars.ts';
import { type LedgerKey, ledgerKey } from '../../store/consent/facts.ts';
import { untoldOptOutsOf } from '../../store/consent/ledger-checks.ts';
import { OPT_OUT_TOPIC } from '../../store/consent/opt-out-topic.ts';
import { asLastKnown } from '../../store/deliveries/deliveries.ts';
import { firstToAddresses } from '../../store/deliveries/find-due.ts';
import { type DueOptOut, dismissedOptOuts, reopenOptOuts } from '../../store/deliveries/reopen.ts';
import { addOwnEvents, type OwnEvent } from '../../store/events/self-made-events.ts';
import { type Holder, loadHolders } from '../../store/people/holders.ts';
import { imagined } from '../deliver/evaluate.ts';
import { evaluateAll, evaluateWaiting } from '../deliver/evaluate-all.ts';
import type { InShop } from '../in-shop.ts';

/**
 * Who an opt-out is sent with: a person who still has the address, as last known; otherwise anybody
 * who had it, with only the address. Only the address also goes out for a person last seen before
 * the app was uninstalled: we don't know what changed since.
 */
function recipientOf(
  holders: readonly Holder[],
  uninstalledAt: Instant | null,
): { holder: Holder; alone: boolean } | null {
  const current = holders.find(({ gone, channel, written, profile, profileAt }) => {
    const has = profile.contact[contactFieldOf(channel)];
    const isKnown = uninstalledAt === null || (profileAt !== null && profileAt > uninstalledAt);
    return !gone && isKnown && has?.toLowerCase() === written.toLowerCase();
  });
  const [any] = holders;
  if (current) return { holder: current, alone: false };
  return any ? { holder: any, alone: true } : null;
}

/**
 * Opens a delivery for each of these addresses whose opt-out is due. Nothing open may be about them
 * yet.
 * @returns how many it opened
 */
export async function openDueOptOuts(
  { sql, shop, life, stored }: InShop,
  keys: readonly LedgerKey[],
  now: Instant,
): Promise<number> {
  if (keys.length === 0 || !stored?.guid) return 0;
  const byAddress = Map.groupBy(await loadHolders(sql, shop, keys), ledgerKey);
  const candidates = keys.flatMap((key) => {
    const found = recipientOf(byAddress.get(ledgerKey(key)) ?? [], life.lastUninstalledAt);
    if (!found) return [];
    const { holder, alone } = found;
    const about = { channel: holder.channel, address: holder.written, factId: '' };
    const subject = { ...asLastKnown, about, ...(alone && { alone: true as const }) };
    const delivery = imagined({
      kind: 'read',
      personId: holder.id,
      subject,
      topic: OPT_OUT_TOPIC,
      eventReceivedAt: now,
    });
    return [{ key, delivery, own: { person: holder, subject } }];
  });
  const evaluated = await evaluateAll(
    { sql, shop, life, stored },
    candidates.map(({ delivery }) => delivery),
    now,
  );
  const due = candidates.flatMap(({ key, own }, i): DueAgain[] => {
    const { channel, address } = key;
    const decision = isAboutAddress(channel) ? evaluated[i]?.prepared.decisions[channel] : undefined;
    if (decision?.send !== false) return [];
    const owed = [{ ...key, personId: own.person.id, chosenAt: decision.fact?.chosenAt ?? null }];
    return [{ own, owed, about: address, triedAs: address }];
  });
  return await openAgain({ sql, shop }, due, now);
}

/**
 * What would tell due opt-outs. `about`: the address, or the key of the person, by which one that was
 * tried is found; `triedAs`: what reopenOptOuts calls it then.
 */
export type DueAgain = { own: OwnEvent; owed: DueOptOut[]; about: string; triedAs: string };

/**
 * Has each of them tried again, if it was, or else opens a delivery for it.
 * @returns how many there are
 */
export async function openAgain(
  { sql, shop }: Pick<InShop, 'sql' | 'shop'>,
  due: readonly DueAgain[],
  now: Instant,
): Promise<number> {
  const tried = await reopenOptOuts(
    sql,
    shop,
    due.map(({ about }) => about),
    new Map(due.flatMap(({ about, own: { person, subject } }) => (subject?.alone ? [] : [[about, person.id]]))),
  );
  const fresh = due.filter(({ triedAs }) => !tried.has(triedAs));
  const dismissed = await dismissedOptOuts(
    sql,
    shop,
    fresh.flatMap(({ owed }) => owed),
  );
  const isDismissed = (optOut: DueOptOut) => dismissed.has(ledgerKey(optOut));
  await addOwnEvents(
    sql,
    shop,
    { why: 'optOut', now },
    fresh.map(({ own, owed }) => ({ ...own, isDismissed: owed.every(isDismissed) })),
  );
  return due.length;
}

/** The same for the addresses of people who were deleted or merged away, at that moment. */
export async function openOptOutsOf(held: InShop, personIds: readonly string[], now: Instant): Promise<number> {
  if (personIds.length === 0 || !held.stored?.guid) return 0;
  return await openDueOptOuts(held, await untoldOptOutsOf(held.sql, held.shop, held.stored.account, personIds), now);
}

/** Opt-outs that have become due since, and go out with what waits for these addresses, count as undelivered. */
export async function markDueOptOuts(held: InShop, addresses: readonly string[], now: Instant): Promise<void> {
  if (!held.stored?.guid) return;
  await evaluateWaiting(held, await firstToAddresses(held.sql, held.shop, addresses), now);
}
