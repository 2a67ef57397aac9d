import type { SkippedReason } from '../../domain/states.ts';
import type { Translated } from '../../domain/translated.ts';
import { gateOf, reasonText } from '../../domain/wording/describe-state.ts';
import { withReasons } from '../../domain/wording/field-reasons.ts';
import { said } from '../../domain/wording/in-english.ts';
import { type DryRunIn, dryRun } from '../../pipeline/dry-run.ts';
import { newId } from '../../platform/database/ids.ts';
import { accessOf } from '../../store/shops/admin-tokens.ts';
import type { Preview } from './api.ts';

/** Events about the shop, and erasures, never reach Ascent360. */
const nothingSent: Partial<Record<Translated['kind'], SkippedReason>> = {
  uninstalled: 'lifecycle',
  lifecycle: 'lifecycle',
  customer_deleted: 'deleted_person',
  compliance: 'privacy',
};

const ending = (state: Preview['state'], reason: Preview['reason'], sent: Partial<Preview> = {}): Preview => ({
  payload: null,
  fields: [],
  state,
  reason,
  ...said(reason ? reasonText(reason) : { code: 'state.accepted' }),
  ...sent,
});

/**
 * What one translated event would send with these settings, and the reason for each field. Stores
 * nothing.
 */
export async function previewEvent(within: DryRunIn, topic: string, translated: Translated): Promise<Preview> {
  const { stored, now } = within;
  const unsent = nothingSent[translated.kind];
  if (unsent) return ending('skipped', unsent);
  if (translated.kind === 'incomplete' && (await accessOf(within.sql, within.shop)).state === 'ok') {
    return ending('waiting', gateOf(stored) ?? 'reading_shopify');
  }
  const event = { id: newId(), topic, triggeredAt: now, translated, summary: null };
  const [run] = await dryRun(within, [event]);
  const prepared = run?.evaluated?.prepared;
  const sent = prepared?.kind === 'send' ? { payload: prepared.payload, fields: withReasons(prepared.fields) } : {};
  if (run?.settled) return ending(run.settled.state, run.settled.reason, sent);
  return ending('waiting', gateOf(stored) ?? 'due', sent);
}
