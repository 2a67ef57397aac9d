import { said } from '../../domain/wording/in-english.ts';
import type { Text } from '../../domain/wording/text.ts';
import type { Sql } from '../../platform/database/db.ts';
import { openMissed } from '../../store/shops/missed-changes.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { Problem } from './api.ts';

const counted = (what: 'orders' | 'customers' | 'choices', count: number): Text[] =>
  count === 0 ? [] : [{ code: `problem.${what}`, params: { count } }];

/** Changes that the comparison found and no webhook reported. */
export async function missedProblems(sql: Sql, shop: Shop): Promise<Problem[]> {
  const open = await openMissed(sql, shop);
  if (!open) return [];
  const { orders, customers, consents, from, to } = open.detail;
  const found = [...counted('orders', orders), ...counted('customers', customers), ...counted('choices', consents)];
  const text: Text =
    from === null
      ? { code: 'problem.webhooks_missed_before', params: { found, toAt: to } }
      : { code: 'problem.webhooks_missed', params: { found, fromAt: from, toAt: to } };
  return [
    {
      kind: 'webhooks_missed',
      ...said(text),
      since: new Date(open.openedAt).toISOString(),
      count: orders + customers + consents,
      query: new URLSearchParams({
        missed: 'yes',
        from: new Date(open.openedAt).toISOString(),
      }).toString(),
      action: 'activity',
    },
  ];
}
