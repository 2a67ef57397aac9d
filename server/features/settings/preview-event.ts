import type { Instant } from '../../domain/scalars.ts';
import type { Settled, SkippedReason } from '../../domain/states.ts';
import type { Translated } from '../../domain/translated.ts';
import { gateOf } from '../../domain/wording/describe-state.ts';
import { reasonMessages } from '../../domain/wording/messages.ts';
import { dryRun } from '../../pipeline/dry-run.ts';
import type { Db } from '../../platform/database/db.ts';
import { newId } from '../../platform/database/ids.ts';
import type { StoredSettings } from '../../store/shops/settings.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { Preview } from './api.ts';

/** Events that are about the shop or erase something never reach Ascent360. */
const nothingSent: Partial<Record<Translated['kind'], SkippedReason>> = {
  uninstalled: 'lifecycle',
  lifecycle: 'lifecycle',
  customer_deleted: 'deleted_person',
  compliance: 'privacy',
};

const settled = (state: Settled['state'], reason: Settled['reason'], sent: Partial<Preview> = {}): Preview => ({
  payload: null,
  fields: [],
  state,
  reason,
  message: reason ? reasonMessages[reason] : '',
  ...sent,
});

/** What one translated event would send with these settings, and why per field. Stores nothing. */
export async function previewEvent(
  db: Db,
  shop: Shop,
  stored: StoredSettings,
  topic: string,
  translated: Translated,
  now: Instant,
): Promise<Preview> {
  const unsent = nothingSent[translated.kind];
  if (unsent) return settled('skipped', unsent);
  const event = { id: newId(), topic, triggeredAt: now, translated, summary: null };
  const [run] = await dryRun({ sql: db, shop, stored, now }, [event]);
  const prepared = run?.evaluated?.prepared;
  const sent = prepared?.kind === 'send' ? { payload: prepared.payload, fields: prepared.fields } : {};
  if (run?.settled) return settled(run.settled.state, run.settled.reason, sent);
  const reason = gateOf(stored) ?? 'due';
  return { ...settled('skipped', 'no_contact', sent), state: 'waiting', reason, message: reasonMessages[reason] };
}
