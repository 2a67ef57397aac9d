/**
 * An address is a lane: at most one of its deliveries is being sent, and the earliest goes first.
 * These are SQL conditions about a delivery `d`. Each lane is checked separately, so that each uses
 * its own index.
 */
const before = (lane: 'email_lane' | 'phone_lane') => `EXISTS (
         SELECT 1 FROM deliveries o WHERE o.shop_id = d.shop_id AND o.open AND o.${lane} = d.${lane}
           AND o.id <> d.id AND (o.seq < d.seq OR o.lease_until IS NOT NULL))`;

/** Another delivery is ahead of it in one of its lanes, or is being sent there. */
export const behindInLanes = `(${before('email_lane')} OR ${before('phone_lane')})`;

/** No delivery is ahead of it in its lanes, and none is being sent there. */
export const firstOfLanes = `NOT ${before('email_lane')} AND NOT ${before('phone_lane')}`;
