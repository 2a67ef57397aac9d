import { describe, expect, it } from 'vitest';
import type { Settings } from '../../../server/domain/settings.ts';
import { evaluate } from '../../../server/pipeline/deliver/evaluate.ts';
import { readyToLease, withFence } from '../../../server/pipeline/deliver/lease-and-note.ts';
import { addToPlan, emptyPlan } from '../../../server/pipeline/deliver/plan.ts';
import type { ClaimedDelivery } from '../../../server/store/deliveries/deliveries.ts';
import { settingsWith } from '../../ascent360/inputs.ts';
import { HOUR } from '../../durations.ts';
import { contact, fact, NOW, optIn, optOut, purchase, RECEIVED } from './prepare-input.ts';
import { adas, delivery, GUID, guest, type Known, person, shop, subject, viewOf } from './view.ts';

function ready(known: Known = {}, change: Partial<ClaimedDelivery> = {}, probe = false) {
  const one = delivery(change);
  const view = viewOf([one], known);
  const plan = emptyPlan();
  addToPlan(view, evaluate(view, one), plan);
  const [leaving, ...more] = readyToLease(view, plan, { guid: GUID, probe });
  if (!leaving || more.length > 0) throw new Error('One should leave');
  return { leaving, plan };
}
const textOptOut = fact({ id: 'f4', channel: 'sms', state: 'unsubscribed', level: null });
const tagged = (...tags: string[]): Known => ({
  settings: {
    mapping: {
      ...settingsWith().mapping,
      phonePermission: { optIn: 'call', optOut: 'no calls' },
      addressPermission: { optIn: 'post', optOut: 'no post' },
    },
  },
  ada: person({ tags: Object.fromEntries(tags.map((tag) => [tag, { tag, present: true, at: NOW - HOUR }])) }),
});
const lists: Partial<Settings> = { providerType: 3, listIds: ['1'], listsFor: 'everyone' };

it('what leaves is the whole of what is posted and of what its answer is recorded with', () => {
  const known: Known = { facts: { email: [optIn], sms: [textOptOut] }, settings: lists };
  const { leaving, plan } = ready(known, { attempts: 2, firstAttemptAt: NOW - HOUR });
  const { attemptId, contentHash, prepared } = plan.leaving[0] ?? {};
  expect(leaving).toEqual({
    shop,
    id: 'd1',
    eventId: 'e1',
    entity: null,
    shows: { kind: 'customer', entity: shop.vault.hash('entity', 'customer:7'), triggeredAt: null },
    attempts: 2,
    firstAttemptAt: NOW - HOUR,
    attemptId,
    guid: GUID,
    body: { contentType: 'application/json', text: JSON.stringify(prepared?.payload) },
    kept: expect.any(String),
    flags: [
      { channel: 'email', address: adas.email, attemptId, value: true },
      { channel: 'sms', address: adas.sms, attemptId, value: false },
    ],
    account: 1,
    contentHash,
    lists: { address: adas.email, set: '[3,"1"]' },
    carriesOptOut: true,
    phoneOnly: false,
    probe: false,
  });
  expect(JSON.parse(leaving.kept)).toMatchObject({ payload: prepared?.payload, fields: expect.any(Array) });
});

it('its fence is that of its lease, and what is only kept is not held in memory', () => {
  const { kept: _kept, ...posted } = ready().leaving;
  expect(withFence(ready().leaving, 7)).toEqual({
    ...posted,
    attemptId: expect.any(String),
    fence: 7,
  });
});

describe('what leaves', () => {
  it('began its attempts now, if this is the first', () => {
    expect(ready().leaving).toMatchObject({ attempts: 0, firstAttemptAt: NOW });
  });

  it('is a probe if it is to be one', () => {
    expect(ready({}, {}, true).leaving.probe).toBe(true);
  });

  it('belongs to the account that is named now', () => {
    expect(ready({ stored: { account: 4 } }).leaving.account).toBe(4);
  });

  it('is written as XML where the settings say so', () => {
    expect(ready({ settings: { format: 'xml' } }).leaving.body).toMatchObject({
      text: expect.stringContaining('<Email>ada@example.com</Email>'),
      contentType: expect.stringMatching(/xml/),
    });
  });

  it('shows an order, a customer, or nothing of either', () => {
    const order = { kind: 'order', entity: 'x', subject: subject({ contact, purchase }) } as const;
    expect(ready({}, order).leaving.shows).toEqual({ kind: 'order', entity: 'x', triggeredAt: RECEIVED });
    expect(ready({}, { entity: 'x' }).leaving.shows).toMatchObject({ kind: 'customer', entity: 'x' });
    expect(ready({ ada: guest }).leaving.shows).toBeNull();
  });

  it.each<[string, Known, boolean]>([
    ['no flag', {}, false],
    ['opt-ins', { facts: { email: [optIn], sms: [fact({ channel: 'sms' })] } }, false],
    ['an opt-out by email', { facts: { email: [optOut] } }, true],
    ['an opt-out of texts', { facts: { sms: [textOptOut] } }, true],
    ['an opt-out of calls', tagged('no calls'), true],
    ['an opt-out of post', tagged('no post'), true],
    ['a yes to calls and post', tagged('call', 'post'), false],
  ])('carries an opt-out or not: %s', (_what, known, carries) => {
    expect(ready(known).leaving.carriesOptOut).toBe(carries);
  });

  it.each<[string, Known, object | null]>([
    ['that are sent', { settings: lists }, { address: adas.email, set: '[3,"1"]' }],
    ['that were sent', { settings: lists, told: { email: { lists: '[3,"1"]' } } }, null],
    ['that are not set', {}, null],
  ])('says which lists it carries: those %s', (_what, known, expected) => {
    expect(ready(known).leaving.lists).toEqual(expected);
  });

  it('says if it has no email address', () => {
    const { email: _email, ...withoutEmail } = contact;
    expect(ready({}, { subject: subject({ contact: withoutEmail }) }).leaving.phoneOnly).toBe(true);
  });
});
