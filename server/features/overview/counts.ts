import { DAY, lastDays } from '../../domain/days.ts';
import type { Instant } from '../../domain/scalars.ts';
import { countedNames, countedSources } from '../../domain/states.ts';
import type { StateRow } from '../../domain/wording/describe-state.ts';
import type { Sql } from '../../platform/database/db.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { Counts, FigureQueries, OverviewCounts } from './api.ts';

const DAYS = 14;

type Row = Pick<StateRow, 'state'> & { day: number; h24: boolean; d7: boolean; count: number; newest: Date };

const zero = (): Counts => ({ received: 0, accepted: 0, merged: 0, skipped: 0, waiting: 0, attention: 0 });

function add(counts: Counts, row: Row): void {
  counts.received += row.count;
  counts[row.state === 'received' || row.state === 'open' ? 'waiting' : row.state] += row.count;
}

/**
 * The query of the activity that opens exactly the events of a figure. It ends when the counts were
 * taken, so that what arrives later isn't in it.
 */
const queryOf = (figure: keyof Counts, from: Instant, to: Instant): string =>
  new URLSearchParams({
    ...(figure !== 'received' && { state: figure }),
    source: countedNames.join(','),
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
  }).toString();

const queriesOf = (from: Instant, to: Instant): FigureQueries => ({
  received: queryOf('received', from, to),
  accepted: queryOf('accepted', from, to),
  merged: queryOf('merged', from, to),
  skipped: queryOf('skipped', from, to),
  waiting: queryOf('waiting', from, to),
  attention: queryOf('attention', from, to),
});

/**
 * One statement returns all counts, so that they add up.
 * @param timeZone one the runtime knows
 */
export async function countEvents(sql: Sql, shop: Shop, timeZone: string, now: Instant): Promise<OverviewCounts> {
  const days = lastDays(now, timeZone, DAYS);
  const rows = await sql.query<Row>(
    `SELECT width_bucket(received_at, $2::timestamptz[]) AS day, received_at >= $3::timestamptz AS h24,
       received_at >= $4::timestamptz AS d7, state, count(*) AS count, max(received_at) AS newest
     FROM events WHERE shop_id = $1 AND source IN ${countedSources} AND received_at >= $5::timestamptz
     GROUP BY 1, 2, 3, 4`,
    [
      shop.id,
      days.map((day) => new Date(day.at).toISOString()),
      new Date(now - DAY),
      new Date(now - 7 * DAY),
      new Date(now - 30 * DAY),
    ],
  );
  const counts = { '24h': zero(), '7d': zero(), '30d': zero() };
  const daily = days.map(({ date }) => ({ date, ...zero() }));
  for (const row of rows) {
    if (row.h24) add(counts['24h'], row);
    if (row.d7) add(counts['7d'], row);
    add(counts['30d'], row);
    const day = daily[row.day - 1];
    if (day) add(day, row);
  }
  // A clock elsewhere may be ahead of this one.
  const end = Math.max(now, ...rows.map(({ newest }) => newest.getTime()));
  const queries = {
    '24h': queriesOf(now - DAY, end),
    '7d': queriesOf(now - 7 * DAY, end),
    '30d': queriesOf(now - 30 * DAY, end),
    daily: days.map(({ at }, index) => queriesOf(at, (days[index + 1]?.at ?? end + 1) - 1)),
  };
  return { counts, daily, queries };
}
