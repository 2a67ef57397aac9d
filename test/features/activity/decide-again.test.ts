import { describe, expect, it } from 'vitest';
import { type Candidate, decideAgain, type Known } from '../../../server/features/activity/decide-again.ts';

/** An order that was accepted, with what was sent for it. */
const event = (change: Partial<Candidate> = {}): Candidate => ({
  id: 'e1',
  state: 'accepted',
  reason: null,
  topic: 'orders/create',
  received_at: new Date(5000),
  entity: 'order',
  has_body: true,
  delivery_id: 'd1',
  kind: 'order',
  has_subject: true,
  person_id: 'p1',
  deleted: false,
  ...change,
});
/** An event that ended without a delivery. */
const unsent = (change: Partial<Candidate> = {}) =>
  event({ state: 'skipped', reason: 'topic_off', delivery_id: null, kind: null, has_subject: null, ...change });
const newestIs = (change: Partial<Candidate> = {}): ReadonlyMap<string, Candidate> =>
  new Map([['order', event({ id: 'e9', delivery_id: 'd9', ...change })]]);

function plan(rows: readonly Candidate[], known: Partial<Known> = {}) {
  let made = 0;
  return decideAgain(rows, { newest: new Map(), open: new Map(), ...known }, () => `new${++made}`);
}

/** What becomes of one event, in a few words. */
function fate(row: Candidate, newest?: ReadonlyMap<string, Candidate>): string {
  const { sends, joins, translate, refused } = plan([row], newest && { newest });
  const said = [
    ...sends.map(({ deliveryId, kind, source }) => `${deliveryId} as ${kind} with ${source ?? 'the person as known'}`),
    ...joins.map(({ into }) => `with ${into.eventId}`),
    ...translate.map(() => 'translated again'),
    ...[...refused.values()].map(({ code }) => code),
  ];
  return said.join(', ');
}

it('what is resent says what it is, where from, and for which event', () => {
  const send = {
    eventId: 'e1',
    topic: 'orders/create',
    receivedAt: 5000,
    deliveryId: 'd1',
    isNew: false,
    kind: 'order',
    entity: 'order',
    personId: 'p1',
    source: 'd1',
  };
  const nothing = { joins: [], translate: [], refused: new Map() };
  expect(plan([event()])).toEqual({ ...nothing, sends: [send] });
  expect(plan([unsent()], { newest: newestIs() })).toEqual({
    ...nothing,
    sends: [{ ...send, deliveryId: 'new1', isNew: true, source: 'd9' }],
  });
});

describe('sent again:', () => {
  it.each([
    ['what was sent', event(), undefined, 'd1 as order with d1'],
    ['what was sent, though its body was erased', event({ has_body: false }), undefined, 'd1 as order with d1'],
    ['what was sent, of a topic no longer known', event({ topic: 'gone/topic' }), undefined, 'd1 as order with d1'],
    [
      'what was sent as something else than its topic says',
      event({ kind: 'person' }),
      undefined,
      'd1 as person with d1',
    ],
    ['what could not be sent', event({ state: 'attention', reason: 'rejected' }), undefined, 'd1 as order with d1'],
    [
      'what could not be sent and is about no order',
      event({ state: 'attention', reason: 'gave_up', entity: null }),
      undefined,
      'd1 as order with d1',
    ],
    ['what was dismissed', event({ state: 'skipped', reason: 'dismissed' }), undefined, 'd1 as order with d1'],
    ['the newest state itself', event(), newestIs({ id: 'e1', delivery_id: 'd1' }), 'd1 as order with d1'],
    ['an older state, as the newest', event(), newestIs(), 'd1 as order with d9'],
    ['an older state that was erased, as the newest', event({ has_subject: false }), newestIs(), 'd1 as order with d9'],
    ['an older state that was never sent, as the newest', unsent(), newestIs(), 'new1 as order with d9'],
    [
      'an older state that could not be read, as the newest',
      unsent({ state: 'attention', reason: 'translation_failed' }),
      newestIs(),
      'new1 as order with d9',
    ],
    [
      'a state of a customer who was merged before',
      unsent({ topic: 'customers/update', reason: 'stale' }),
      undefined,
      'new1 as customer with the person as known',
    ],
    ['a choice that was none', unsent({ reason: 'no_choice' }), undefined, 'new1 as order with the person as known'],
  ])('%s', (_what, row, newest, expected) => {
    expect(fate(row, newest)).toBe(expected);
  });

  it.each([
    ['orders/updated', 'order'],
    ['customers/update', 'customer'],
    ['customers_email_marketing_consent/update', 'consent'],
    ['customer.tags_added', 'tags'],
    ['flow/send', 'flow'],
  ])('%s without a delivery, as %s', (topic, kind) => {
    expect(fate(unsent({ topic }), newestIs())).toBe(`new1 as ${kind} with d9`);
  });
});

describe('translated again:', () => {
  it.each<[string, Candidate, ReadonlyMap<string, Candidate>?]>([
    ['what was skipped', unsent()],
    ['what was skipped and is the newest', unsent(), newestIs({ id: 'e1', delivery_id: null })],
    ['tags that were recorded', unsent({ topic: 'customer.tags_added', reason: 'recorded' })],
    ['an order that could not be processed', unsent({ state: 'attention', reason: 'translation_failed' })],
  ])('%s', (_what, row, newest) => {
    expect(fate(row, newest)).toBe('translated again');
  });

  it.each(['orders/create', 'shop/redact', 'app/uninstalled'])(
    'what could not be read, whatever it is about, dismissed or not: %s',
    (topic) => {
      const unread = unsent({ topic, state: 'attention', reason: 'unreadable', entity: null, deleted: true });
      expect(fate(unread)).toBe('translated again');
      expect(fate({ ...unread, state: 'skipped', reason: 'dismissed' })).toBe('translated again');
    },
  );
});

describe('not resent, and why:', () => {
  it.each([
    ['what was not translated yet', unsent({ state: 'received', reason: null }), 'refusal.waiting'],
    ['what waits to be sent', event({ state: 'open' }), 'refusal.waiting'],
    ['what is about an erased person', event({ reason: 'redacted' }), 'refusal.erased'],
    ['what was erased with what was sent', event({ has_body: false, has_subject: false }), 'refusal.erased'],
    ['what was erased and never sent', unsent({ has_body: false }), 'refusal.erased'],
    ['what its delivery held was erased', event({ has_subject: false }), 'refusal.erased'],
    ['an unknown topic', unsent({ topic: 'products/update', entity: null }), 'state.unknown_topic'],
    [
      'an unknown topic that could not be read',
      unsent({ topic: 'products/update', entity: null, state: 'attention', reason: 'unreadable' }),
      'state.unknown_topic',
    ],
    ['what is about the shop', unsent({ topic: 'shop/update', entity: null }), 'state.lifecycle'],
    ['a request of privacy law', unsent({ topic: 'customers/data_request', entity: null }), 'state.privacy'],
    ['what is about somebody deleted', event({ deleted: true }), 'state.deleted_person'],
    [
      'a choice about WhatsApp',
      unsent({ topic: 'customers_whats_app_marketing_consent/update', reason: 'recorded' }),
      'state.recorded',
    ],
    ['a choice that was none, of nobody known', unsent({ reason: 'no_choice', person_id: null }), 'state.no_choice'],
  ])('%s', (_what, row, code) => {
    expect(fate(row)).toBe(code);
  });

  const unsentNewest = { delivery_id: null, has_subject: null, state: 'skipped' } as const;
  it.each<[string, Partial<Candidate>, string]>([
    ['had no contact to send', { ...unsentNewest, reason: 'no_contact' }, 'state.no_contact'],
    ['was from before the app was uninstalled', { ...unsentNewest, reason: 'uninstalled' }, 'state.uninstalled'],
    ['waits until its person has been read', { ...unsentNewest, state: 'open' }, 'refusal.waiting'],
    ['was erased', { has_subject: false }, 'refusal.erased'],
    ['is about another customer, who was deleted', { person_id: 'p2', deleted: true }, 'state.deleted_person'],
  ])('an older state, if the newest %s', (_what, change, code) => {
    expect(fate(event(), newestIs(change))).toBe(code);
    expect(fate(unsent(), newestIs(change))).toBe(code);
  });
});

describe('several events of one order are sent once:', () => {
  const e = (n: number, change: Partial<Candidate> = {}) => event({ id: `e${n}`, delivery_id: `d${n}`, ...change });
  const sent = (rows: readonly Candidate[], known: Partial<Known> = {}) => {
    const { sends, joins } = plan(rows, known);
    return {
      sends: sends.map(({ eventId, source }) => `${eventId} with ${source}`),
      joins: joins.map(({ eventId, into }) => `${eventId} with ${into.eventId}, ${into.id}`),
    };
  };

  it.each([1, 2, 3])('for the event that holds the newest state, if it is among them: e%i', (n) => {
    const others = [1, 2, 3].filter((one) => one !== n).map((one) => `e${one} with e${n}, d${n}`);
    const newest = newestIs({ id: `e${n}`, delivery_id: `d${n}` });
    expect(sent([e(1), e(2), e(3)], { newest })).toEqual({ sends: [`e${n} with d${n}`], joins: others });
  });

  it('else for the last of them', () => {
    expect(sent([e(1), e(2), e(3)], { newest: newestIs() })).toEqual({
      sends: ['e3 with d9'],
      joins: ['e1 with e3, d3', 'e2 with e3, d3'],
    });
    expect(sent([e(1), e(2)])).toEqual({ sends: ['e2 with d2'], joins: ['e1 with e2, d2'] });
  });

  it('for the event of the newest state, if the order is another customer’s by now', () => {
    const newest = newestIs({ person_id: 'p2' });
    expect(sent([e(1), e(2)], { newest })).toEqual({
      sends: ['e9 with d9'],
      joins: ['e1 with e9, d9', 'e2 with e9, d9'],
    });
    expect(sent([e(2), e(9, { person_id: 'p2' })], { newest })).toEqual({
      sends: ['e9 with d9'],
      joins: ['e2 with e9, d9'],
    });
  });

  it('not for one of its events that can’t be resent', () => {
    expect(sent([e(1), e(2, { deleted: true })])).toEqual({ sends: ['e1 with d1'], joins: [] });
  });

  it('by the state that waits already, if there is one; what was accepted stays accepted', () => {
    const open = new Map([['order', { id: 'd8', eventId: 'e8' }]]);
    const rows = [e(1), e(2, { state: 'attention', reason: 'rejected' })];
    expect(sent(rows, { open })).toEqual({ sends: [], joins: ['e1 with e8, d8', 'e2 with e8, d8'] });
    expect(plan(rows, { open }).joins.map(({ eventId, accepted }) => [eventId, accepted])).toEqual([
      ['e1', true],
      ['e2', false],
    ]);
  });

  it('each order for itself, in the order received, and what is about none always', () => {
    const rows = [e(1), e(2, { entity: null }), e(3, { entity: 'another' }), e(4), e(5, { entity: null })];
    expect(sent(rows, { open: new Map([['a third', { id: 'd8', eventId: 'e8' }]]) })).toEqual({
      sends: ['e2 with d2', 'e3 with d3', 'e4 with d4', 'e5 with d5'],
      joins: ['e1 with e4, d4'],
    });
  });
});
