import { CLOSED } from '../../domain/delivery/breaker.ts';
import type { Db } from '../../platform/database/db.ts';
import { loadSettings, saveBreaker } from '../../store/shops/settings.ts';
import type { Shop } from '../../store/shops/shops.ts';
import { inShop } from '../in-shop.ts';
import { type ClaimDeps, type Claimed, claimDeliveries } from './claim.ts';
import { breakerAfter, type Finished, type RecordDeps, type Recorded, recordAttempts } from './record.ts';

export type TurnDeps = ClaimDeps & RecordDeps & { db: Db };

export type Turn = { recorded: Recorded[] } & Pick<Claimed, 'ready' | 'settled' | 'putOff'>;

/**
 * One turn of a shop: records the attempts that ended and claims what to send next, in one
 * transaction under the shop's lock. So a delivery costs at most one commit, and several that end
 * together share it.
 * @param max how many deliveries may be claimed
 */
export async function takeTurn(deps: TurnDeps, shop: Shop, finished: readonly Finished[], max: number): Promise<Turn> {
  return await inShop(deps.db, shop, async (held) => {
    const recorded = await recordAttempts(held, deps, finished);
    // A probe that was refused or accepted changes what may be claimed.
    const changed = finished.some(({ delivery, result }) => delivery.probe || result?.class === 'connection_problem');
    const stored = changed ? await loadSettings(held.sql, shop) : held.stored;
    const before = held.stored?.breaker ?? CLOSED;
    const breaker = breakerAfter(deps, before, finished, held.at);
    const claimed = await claimDeliveries({ ...held, stored }, deps, breaker, max);
    if (claimed.breaker !== before) await saveBreaker(held.sql, shop, claimed.breaker);
    return { recorded, ready: claimed.ready, settled: claimed.settled, putOff: claimed.putOff };
  });
}
