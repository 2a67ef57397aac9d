import { SHOPIFY_LEVELS } from '../../domain/consent/meaning-of.ts';

/** SQL: the flags of delivery `d`'s last attempt. */
const lastFlags = (d: string) => `(SELECT flags FROM attempts WHERE delivery_id = ${d}.id ORDER BY at DESC LIMIT 1)`;

/**
 * SQL: Ascent360 has accepted a flag since about what this delivery opts out. The OFFSET keeps it a look-up
 * for each delivery: as a join, PostgreSQL would read all that was ever told, for each.
 */
const toldSince = (d: string) => `EXISTS (SELECT 1 FROM told t
       WHERE t.shop_id = ${d}.shop_id AND t.accepted_at >= ${d}.settled_at
         AND NOT EXISTS (SELECT 1 FROM ${lastFlags(d)} a WHERE a.flags->>t.channel IS DISTINCT FROM 'false')
         AND (t.channel, t.address) IN (('email', ${d}.email_lane), ('sms', ${d}.phone_lane),
           ('phone', ${d}.person_id::text), ('postal', ${d}.person_id::text)) OFFSET 0)`;
export const TOLD_SINCE = toldSince('d');

/** SQL: since when the opt-out of delivery `d` of event `e` has been due, tried or not: its event brought it, unless noted. */
export const dueSince = (d = 'd', e = 'e') => `coalesce(${d}.opt_out_since, ${e}.received_at)`;

/** SQL: the same, of a delivery whose event isn't at hand; null if it carries none. */
export const dueSinceOf = (d: string) =>
  `CASE WHEN ${d}.carries_opt_out THEN (SELECT ${dueSince(d, 'of_it')} FROM events of_it WHERE of_it.id = ${d}.event_id) END`;

/** SQL: the choice that delivery `d` brings, while no attempt was made, is this opt-out. */
const chosenOut = (d: string) => `SELECT c.channel AS key, c.address AS about FROM consent_facts c
         WHERE NOT EXISTS (SELECT 1 FROM attempts WHERE delivery_id = ${d}.id) AND c.shop_id = ${d}.shop_id AND c.address IN (${d}.email_lane, ${d}.phone_lane)
           AND c.event_id = ${d}.event_id AND c.state = 'unsubscribed'`;

/** SQL: what this delivery opted out of when it was last tried, or else what its own choice opts out of. */
export const optedOut = (
  d: string,
) => `SELECT f.key, CASE f.key WHEN 'email' THEN ${d}.email_lane WHEN 'sms' THEN ${d}.phone_lane
         ELSE ${d}.person_id::text END AS about FROM ${lastFlags(d)} a, jsonb_each_text(a.flags) f WHERE f.value = 'false'
         UNION ALL ${chosenOut(d)}`;

/** SQL: the opt-in level that the shop's settings ask for on the channel of fact `f`; null: there are none. */
const LEVEL_ASKED = `(SELECT s.document->'consent'->f.channel->>'optInLevel' FROM settings s WHERE s.shop_id = f.shop_id)`;
const satisfied = Object.entries(SHOPIFY_LEVELS).map(
  ([level, levels]) => `WHEN '${level}' THEN ${level === 'any' ? 'true' : `f.level IN ('${levels.join("', '")}')`}`,
);

/**
 * SQL: of all that delivery `d` opts out of, Ascent360 certainly has the opt-out, or it was opted in to since, in an
 * event that names the address: no rule lets an opt-out count then. Where in doubt it counts.
 */
const nothingDue = (d = 'd') => `coalesce((SELECT bool_and(EXISTS (
         SELECT 1 FROM told t JOIN settings s ON s.shop_id = t.shop_id AND s.account = t.account
         WHERE t.shop_id = ${d}.shop_id AND t.channel = x.key AND t.address = x.about
           AND t.accepted = false AND t.unsettled = '[]'::jsonb OFFSET 0) OR EXISTS (
         SELECT 1 FROM consent_facts f WHERE f.shop_id = ${d}.shop_id AND f.address = x.about AND f.channel = x.key
           AND f.state = 'subscribed' AND f.named AND f.chosen_at <= f.recorded_at
           AND CASE ${LEVEL_ASKED} ${satisfied.join(' ')} END
           AND f.chosen_at > ALL (SELECT coalesce(n.chosen_at, '-infinity') FROM consent_facts n
             WHERE n.shop_id = f.shop_id AND n.address = f.address AND n.channel = f.channel AND n.state = 'unsubscribed') OFFSET 0))
       FROM (${optedOut(d)}) AS x), false)`;

/**
 * SQL: the person of delivery `d` and, if we know what it opts out of, everybody who has or had its
 * addresses.
 */
const ITS_PEOPLE = `(SELECT d.person_id AS id UNION SELECT a.person_id FROM addresses a
         WHERE a.shop_id = d.shop_id AND a.address IN (d.email_lane, d.phone_lane) AND EXISTS (${optedOut('d')}))`;

/**
 * SQL: an older event `o` has the same opt-outs, and they aren't accepted yet. A rejected opt-out
 * goes out again with other records, even a guest's, and a person may unsubscribe twice. Our own
 * event, until it is tried, is about the same addresses. An untried state of an order or customer
 * has the opt-outs of the state it replaced, which we no longer know: any other opt-out of the
 * person counts for it.
 */
const REPEATS = `(d.kind IN ('read', 'order', 'customer') OR EXISTS (${optedOut('d')}))
     AND EXISTS (
       SELECT 1 FROM ${ITS_PEOPLE} AS p CROSS JOIN LATERAL (
         SELECT * FROM deliveries WHERE shop_id = d.shop_id AND person_id = p.id AND carries_opt_out OFFSET 0) AS o
       JOIN events oe ON oe.id = o.event_id
       WHERE o.id <> d.id AND oe.state IN ('open', 'attention') AND NOT ${toldSince('o')} AND NOT ${nothingDue('o')}
         AND (d.kind <> 'read' AND NOT EXISTS (${optedOut('d')}) AND EXISTS (${optedOut('o')})
           OR (${dueSince('o', 'oe')}, o.event_id) < (${dueSince()}, d.event_id))
         AND CASE WHEN d.first_attempt_at IS NULL AND d.kind = 'read'
           THEN (o.email_lane, o.phone_lane) IS NOT DISTINCT FROM (d.email_lane, d.phone_lane)
           ELSE NOT EXISTS ((${optedOut('d')}) EXCEPT (${optedOut('o')})) END OFFSET 0)`;

/**
 * SQL: of these events with opt-outs that aren't accepted yet, the oldest of each choice. The OFFSET keeps it a
 * look-up for each of them: as a join, PostgreSQL may ask it of every delivery there is.
 */
export const onceEach = (events: string) =>
  `SELECT open.* FROM (${events}) AS open WHERE NOT EXISTS (
     SELECT 1 FROM events e JOIN deliveries d ON d.event_id = e.id WHERE e.id = open.id AND ${REPEATS} OFFSET 0)`;

/**
 * SQL: the events of a shop whose delivery carries an opt-out that Ascent360 hasn't accepted. It
 * waits, or it needs attention, and nothing else has told it since. One that was dismissed is tried all the same.
 * @param shop the SQL for the shop's id
 * @param only a condition besides
 */
export function openOptOuts(shop: string, columns: string, only: string): string {
  const those = (standing: string) => `SELECT ${columns} FROM deliveries d JOIN events e ON e.id = d.event_id
     WHERE ${standing} AND d.carries_opt_out AND ${only} AND NOT ${nothingDue()}`;
  return `${those(`d.shop_id = ${shop} AND d.open AND e.state = 'open'`)}
     UNION ALL ${those(`e.shop_id = ${shop} AND e.state = 'attention' AND NOT ${TOLD_SINCE}`)}`;
}

/** SQL: those of shop `$1`, each choice once. */
export const OPEN_OPT_OUTS = onceEach(openOptOuts('$1', 'e.id', 'true'));
