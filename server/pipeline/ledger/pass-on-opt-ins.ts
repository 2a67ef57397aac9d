import { tagChannels } from '../../domain/consent.ts';
import { newId } from '../../platform/database/ids.ts';
import { loadTold, noteSending } from '../../store/consent/told-flags.ts';
import type { InShop } from '../in-shop.ts';

/**
 * Ascent360 may have an opt-in to calls or post from a customer who was merged into another. From
 * now on it counts as sent for the kept customer, so that an opt-out of theirs undoes it.
 * @param merges by the ids of people
 */
export async function passOnOptIns(
  { sql, shop, stored }: Pick<InShop, 'sql' | 'shop' | 'stored'>,
  merges: readonly { from: string; to: string }[],
): Promise<void> {
  if (merges.length === 0 || !stored) return;
  const both = merges.flatMap((merge) => tagChannels.map((channel) => ({ ...merge, channel })));
  const keys = both.map(({ channel, from }) => ({ channel, address: from }));
  const told = await loadTold(sql, shop, stored.account, keys);
  const optIns = both.filter(({ channel, from }) => {
    const { accepted, pendingFlags } = told({ channel, address: from });
    return accepted === true || pendingFlags.includes(true);
  });
  const flags = optIns.map(({ channel, to }) => ({ channel, address: to, attemptId: newId(), value: true }));
  await noteSending(sql, shop, stored.account, flags);
}
