import type { Param } from '../../platform/database/db.ts';
import type { LedgerKey } from '../consent/facts.ts';
import type { Shop } from '../shops/shops.ts';
import type { PersonTraces } from './find-traces.ts';

/** What is about a person rather than about an address has their row's id in place of one. */
const aboutThemselves = ({ people }: PersonTraces): LedgerKey[] =>
  people.flatMap(({ id }) => [
    { channel: 'phone', address: id },
    { channel: 'postal', address: id },
  ]);

/** The parameters of the conditions below. */
export function whoseParams(shop: Shop, traces: PersonTraces): Param[] {
  const about = [...traces.addresses, ...traces.passedOn, ...aboutThemselves(traces)];
  return [
    shop.id,
    about.map(({ channel }) => channel),
    about.map(({ address }) => address),
    traces.people.map(({ id }) => id),
    traces.passedOn.map(({ address }) => address),
  ];
}

const ABOUT = 't.shop_id = $1 AND (t.channel, t.address) IN (SELECT * FROM unnest($2::text[], $3::text[]))';
const OTHERS_CHOSE = `EXISTS (SELECT 1 FROM consent_facts f WHERE f.shop_id = $1 AND f.address = t.address AND f.channel = t.channel
  AND f.person_id <> ALL($4::uuid[]))`;

/**
 * Which rows `t` of these tables are the person's. What another customer chose about an address that
 * both have had is the other's, and so are the decisions about it, and what was sent about it.
 */
export const isTheirs = {
  consent_facts: `${ABOUT} AND (t.person_id = ANY($4::uuid[]) OR (t.person_id IS NULL AND t.address <> ALL($5::text[])))`,
  consent_decisions: `${ABOUT} AND CASE WHEN t.address = ANY($5::text[])
    THEN EXISTS (SELECT 1 FROM consent_facts f WHERE f.id = t.fact_id AND f.person_id = ANY($4::uuid[]))
    ELSE NOT EXISTS (SELECT 1 FROM consent_facts f WHERE f.id = t.fact_id AND f.person_id <> ALL($4::uuid[])) END`,
  told: `${ABOUT} AND t.address <> ALL($5::text[]) AND NOT ${OTHERS_CHOSE}`,
} as const;

const OTHERS_HAVE = `EXISTS (SELECT 1 FROM addresses a WHERE a.shop_id = $1 AND a.address = t.address AND a.channel = t.channel
  AND a.person_id <> ALL($4::uuid[]))`;
const UNDONE = `EXISTS (SELECT 1 FROM consent_facts n WHERE n.shop_id = $1 AND n.address = t.address AND n.channel = t.channel
  AND n.person_id = ANY($4::uuid[]) AND n.state IN ('subscribed', 'ticked') AND n.chosen_at > coalesce(t.chosen_at, '-infinity'))`;

/**
 * Which of their choices stay with the address, without saying whose they were: no opt-in, since
 * Ascent360 is asked to erase them, and nothing that they undid. What stays holds back an older
 * opt-in that may arrive later. It may be of another customer who has had the address: Ascent360
 * would write again to an address that was opted out. Or it may be of the new person, who chose
 * after the time of the erasure request, `$6`.
 */
export const STAYS = `(t.channel IN ('email', 'sms') AND coalesce(t.state, '') NOT IN ('subscribed', 'ticked')
  AND (${OTHERS_HAVE} OR ${OTHERS_CHOSE} OR coalesce(t.chosen_at > $6, false)) AND NOT ${UNDONE})`;

/** Whether an opt-out that was told stays told, as it stays with an address of another customer. */
export const STAYS_TOLD = `(t.accepted IS FALSE AND ${OTHERS_HAVE})`;
