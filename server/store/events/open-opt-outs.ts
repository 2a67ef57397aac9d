/** SQL: the last attempt of delivery `d` carried no opt-out on the channel of `t`. */
const CARRIED_ANOTHER = `EXISTS (SELECT 1 FROM (SELECT flags FROM attempts WHERE delivery_id = d.id ORDER BY at DESC LIMIT 1) a
         WHERE a.flags->>t.channel IS DISTINCT FROM 'false')`;

/**
 * SQL: Ascent360 has accepted a flag since about what delivery `d` opts out. The OFFSET keeps it a look-up
 * for each delivery: as a join, PostgreSQL would read all that was ever told, for each.
 */
export const TOLD_SINCE = `EXISTS (SELECT 1 FROM told t
       WHERE t.shop_id = d.shop_id AND t.accepted_at >= d.settled_at AND NOT ${CARRIED_ANOTHER}
         AND (t.channel, t.address) IN (('email', d.email_lane), ('sms', d.phone_lane),
           ('phone', d.person_id::text), ('postal', d.person_id::text)) OFFSET 0)`;

/**
 * SQL: the events of shop `$1` whose delivery carries an opt-out that Ascent360 hasn't accepted. It
 * waits, or it needs attention, and nothing else has told it since.
 */
export const OPEN_OPT_OUTS = `SELECT event_id FROM deliveries WHERE shop_id = $1 AND open AND carries_opt_out
     UNION ALL
     SELECT e.id FROM events e JOIN deliveries d ON d.event_id = e.id
     WHERE e.shop_id = $1 AND e.state = 'attention' AND d.carries_opt_out AND NOT ${TOLD_SINCE}`;
