import { writeMoment } from '../../domain/days.ts';
import type { Sql } from '../../platform/database/db.ts';
import { openMissed } from '../../store/shops/missed-changes.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { Problem } from './api.ts';

const counted = (count: number, one: string, many: string) =>
  count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];

/** Changes that no webhook reported and the comparison found. */
export async function missedProblems(sql: Sql, shop: Shop): Promise<Problem[]> {
  const open = await openMissed(sql, shop);
  if (!open) return [];
  const { orders, customers, consents, from, to } = open.detail;
  const moment = (iso: string) => writeMoment(new Date(iso));
  const what = [
    ...counted(orders, 'order', 'orders'),
    ...counted(customers, 'customer', 'customers'),
    ...counted(consents, 'choice', 'choices'),
  ];
  const when = from === null ? `before ${moment(to)}` : `between ${moment(from)} and ${moment(to)}`;
  return [
    {
      kind: 'webhooks_missed',
      message: `Shopify did not tell the app of changes ${when}: ${what.join(', ').replace(/, ([^,]*)$/, ' and $1')}. They were found by comparing with Shopify, and nothing is lost.`,
      since: new Date(open.openedAt).toISOString(),
      count: orders + customers + consents,
      action: 'activity',
    },
  ];
}
