import { atAddress, type Contact, nobody, reachedAt } from '../../domain/contact.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Settled } from '../../domain/states.ts';
import { inEnglish } from '../../domain/wording/in-english.ts';
import type { Sql } from '../../platform/database/db.ts';
import { newId } from '../../platform/database/ids.ts';
import { OPT_OUT_TOPIC } from '../consent/opt-out-topic.ts';
import { addDeliveries, asLastKnown, type DeliverySubject } from '../deliveries/deliveries.ts';
import { customerKey, lanesOf } from '../people/identifiers.ts';
import type { KnownPerson } from '../people/profiles.ts';
import { type Shop, ShopErasedError } from '../shops/shops.ts';
import { settleTranslated } from './events.ts';
import { insertEvents } from './insert-events.ts';

/**
 * Why we send a person as last known without an event from Shopify; the activity shows this text.
 */
const OWN = {
  person: { source: 'person', topic: 'person/send', code: 'summary.sent_by_hand' },
  read: { source: 'read', topic: 'person/read', code: 'summary.choice_read' },
  optOut: { source: 'read', topic: OPT_OUT_TOPIC, code: 'summary.opt_out_missing' },
} as const;

/**
 * Who our own event is about, and what it sends; without a subject: the person as last known.
 * `isDismissed`: the merchant dismissed the opt-out that it tries again.
 */
export type OwnEvent = {
  person: KnownPerson;
  subject?: DeliverySubject;
  carriesOptOut?: boolean;
  isDismissed?: boolean;
};

const dismissed: Settled = { state: 'skipped', reason: 'dismissed' };

/** The contact that decides the lanes. */
function contactOf({ person: { profile }, subject }: OwnEvent): Contact {
  const known = subject?.alone ? nobody : profile.contact;
  return subject?.about ? atAddress(known, subject.about) : known;
}

/**
 * Gives each of these people an event that the app made itself, and opens its delivery. It is shown
 * in the activity, but not counted: Shopify didn't send it. A person without an email address and a
 * phone number gets none.
 */
export async function addOwnEvents(
  sql: Sql,
  shop: Shop,
  { why, now }: { why: keyof typeof OWN; now: Instant },
  wanted: readonly OwnEvent[],
): Promise<{ eventId: string; deliveryId: string }[]> {
  const { vault } = shop;
  const { source, topic, code } = OWN[why];
  const what = { what: inEnglish({ code }), text: { code } };
  const made = wanted.flatMap((own) => {
    const contact = contactOf(own);
    const who = own.subject?.about?.address ?? reachedAt(contact);
    return who ? [{ ...own, who, lanes: lanesOf(vault, contact) }] : [];
  });
  const ids = await insertEvents(
    sql,
    made.map(() => ({
      shop,
      source,
      webhookId: `${source}-${newId()}`,
      topic,
      triggeredAt: now,
      receivedAt: now,
      body: '{}',
    })),
  );
  const opened = made.map(({ who, lanes, person, subject, carriesOptOut = why === 'optOut', isDismissed }, i) => {
    const eventId = ids[i];
    if (!eventId) throw new ShopErasedError();
    const { customerId } = person.profile;
    const search = [person.key, lanes.emailLane, lanes.phoneLane, customerId ? customerKey(vault, customerId) : null];
    return {
      found: {
        id: eventId,
        settled: isDismissed ? dismissed : null,
        summary: { who, ...what },
        search: [...new Set(search.filter((hash) => hash !== null))],
        entity: null,
      },
      delivery: {
        id: newId(),
        eventId,
        kind: source,
        entity: null,
        personId: person.id,
        ...lanes,
        subject: subject ?? asLastKnown,
        takesPlaceOf: null,
        carriesOptOut,
      },
    };
  });
  await settleTranslated(
    sql,
    shop,
    opened.map(({ found }) => found),
  );
  await addDeliveries(
    sql,
    shop,
    opened.map(({ delivery }) => delivery),
  );
  return opened.map(({ delivery }) => ({ eventId: delivery.eventId, deliveryId: delivery.id }));
}
