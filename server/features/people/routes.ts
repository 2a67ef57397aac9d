import { Router } from 'express';
import { othersOptIns, type Whose } from '../../domain/consent/decide.ts';
import { type AddressChannel, type ConsentFact, tagChannels } from '../../domain/consent.ts';
import { factFromTags } from '../../domain/map-person.ts';
import type { Instant } from '../../domain/scalars.ts';
import { gateOf, reasonText } from '../../domain/wording/describe-state.ts';
import type { Text } from '../../domain/wording/text.ts';
import { conflict, found, readInput } from '../../http/errors.ts';
import { merchantOf } from '../../http/merchant-auth.ts';
import { noOptions } from '../../http/no-options.ts';
import { pathId } from '../../http/row-id.ts';
import { askingOf } from '../../pipeline/deliver/evaluate.ts';
import type { Db } from '../../platform/database/db.ts';
import { ledgerKey, loadFacts } from '../../store/consent/facts.ts';
import { loadOwnWords } from '../../store/consent/own-words.ts';
import { loadTold } from '../../store/consent/told-flags.ts';
import { addressesOn } from '../../store/people/addresses.ts';
import { findPerson } from '../../store/people/find-person.ts';
import { addressesOf, customerKey } from '../../store/people/identifiers.ts';
import { loadPeople, type Person } from '../../store/people/people.ts';
import { loadInstallation } from '../../store/shops/installation.ts';
import { loadSettings, nothingStored, type StoredSettings } from '../../store/shops/settings.ts';
import { loadShopFacts, type Shop } from '../../store/shops/shops.ts';
import type { ChannelConsent, PersonDetail } from './api.ts';
import { consentOf } from './consent-of.ts';
import { queryContract } from './contract.ts';
import { findPeople, itemOf } from './find.ts';
import { flagsNow } from './flags-now.ts';
import { knownBesides } from './known-besides.ts';
import { sendPerson } from './send.ts';
import { timelineOf } from './timeline.ts';

type PeopleRoutesDeps = {
  db: Db;
  /** Wakes the shop's sender. */
  onChange(shop: Shop): void | Promise<void>;
  now: () => Instant;
};

const refusals = {
  deleted: reasonText('deleted_person'),
  damaged: { code: 'refusal.damaged_person' },
  no_contact: reasonText('no_contact'),
} satisfies Record<string, Text>;

/** The address to show consent for: the one they are sent with, else the last one seen. */
function shownAddress(shop: Shop, person: Person, channel: AddressChannel): { hash: string; written: string } | null {
  const own = addressesOf(shop.vault, person.profile.contact).find((address) => address.channel === channel);
  return own ?? addressesOn(person, channel).sort((a, b) => b.lastSeenAt - a.lastSeenAt)[0] ?? null;
}

type Known = {
  person: Person;
  whose: Whose;
  facts: ReadonlyMap<string, readonly ConsentFact[]>;
  account: number;
};

async function consentNow(
  db: Db,
  shop: Shop,
  { person, whose, facts, account }: Known,
): Promise<{ email: ChannelConsent; sms: ChannelConsent }> {
  const of = async (channel: AddressChannel): Promise<ChannelConsent> => {
    const address = shownAddress(shop, person, channel);
    if (!address) return consentOf(null, [], { accepted: null, acceptedAt: null }, whose);
    const key = { channel, address: address.hash };
    const told = await loadTold(db, shop, account, [key]);
    return consentOf(address.written || null, facts.get(ledgerKey(key)) ?? [], told(key), whose);
  };
  return { email: await of('email'), sms: await of('sms') };
}

/** The customers who were merged into this one: their choices are sent with this one. */
async function mergedInto(db: Db, shop: Shop, { profile }: Person): Promise<Person[]> {
  const keys = (profile.mergedFrom ?? []).map((id) => customerKey(shop.vault, id));
  const people = await loadPeople(db, shop, keys);
  return keys.flatMap((key) => people.own(key) ?? []);
}

async function readPerson(
  db: Db,
  id: string,
  seen: { shop: Shop; stored: StoredSettings | null; now: Instant },
): Promise<PersonDetail | null> {
  const { shop, stored } = seen;
  const looked = await findPerson(db, shop, id);
  if (!looked) return null;
  const { person, damaged } = looked;
  const { profile } = person;
  const merged = await mergedInto(db, shop, person);
  const ids = [person, ...merged].map((one) => one.id);
  const known = [
    ...addressesOf(shop.vault, profile.contact),
    ...[person, ...merged].flatMap((one) => [...one.addresses.values()]),
    // Permissions of phone and post are about a person.
    ...tagChannels.flatMap((channel) => ids.map((hash) => ({ channel, hash, written: '' }))),
  ].map(({ channel, hash, written }) => ({ channel, address: hash, written }));
  const about = [...new Map(known.map((key) => [ledgerKey(key), key])).values()];
  const { mapping } = (stored ?? nothingStored).settings;
  const byTags = tagChannels.flatMap((channel) => factFromTags(profile, mapping, channel));
  const facts = await loadFacts(db, shop, about);
  const whose = {
    ...askingOf(await loadInstallation(db, shop), profile),
    personId: person.id,
    ownWords: [...(await loadOwnWords(db, shop, [person.id])).values()].flat(),
  };
  const { email, sms } = await consentNow(db, shop, { person, whose, facts, account: stored?.account ?? 1 });
  const others = [...facts.values()]
    .flatMap((said) => othersOptIns(said, whose))
    .filter(({ personId }) => personId != null && !ids.includes(personId));
  const flags = await flagsNow(db, seen, person.id);
  const knownAt = profile.read?.at ?? person.seenAt;
  const { entries, cut } = await timelineOf(db, shop, { ids, about, byTags, others, knownAt, profile }, gateOf(stored));
  return {
    ...itemOf(person),
    damaged,
    consent: { email: { ...email, now: flags.email }, sms: { ...sms, now: flags.sms } },
    read: knownBesides(profile),
    timeline: entries,
    timelineCut: cut,
  };
}

/** The people and what is known about their consent; mount behind merchantAuth. */
export function peopleRoutes({ db, onChange, now }: PeopleRoutesDeps): Router {
  const router = Router();

  router.get('/people', async (req, res) => {
    const { shop } = merchantOf(res);
    const { q } = readInput(queryContract, req.query);
    const { country } = await loadShopFacts(db, shop);
    res.json({ items: await findPeople(db, shop, q, country ?? null) });
  });

  router.get('/people/:id', async (req, res) => {
    const { shop } = merchantOf(res);
    const id = pathId(req.params.id);
    res.json(found(await readPerson(db, id, { shop, stored: await loadSettings(db, shop), now: now() })));
  });

  router.post('/people/:id/send', noOptions, async (req, res) => {
    const { shop } = merchantOf(res);
    const sent = found(await sendPerson(db, shop, pathId(req.params.id), now()));
    if (sent.ok) {
      await onChange(shop);
      res.status(202).json({ id: sent.eventId });
    } else conflict(res, refusals[sent.why]);
  });

  return router;
}
