import { describe, expect, it } from 'vitest';
import type { PersonProfile } from '../../../server/domain/person.ts';
import type { Settings } from '../../../server/domain/settings.ts';
import { evaluate, imagined, isNothingNew, listSetOf, stateShown } from '../../../server/pipeline/deliver/evaluate.ts';
import { ownWordsKey } from '../../../server/store/consent/own-words.ts';
import type { ClaimedDelivery } from '../../../server/store/deliveries/deliveries.ts';
import type { EntityState } from '../../../server/store/deliveries/entity-states.ts';
import { settingsWith } from '../../ascent360/inputs.ts';
import { DAY, HOUR } from '../../durations.ts';
import { contact, fact, NOW, optIn, optOut, purchase, RECEIVED } from './prepare-input.ts';
import { ADA, adas, delivery, guest, type Known, person, shop, subject, viewOf } from './view.ts';

const evaluated = (known: Known = {}, change: Partial<ClaimedDelivery> = {}) => {
  const one = delivery(change);
  return evaluate(viewOf([one], known), one);
};

/** How it ends, in a few words. */
function ends(known: Known = {}, change: Partial<ClaimedDelivery> = {}): string {
  const { prepared } = evaluated(known, change);
  if (prepared.kind === 'settle') return `${prepared.settled.state}: ${prepared.settled.reason}`;
  const flags = Object.entries(prepared.flags).map(([channel, value]) => `${channel} ${value}`);
  return ['sent', ...flags, ...(prepared.sendsLists ? ['lists'] : [])].join(', ');
}
function payload(known: Known = {}, change: Partial<ClaimedDelivery> = {}) {
  const { prepared } = evaluated(known, change);
  return prepared.kind === 'send' ? prepared.payload : null;
}
const why = (known: Known = {}, change: Partial<ClaimedDelivery> = {}) =>
  evaluated(known, change).prepared.decisions.email.reason;

const about = (factId: string) => ({ channel: 'email', address: contact.email ?? '', factId }) as const;
const lists: Partial<Settings> = { providerType: 3, listIds: ['1'], listsFor: 'everyone' };
const anothers = fact({ personId: 'bob' });
const textOptIn = fact({ id: 'f3', channel: 'sms' });
const textOptOut = fact({ id: 'f4', channel: 'sms', state: 'unsubscribed', level: null });
const withTags = (...tags: string[]) =>
  person({ tags: Object.fromEntries(tags.map((tag) => [tag, { tag, present: true, at: NOW - HOUR }])) });

describe('flags are about', () => {
  it('the addresses of the contact, and for phone and post the person', () => {
    const known = ['email', 'sms', 'phone', 'postal'] as const;
    expect(evaluated().keys).toEqual(
      Object.fromEntries(known.map((channel) => [channel, { channel, address: adas[channel] }])),
    );
  });

  it('nobody’s phone and post, if the event names no person', () => {
    const nobodys = { personId: null, subject: subject({ contact }) };
    expect(Object.keys(evaluated({}, nobodys).keys)).toEqual(['email', 'sms']);
  });
});

const mapping = {
  ...settingsWith().mapping,
  phonePermission: { optIn: 'call', optOut: 'no calls' },
  addressPermission: { optIn: 'post', optOut: 'no post' },
};

describe('a flag is due for', () => {
  const parked = (...facts: (typeof optIn)[]) => ({ parked: new Map([[ADA, facts]]) });

  it.each<[string, Known, string]>([
    ['an opt-in by email', { facts: { email: [optIn] } }, 'sent, email true'],
    ['an opt-out of texts', { facts: { sms: [textOptOut] } }, 'sent, sms false'],
    ['both', { facts: { email: [optOut], sms: [textOptIn] } }, 'sent, email false, sms true'],
    ['nothing, if nobody chose anything', {}, 'sent'],
    ['nothing that Ascent360 has', { facts: { email: [optIn] }, told: { email: { accepted: true } } }, 'sent'],
    ['no opt-out that Ascent360 has', { facts: { sms: [textOptOut] }, told: { sms: { accepted: false } } }, 'sent'],
    ['what it has otherwise', { facts: { sms: [textOptOut] }, told: { sms: { accepted: true } } }, 'sent, sms false'],
    ['a choice whose address was not known then', { found: parked(optOut) }, 'sent, email false'],
    [
      'the newer of such a choice and one that is known',
      { facts: { email: [optIn] }, found: parked(fact({ ...optOut, chosenAt: NOW - HOUR })) },
      'sent, email false',
    ],
    [
      'the newer one that is known, and not such a choice',
      { facts: { email: [fact({ ...optOut, chosenAt: NOW - HOUR })] }, found: parked(optIn) },
      'sent, email false',
    ],
    ['calls, by a tag', { settings: { mapping }, ada: withTags('call') }, 'sent, phone true'],
    ['post, by a tag', { settings: { mapping }, ada: withTags('no post') }, 'sent, postal false'],
    [
      'nothing by a tag that Ascent360 has',
      {
        settings: { mapping },
        ada: withTags('call', 'post'),
        told: { phone: { accepted: true }, postal: { accepted: true } },
      },
      'sent',
    ],
  ])('%s', (_what, known, expected) => {
    expect(ends(known)).toBe(expected);
  });

  it('what was told, once it is to be told again', () => {
    const known = { facts: { email: [optIn] }, told: { email: { accepted: true } } };
    expect(ends(known, { reassert: true })).toBe('sent, email true');
  });

  it('nobody’s calls and post, if the event names no person', () => {
    const nobodys = { personId: null, subject: subject({ contact }) };
    expect(ends({ settings: { mapping }, ada: withTags('call', 'post') }, nobodys)).toBe('sent');
  });
});

describe('of a person who was deleted,', () => {
  const mapping = { ...settingsWith().mapping, gender: { from: 'text' as const, values: ['female'] } };
  const known: Known = { isGone: true, settings: { mapping }, facts: { email: [optOut] } };

  it('only an opt-out is sent, with its address and nothing else', () => {
    expect(payload(known, { kind: 'consent', subject: subject({ about: about('f2') }) })).toEqual({
      SourceName: 'Shopify',
      SourceType: 'Ecommerce',
      Email: contact.email,
      EmailPermission: false,
    });
  });

  it('no opt-in and no state is sent', () => {
    const asked = { kind: 'consent', subject: subject({ about: about('f1') }) } as const;
    expect(ends({ ...known, facts: { email: [optIn] } }, asked)).toBe('skipped: deleted_person');
    expect(ends(known)).toBe('skipped: deleted_person');
  });
});

it('what is to go out alone carries its address and flag, and no opt-in', () => {
  const mapping = { ...settingsWith().mapping, gender: { from: 'text' as const, values: ['female'] } };
  const alone = { kind: 'consent', subject: subject({ about: about('f2'), alone: true }) } as const;
  const known: Known = { settings: { ...lists, mapping } };
  expect(payload({ ...known, facts: { email: [optOut] } }, alone)).toEqual({
    SourceName: 'Shopify',
    SourceType: 'Ecommerce',
    Email: contact.email,
    EmailPermission: false,
  });
  expect(why({ ...known, facts: { email: [optIn] } }, alone)).toBe('not_asked_again');
});

describe('an opt-in after the app was installed again', () => {
  const life = { lastUninstalledAt: NOW - 3 * DAY, firstCallAt: NOW - DAY };
  const readAt = (at: number) => person({ read: { at, metafields: {}, dataSaleOptOut: false } });
  const silent = person({ read: { at: NOW - 2 * HOUR, metafields: {}, dataSaleOptOut: null, silent: true } });
  const at = (chosenAt: number) => ({ facts: { email: [fact({ chosenAt })] } });

  it.each<[string, PersonProfile, number, string]>([
    ['holds if Shopify was asked since', readAt(NOW - HOUR), NOW - 4 * DAY, 'due'],
    ['doesn’t if it was asked before', readAt(NOW - 4 * DAY), NOW - HOUR, 'not_asked_again'],
    ['doesn’t if it was never asked', person({ read: null }), NOW - HOUR, 'not_asked_again'],
    ['doesn’t if Shopify said nothing since', silent, NOW - 4 * DAY, 'not_asked_again'],
    ['holds if Shopify said nothing since, and it is newer', silent, NOW - HOUR, 'due'],
    ['holds for a guest if it is newer', guest, NOW - HOUR, 'due'],
    ['doesn’t for a guest if it is older', guest, NOW - 2 * DAY, 'not_asked_again'],
  ])('%s', (_what, ada, chosenAt, reason) => {
    const settings = {
      consent: { ...settingsWith().consent, email: { ...settingsWith().consent.email, history: 'all' } },
    } as const;
    expect(why({ life, ada, settings, ...at(chosenAt) })).toBe(reason);
  });

  it('and no list before Shopify was asked, whatever it said then', () => {
    expect(ends({ life, ada: readAt(NOW - 4 * DAY), settings: lists })).toBe('sent');
    expect(ends({ life, ada: readAt(NOW - HOUR), settings: lists })).toBe('sent, lists');
  });

  it('and no list if Shopify was asked, and didn’t say whether their data may be sold', () => {
    const asked = { at: NOW - HOUR, metafields: {}, dataSaleOptOut: false };
    const saleAskedAt = (at: number) => person({ read: { ...asked, saleAskedAt: at } });
    expect(ends({ life, ada: saleAskedAt(NOW - 4 * DAY), settings: lists })).toBe('sent');
    expect(ends({ life, ada: saleAskedAt(NOW - HOUR), settings: lists })).toBe('sent, lists');
    const optedOut = person({ read: { ...asked, dataSaleOptOut: true, saleAskedAt: NOW - 4 * DAY } });
    expect(ends({ life, ada: optedOut, settings: lists })).toBe('sent');
  });

  it('and no list for a guest whose opt-in may have been undone, if lists are for those who opted in', () => {
    const subscribed = { settings: { ...lists, listsFor: 'subscribed' as const }, life, ada: guest };
    expect(ends({ ...subscribed, ...at(NOW - 2 * DAY) })).toBe('sent');
    expect(ends({ ...subscribed, ...at(NOW - HOUR) })).toBe('sent, email true, lists');
  });
});

describe('a person is put on lists', () => {
  const parked = new Map([[ADA, [fact({ state: null, level: null })]]]);
  const said = (dataSaleOptOut: boolean | null) => person({ read: { at: NOW - HOUR, metafields: {}, dataSaleOptOut } });

  it.each<[string, Known, Partial<ClaimedDelivery>, string]>([
    ['if Shopify says that their data may be sold', { ada: said(false) }, {}, 'sent, lists'],
    ['not if it says that it may not', { ada: said(true) }, {}, 'sent'],
    ['not if it doesn’t say', { ada: said(null) }, {}, 'sent'],
    ['not before it was asked', { ada: person({ read: null }) }, {}, 'sent'],
    ['not while it is being asked', { ada: said(false) }, { unread: true }, 'sent'],
    ['not while a choice of theirs waits to be read', { ada: said(false), found: { parked } }, {}, 'sent'],
    ['as a guest, if Shopify can be asked', { ada: guest }, {}, 'sent, lists'],
    ['not as a guest, if it can’t be', { ada: guest, life: { canRead: false } }, {}, 'sent'],
    ['once', { ada: said(false), told: { email: { lists: '[3,"1"]' } } }, {}, 'sent'],
  ])('%s', (_what, known, change, expected) => {
    expect(ends({ ...known, settings: lists }, change)).toBe(expected);
  });

  it('not if they changed since it said so, although it was read since without saying: the app may not see it any more', () => {
    const read = { at: NOW, upTo: NOW, metafields: {}, dataSaleOptOut: false, saleAskedAt: NOW - 2 * DAY };
    const changed = (before: number) => ({ ...person({ read }), changedAt: NOW - before });
    expect(ends({ ada: changed(DAY), settings: lists })).toBe('sent');
    expect(ends({ ada: changed(3 * DAY), settings: lists })).toBe('sent, lists');
  });

  it('by provider and lists, in any order; by none without a provider', () => {
    const stored = (providerType: number | null, listIds: string[]) =>
      viewOf([], { settings: { providerType, listIds } }).stored;
    expect(listSetOf(stored(3, ['b', 'a']))).toBe('[3,"a","b"]');
    expect(listSetOf(stored(null, ['a']))).toBeNull();
  });
});

describe('an opt-in', () => {
  const undated = { facts: { email: [fact({ chosenAt: null, heardAt: NOW - HOUR })] } };
  const askedAt = (at: number) => person({ read: { at, metafields: {}, dataSaleOptOut: false } });

  it.each<[string, Known, string]>([
    ['without a date waits for Shopify', {}, 'history_held'],
    [
      'without a date counts from its event, if Shopify can’t be asked',
      { life: { canRead: false }, ada: askedAt(NOW - HOUR - 1) },
      'due',
    ],
    [
      'without a date doesn’t count from its event, if Shopify was asked since',
      { life: { canRead: false }, ada: askedAt(NOW - HOUR) },
      'history_held',
    ],
    ['without a date counts from its event, if it is a guest’s', { ada: guest }, 'due'],
  ])('%s', (_what, known, reason) => {
    expect(why({ ...known, ...undated })).toBe(reason);
  });

  it('of somebody else waits while Shopify is asked about this person', () => {
    const known = { facts: { email: [anothers] } };
    expect(why(known)).toBe('due');
    expect(why(known, { unread: true })).toBe('being_asked');
    expect(why({ facts: { email: [optIn] } }, { unread: true })).toBe('due');
  });

  it.each(['phone', 'postal'] as const)('by tag waits while Shopify is asked about the other tags: %s', (channel) => {
    const known = { settings: { mapping }, ada: withTags('call', 'post') };
    const decided = (change: Partial<ClaimedDelivery>) => evaluated(known, change).prepared.decisions[channel];
    expect(decided({})).toMatchObject({ send: true, reason: 'due' });
    expect(decided({ unread: true })).toMatchObject({ send: null, reason: 'being_asked' });
  });

  it.each(['email', 'sms'] as const)('of somebody else is not this person’s, who said no elsewhere: %s', (channel) => {
    const no = fact({ id: 'f9', channel, state: 'not_subscribed', level: null });
    const opted = fact({ channel, personId: 'bob' });
    const known: Known = {
      facts: { [channel]: [opted] },
      found: { own: new Map([[ownWordsKey(ADA, channel), [no]]]) },
    };
    expect(evaluated(known).prepared.decisions[channel].reason).toBe('held_by_holder');
  });

  it('from before the app was installed, or the account was named, is history', () => {
    const chosen = { facts: { email: [fact({ chosenAt: NOW - 2 * DAY })] } };
    expect(why(chosen)).toBe('due');
    expect(why({ ...chosen, life: { firstCallAt: NOW - DAY } })).toBe('history_held');
    expect(why({ ...chosen, stored: { accountSince: NOW - DAY } })).toBe('history_held');
  });
});

describe('a delivery', () => {
  const off = { send: { ...settingsWith().send, orders: false } };
  const asked = { kind: 'consent', subject: subject({ about: about('f1') }) } as const;
  const toldAt = (acceptedAt: number): Known => ({
    facts: { email: [optIn] },
    told: { email: { accepted: true, acceptedAt } },
  });

  it.each<[string, Known, Partial<ClaimedDelivery>, string]>([
    ['for a choice ends if nobody made one', {}, asked, 'skipped: no_choice'],
    ['for a choice goes out if it is sent again', {}, { ...asked, again: true }, 'sent'],
    ['for a choice ends with one that told it', toldAt(RECEIVED), asked, 'merged: told_with_another'],
    ['for a choice ends if it was told before', toldAt(RECEIVED - 1), asked, 'skipped: already_told'],
    ['of an older state ends as that', {}, { subject: subject({ otherwise: 'stale' }) }, 'skipped: stale'],
    ['of an order ends if orders are left out', { settings: off }, { kind: 'order' }, 'skipped: topic_off'],
    [
      'of an order goes out for its choice all the same',
      { settings: off, facts: { email: [optIn] } },
      { kind: 'order', choice: true },
      'sent, email true',
    ],
  ])('%s', (_what, known, change, expected) => {
    expect(ends(known, change)).toBe(expected);
  });

  it('carries its order, the state it holds, and what is mapped and added', () => {
    const mapping = { ...settingsWith().mapping, interests: [{ from: 'tag' as const, prefix: 'likes:' }] };
    const known = { settings: { mapping }, ada: withTags('likes:ski') };
    expect(payload(known)).toMatchObject({ FirstName: 'Ada', Interests: ['ski'] });
    const added = { activities: ['race'], interests: ['snow'] };
    const held = subject({ contact: { ...contact, firstName: 'Augusta' }, purchase, added });
    expect(payload(known, { kind: 'order', subject: held })).toMatchObject({
      FirstName: 'Augusta',
      Activities: ['race'],
      Interests: ['ski', 'snow'],
      Order: { Id: '7' },
    });
  });

  it('carries a text once that two sources spell in different case, as the first has it', () => {
    const interests = [
      { from: 'tag' as const, prefix: 'likes:' },
      { from: 'text' as const, values: ['ski', 'Snow'] },
    ];
    const known = { settings: { mapping: { ...settingsWith().mapping, interests } }, ada: withTags('likes:Ski') };
    expect(payload(known)).toMatchObject({ Interests: ['Ski', 'Snow'] });
    const added = subject({ added: { activities: [], interests: ['snow', 'Après'] } });
    expect(payload(known, { subject: added })).toMatchObject({ Interests: ['Ski', 'Snow', 'Après'] });
  });

  it('about nobody known carries what its event says', () => {
    const nobodys = { personId: null, subject: subject({ contact: { ...contact, firstName: 'Guest' } }) };
    expect(payload({ ada: withTags('likes:ski') }, nobodys)).toMatchObject({ FirstName: 'Guest' });
  });

  it('whose subject was erased carries nothing of it', () => {
    expect(payload({}, { subject: null })).toMatchObject({ FirstName: 'Ada' });
    expect(payload({}, { subject: null })).not.toHaveProperty('Order');
  });

  it('that is imagined is new, and about nothing unless it says so', () => {
    const what = { kind: 'person', personId: null, topic: 't', eventReceivedAt: 5 } as const;
    const [one, other] = [imagined(what), imagined({ ...what, again: true, entity: 'x' })];
    expect(one).toEqual({
      ...what,
      eventTriggeredAt: 5,
      id: expect.any(String),
      eventId: expect.any(String),
      entity: null,
      subject: { contact: null, purchase: null, about: null },
      attempts: 0,
      firstAttemptAt: null,
      again: false,
      reassert: false,
      unread: false,
      choice: false,
    });
    expect(other).toMatchObject({ again: true, entity: 'x' });
    expect(new Set([one.id, one.eventId, other.id, other.eventId]).size).toBe(4);
  });
});

describe('what Ascent360 shows once it accepts a delivery', () => {
  const ofAda = shop.vault.hash('entity', 'customer:7');
  const shown = (change: Partial<ClaimedDelivery>, known: Known = {}) => {
    const one = delivery(change);
    return stateShown(shop, viewOf([one], known).found, one);
  };
  const none = { activities: [], interests: [] };
  const byText = { channel: 'sms', address: contact.mobile ?? '', factId: 'f1' } as const;

  it.each<[string, Partial<ClaimedDelivery>, Known, string | null]>([
    ['is the order or customer it is about', { entity: 'order' }, {}, 'order'],
    ['is the customer, sent as last known', {}, {}, ofAda],
    ['is the customer, with an address that is theirs', { subject: subject({ about: about('f1') }) }, {}, ofAda],
    ['is the customer, with a number that is theirs', { subject: subject({ about: byText }) }, {}, ofAda],
    ['is the customer, with nothing added', { subject: subject({ added: none }) }, {}, ofAda],
    ['is nothing for a guest', {}, { ada: guest }, null],
    ['is nothing for nobody', { personId: null }, {}, null],
    ['is nothing for somebody unknown', {}, { found: { profiles: new Map() } }, null],
    ['is nothing if it was erased', { subject: null }, {}, null],
    ['is nothing for a state of its own', { subject: subject({ contact }) }, {}, null],
    [
      'is the customer, with an address they had before',
      { subject: subject({ about: { ...about('f1'), address: 'old@example.com' } }) },
      {},
      ofAda,
    ],
    [
      'is the customer, with a number they had before',
      { subject: subject({ about: { ...byText, address: '+12125550199' } }) },
      {},
      ofAda,
    ],
    ['is nothing for an address alone', { subject: subject({ about: about('f1'), alone: true }) }, {}, null],
    [
      'is nothing for a customer without the name',
      { subject: subject({ about: about('f1'), nameless: true }) },
      {},
      null,
    ],
    ['is nothing with activities added', { subject: subject({ added: { ...none, activities: ['a'] } }) }, {}, null],
    ['is nothing with interests added', { subject: subject({ added: { ...none, interests: ['a'] } }) }, {}, null],
    ['is nothing with both added', { subject: subject({ added: { activities: ['a'], interests: ['a'] } }) }, {}, null],
  ])('%s', (_what, change, known, expected) => {
    expect(shown(change, known)?.entity ?? null).toBe(expected);
  });

  const THEN = RECEIVED - HOUR;
  it.each<[string, Partial<ClaimedDelivery>, Known, number | null]>([
    ['its event, if it has a state of its own', { entity: 'x', subject: subject({ contact }) }, {}, RECEIVED],
    ['the state it was last known in, if it is sent as that', {}, { ada: person({ contactTriggeredAt: THEN }) }, THEN],
    ['nobody knows when, if no state was ever told', { entity: 'x' }, {}, null],
  ])('has every change up to %s', (_what, change, known, expected) => {
    expect(shown(change, known)?.triggeredAt).toBe(expected);
  });
});

describe('nothing is new', () => {
  const state: EntityState = {
    entity: 'order',
    kind: 'order',
    handledAt: null,
    handledTriggeredAt: null,
    personId: ADA,
    latestEventId: 'e1',
    acceptedHash: 'hash',
    account: 1,
  };
  const isNew = (
    how: { known?: Known; change?: Partial<ClaimedDelivery>; state?: Partial<EntityState> | null } = {},
  ) => {
    const entities = how.state === null ? new Map() : new Map([['order', { ...state, ...how.state }]]);
    return !isNothingNew(evaluated(how.known, { entity: 'order', ...how.change }), entities, 'hash', 1);
  };

  it('if the same was accepted for the same order', () => {
    expect(isNew()).toBe(false);
  });

  it.each<[string, Parameters<typeof isNew>[0]]>([
    ['a flag is due', { known: { facts: { email: [optIn] } } }],
    ['it is sent again', { change: { again: true } }],
    ['it is about no order or customer', { change: { entity: null } }],
    ['nothing was accepted for it', { state: null }],
    ['something else was accepted for it', { state: { acceptedHash: 'another' } }],
    ['another account accepted it', { state: { account: 2 } }],
    ['it isn’t sent at all', { change: { subject: subject({ otherwise: 'stale' }) } }],
  ])('unless %s', (_what, how) => {
    expect(isNew(how)).toBe(true);
  });
});
