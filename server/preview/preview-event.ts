import { v7 as uuidv7 } from 'uuid';
import { gateOf } from '../activity/describe-state.ts';
import { reasonMessages } from '../activity/messages.ts';
import { type LedgerEntry, ledgerKey } from '../consent/ledger.ts';
import type { Db } from '../db.ts';
import type { ClaimedDelivery } from '../delivery/outbox.ts';
import { gather, weigh } from '../delivery/weigh.ts';
import type { FieldReason, Instant, Reason, Settled, SkippedReason, Translated } from '../domain.ts';
import type { Person } from '../people.ts';
import type { StoredSettings } from '../settings/store.ts';
import { installedAt, readLife, type Shop } from '../shops.ts';
import { type Batch, openBatch, personKeyOf } from '../webhooks/batch.ts';
import { handleEvent } from '../webhooks/handle-event.ts';

/** What an event would come to. `payload` null: nothing is sent. `state` waiting: it would be sent. */
export type Preview = {
  payload: object | null;
  fields: FieldReason[];
  state: 'waiting' | Settled['state'];
  reason: Reason | null;
  message: string;
};

/** Events that are about the shop or erase something never reach Ascent360. */
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
  message: reason ? reasonMessages[reason] : '',
  ...sent,
});

type Watched = { outcome: Settled | null; delivery: Parameters<Batch['deliver']>[1] | null; facts: LedgerEntry[] };

/** Lets an event act on a batch that is never saved, and notes what it would have written. */
function watch(batch: Batch, event: Parameters<typeof handleEvent>[1]): Watched {
  const seen: Watched = { outcome: null, delivery: null, facts: [] };
  handleEvent(
    {
      ...batch,
      addFact: (entry) => {
        const id = uuidv7();
        seen.facts.push({ id, ...entry });
        return id;
      },
      deliver: (_event, what) => {
        seen.delivery = what;
        return { settled: null };
      },
      settle: (_event, outcome) => {
        seen.outcome = outcome.settled;
      },
    },
    event,
  );
  return seen;
}

/** As the ledger would tell it: since when the address is the person's, if they had another one before. */
function addressChangedAt(person: Person | undefined, fact: LedgerEntry): Instant | null {
  const own = person?.addresses.get(`${fact.channel}:${fact.address}`);
  if (!person || !own) return null;
  const before = [...person.addresses.values()].some(
    (other) => other.channel === fact.channel && other.hash !== own.hash && other.firstSeenAt < own.firstSeenAt,
  );
  return before ? own.firstSeenAt : null;
}

/**
 * What one translated event would send with these settings, weighed as if it arrived now: with the people, the ledger and
 * the states known, and the facts of its own body. Stores nothing.
 */
export async function previewEvent(
  db: Db,
  shop: Shop,
  stored: StoredSettings,
  topic: string,
  translated: Translated,
  now: Instant,
): Promise<Preview> {
  const unsent = nothingSent[translated.kind];
  if (unsent) return settled('skipped', unsent);
  const event = { id: uuidv7(), topic, triggeredAt: now, translated, summary: null };
  const life = await readLife(db, shop);
  const batch = await openBatch(db, shop, life, stored.settings, [event], now);
  const { outcome, delivery: what, facts } = watch(batch, event);
  if (!what) return outcome ? settled(outcome.state, outcome.reason) : settled('skipped', 'no_contact');

  const delivery: ClaimedDelivery = {
    id: uuidv7(),
    eventId: event.id,
    kind: what.kind,
    entity: what.entity,
    personId: what.person?.id ?? null,
    subject: what.subject,
    attempts: 0,
    firstAttemptAt: null,
    again: false,
    reassert: false,
    fence: 0,
    topic,
    eventReceivedAt: now,
  };
  const found = await gather(db, shop, stored.account, [delivery]);
  const personKey = personKeyOf(shop, translated);
  const person = personKey ? batch.people.find(personKey) : undefined;
  if (person) found.profiles.set(person.id, person.profile);
  for (const fact of facts) {
    const key = ledgerKey(fact);
    found.facts.set(key, [
      ...(found.facts.get(key) ?? []),
      { ...fact, addressChangedAt: addressChangedAt(person, fact) },
    ]);
  }
  const historyBefore = Math.max(installedAt(life) ?? now, stored.accountSince ?? 0);
  const { prepared } = weigh(shop, stored, historyBefore, found, delivery, now);
  if (prepared.kind === 'settle') return settled(prepared.settled.state, prepared.settled.reason);
  const { payload, fields } = prepared;
  const known = delivery.entity ? found.entities.get(delivery.entity)?.acceptedHash : null;
  if (prepared.onlyContent && known && known === shop.vault.hash('content', prepared.content)) {
    return settled('skipped', 'nothing_new', { payload, fields });
  }
  const reason = gateOf(stored) ?? 'due';
  return { payload, fields, state: 'waiting', reason, message: reasonMessages[reason] };
}
