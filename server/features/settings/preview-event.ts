import type { Settled, SkippedReason } from '../../domain/states.ts';
import type { Translated } from '../../domain/translated.ts';
import { gateOf, reasonText } from '../../domain/wording/describe-state.ts';
import { withReasons } from '../../domain/wording/field-reasons.ts';
import { said } from '../../domain/wording/in-english.ts';
import { type DryRunIn, dryRun } from '../../pipeline/dry-run.ts';
import { newId } from '../../platform/database/ids.ts';
import type { Preview } from './api.ts';

/** Events about the shop, and erasures, never reach Ascent360. */
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
  if (unsent) return settled('skipped', unsent);
  const event = { id: newId(), topic, triggeredAt: now, translated, summary: null };
  const [run] = await dryRun(within, [event]);
  const prepared = run?.evaluated?.prepared;
  const sent = prepared?.kind === 'send' ? { payload: prepared.payload, fields: withReasons(prepared.fields) } : {};
  if (run?.settled) return settled(run.settled.state, run.settled.reason, sent);
  const reason = gateOf(stored) ?? 'due';
  return { ...settled('skipped', 'no_contact', sent), state: 'waiting', reason, ...said(reasonText(reason)) };
}
