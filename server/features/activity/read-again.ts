import { setImmediate } from 'node:timers/promises';
import type { Evaluated } from '../../pipeline/deliver/evaluate.ts';
import { type DryRunIn, dryRun } from '../../pipeline/dry-run.ts';
import type { TranslatedEvent } from '../../pipeline/process/batch.ts';
import { isShopEvent } from '../../pipeline/process/handle-shop-event.ts';
import { openStoredEvent } from '../../pipeline/process/translate-stored.ts';
import { loadStored, type StoredEvent } from '../../store/events/stored-events.ts';
import type { Shop } from '../../store/shops/shops.ts';
import { AT_ONCE, LARGE_BYTES } from './at-once.ts';

/** What would be sent for an event: nothing, or, once Shopify has been asked for the rest, nobody knows. */
type ReadAgain = Evaluated | 'nothing' | 'unknown';

/** Null: it can't be read; reading it again ends it, or makes it need attention. */
function openSafely(shop: Shop, country: string | null, row: StoredEvent): TranslatedEvent | null {
  try {
    const read = openStoredEvent(shop, country, row);
    return 'event' in read ? read.event : null;
  } catch {
    return null;
  }
}

/**
 * What reading the messages of these events again would send, by the code that handles them when
 * they arrive.
 * @param country the shop's, an ISO 3166-1 alpha-2 code
 */
export async function* readAgain(
  within: DryRunIn,
  country: string | null,
  ids: readonly string[],
): AsyncGenerator<ReadAgain> {
  const { sql, shop } = within;
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    if (at > 0) await setImmediate();
    const events: TranslatedEvent[] = [];
    for (const row of await loadStored(sql, shop, ids.slice(at, at + AT_ONCE))) {
      const event = openSafely(shop, country, row);
      if (row.body.length > LARGE_BYTES) await setImmediate();
      // Events about the shop, and erasures, are never sent.
      if (!event || isShopEvent(event.translated)) yield 'nothing';
      else if (event.translated.kind === 'incomplete') yield 'unknown';
      else events.push(event);
    }
    for (const { settled, evaluated } of await dryRun(within, events)) {
      yield settled === null && evaluated ? evaluated : 'nothing';
    }
  }
}
