import { setImmediate } from 'node:timers/promises';
import type { Translated } from '../../domain/translated.ts';
import type { Evaluated } from '../../pipeline/deliver/evaluate.ts';
import { type DryRunIn, dryRun } from '../../pipeline/dry-run.ts';
import type { TranslatedEvent } from '../../pipeline/process/batch.ts';
import {
  type StoredEvent,
  type TranslatedOrSettled,
  translateStoredEvent,
} from '../../pipeline/process/translate-stored.ts';
import { isOutage } from '../../platform/database/outage.ts';
import { bodyBinding } from '../../store/events/events.ts';
import type { Shop } from '../../store/shops/shops.ts';
import { AT_ONCE, LARGE_BYTES } from './at-once.ts';

/** What would be sent for an event: nothing, or, once Shopify has been asked for the rest, nobody knows. */
type ReadAgain = Evaluated | 'nothing' | 'unknown';

/** Events about the shop, and erasures, are never sent. */
const unsent: readonly Translated['kind'][] = ['customer_deleted', 'uninstalled', 'lifecycle', 'compliance'];

/** A message that can't be handled keeps no other from being counted. */
async function runSafely(within: DryRunIn, events: readonly TranslatedEvent[]): Promise<ReadAgain[]> {
  try {
    const runs = await dryRun(within, events);
    return runs.map(({ settled, evaluated }) => (settled === null && evaluated ? evaluated : 'nothing'));
  } catch (error) {
    if (isOutage(error)) throw error;
    if (events.length === 1) return ['nothing'];
    const found: ReadAgain[] = [];
    for (const event of events) found.push(...(await runSafely(within, [event])));
    return found;
  }
}

/** Null: it can't be opened, and reading it again puts it under attention. */
function readSafely(shop: Shop, country: string | null, row: StoredEvent): TranslatedOrSettled | null {
  try {
    return translateStoredEvent(country, row, shop.vault.open(bodyBinding(row.id), row.body), shop.domain);
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
    const rows = await sql.query<StoredEvent>(
      'SELECT id, topic, source, triggered_at, received_at, body FROM events WHERE shop_id = $1 AND id = ANY($2::uuid[]) AND body IS NOT NULL',
      [shop.id, ids.slice(at, at + AT_ONCE)],
    );
    const events: TranslatedEvent[] = [];
    for (const row of rows) {
      const read = readSafely(shop, country, row);
      if (row.body.length > LARGE_BYTES) await setImmediate();
      const kind = read && 'event' in read ? read.event.translated.kind : null;
      if (!read || !('event' in read) || unsent.some((one) => one === kind)) yield 'nothing';
      else if (kind === 'incomplete') yield 'unknown';
      else events.push(read.event);
    }
    if (events.length > 0) yield* await runSafely(within, events);
  }
}
