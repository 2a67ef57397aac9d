import type { Instant } from '../../domain/scalars.ts';
import { loadContext } from '../../pipeline/deliver/context.ts';
import { evaluate, imagined } from '../../pipeline/deliver/evaluate.ts';
import type { Sql } from '../../platform/database/db.ts';
import { loadInstallation } from '../../store/shops/installation.ts';
import { nothingStored, type StoredSettings } from '../../store/shops/settings.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { FlagNow } from './api.ts';

/** The flags that sending this person now would carry, with the current settings and ledger. */
export async function flagsNow(
  sql: Sql,
  { shop, stored, now }: { shop: Shop; stored: StoredSettings | null; now: Instant },
  personId: string,
): Promise<{ email: FlagNow; sms: FlagNow }> {
  const settings = stored ?? nothingStored;
  const life = await loadInstallation(sql, shop);
  const delivery = imagined({ kind: 'person', personId, topic: 'person/send', eventReceivedAt: now, again: true });
  const found = await loadContext(sql, shop, settings, [delivery]);
  const { decisions } = evaluate({ shop, stored: settings, life, found, now }, delivery).prepared;
  const of = ({ send, reason }: FlagNow): FlagNow => ({ send, reason });
  return { email: of(decisions.email), sms: of(decisions.sms) };
}
