import { describe, expect, it } from 'vitest';
import type { Contact } from '../../../server/domain/contact.ts';
import { emptyProfile, type PersonProfile } from '../../../server/domain/person.ts';
import { detailOf } from '../../../server/domain/wording/details.ts';
import { groupIssues, type IssueRow } from '../../../server/features/activity/group-issues.ts';
import { createKeys } from '../../../server/platform/keys.ts';
import { excerptBinding } from '../../../server/store/deliveries/attempts.ts';
import { payloadBinding } from '../../../server/store/deliveries/deliveries.ts';

const domain = 'snow.myshopify.com';
const keys = createKeys([{ id: 'k1', bytes: Buffer.alloc(32, 7) }]);
const { wrappedKey, wrapKeyId } = keys.create(domain);
const shop = { id: 1, domain, vault: keys.unlock(domain, wrappedKey, wrapKeyId) };

const sent = (payload: object | null) => shop.vault.sealJson(payloadBinding('d1'), { payload, fields: [] });
const answered = (text: string) => shop.vault.seal(excerptBinding('a1'), text);

/** Ascent360 refused it. */
const row = (change: Partial<IssueRow> = {}): IssueRow => ({
  id: 'e1',
  source: 'webhook',
  reason: 'rejected',
  detail: null,
  received_at: new Date('2026-11-20T12:00:00Z'),
  delivery_id: 'd1',
  is_open_request: false,
  person_id: 'p1',
  payload: sent({ Email: 'ada@example.com', FirstName: 'Ada', ListIds: ['1', '2'], Zip: '' }),
  attempt_id: 'a1',
  excerpt: answered('{"error":"FirstName is not allowed"}'),
  ...change,
});
const profile = (contact: Partial<Contact>, customerId: string | null = '7'): PersonProfile => ({
  ...emptyProfile(customerId),
  contact: { origins: {}, leftOut: {}, ...contact },
});
const ada = profile({ firstName: 'Ada', lastName: 'Lee', email: 'ada@example.com' });

const group = (rows: IssueRow[], state: Parameters<typeof groupIssues>[1] = 'open', known = ada) =>
  groupIssues(shop, state, rows, new Map([['p1', known]]));
const one = (change: Partial<IssueRow> = {}, state?: Parameters<typeof groupIssues>[1], known?: PersonProfile) =>
  group([row(change)], state, known)[0];

it('an issue says what, who, how often, since when, for which event, and what to look at', () => {
  expect(one()).toEqual({
    reason: 'rejected',
    message: expect.stringMatching(/Ascent360/),
    text: { code: 'state.rejected' },
    person: { id: 'p1', customerId: '7', name: 'Ada Lee', email: 'ada@example.com' },
    count: 1,
    requests: 0,
    since: '2026-11-20T12:00:00.000Z',
    eventId: 'e1',
    suspect: { key: 'FirstName', value: 'Ada' },
    query: 'state=attention&reason=rejected&person=p1',
  });
});

it('events of one cause and one person are one issue, those of the newest event first', () => {
  const at = (hour: number) => ({ id: `e${hour}`, received_at: new Date(Date.UTC(2026, 10, 20, hour)) });
  const found = group([
    row({ ...at(9), reason: 'gave_up' }),
    row(at(8)),
    row({ ...at(7), person_id: 'p2' }),
    row({ ...at(6), person_id: null }),
    row(at(5)),
    row(at(4)),
  ]);
  expect(
    found.map(({ reason, count, eventId, since, query }) => [reason, count, eventId, since.slice(11, 13), query]),
  ).toEqual([
    ['gave_up', 1, 'e9', '09', 'state=attention&reason=gave_up&person=p1'],
    ['rejected', 3, 'e8', '04', 'state=attention&reason=rejected&person=p1'],
    ['rejected', 1, 'e7', '07', 'state=attention&reason=rejected&person=p2'],
    ['rejected', 1, 'e6', '06', 'state=attention&reason=rejected&person=none'],
  ]);
  expect(group([])).toEqual([]);
});

describe('the cause', () => {
  it('is followed by its detail', () => {
    const { text } = one({ reason: 'gave_up', detail: 'http_503' }) ?? {};
    expect(text).toEqual({ code: 'state.gave_up', next: { code: 'detail.http', params: { status: '503' } } });
  });

  it('was, once it is resolved, that Ascent360 refused it at first', () => {
    const resolved = one({ reason: null, detail: 'http_503' }, 'resolved');
    expect(resolved).toMatchObject({ reason: null, text: { code: 'state.accepted_later' } });
    expect(resolved?.text).not.toHaveProperty('next');
    expect(resolved?.query).toBe('state=accepted&person=p1');
  });

  it('is, once it is ignored, that it was dismissed', () => {
    expect(one({ reason: 'dismissed' }, 'ignored')).toMatchObject({
      reason: null,
      text: { code: 'state.dismissed' },
      query: 'state=skipped&reason=dismissed&person=p1&from=2026-11-20T12%3A00%3A00.000Z&source=webhook',
    });
  });

  it('is that Ascent360 refused it, if none was kept', () => {
    expect(one({ reason: null })).toMatchObject({ reason: null, text: { code: 'state.rejected' } });
  });
});

describe('a person is called by', () => {
  it.each<[string, Partial<Contact>, string | null]>([
    ['first and last name', { firstName: 'Ada', lastName: 'Lee', email: 'a@example.com' }, 'Ada Lee'],
    ['the one that is known', { lastName: 'Lee', email: 'a@example.com' }, 'Lee'],
    ['email address', { email: 'a@example.com', mobile: '+12125550142', phone: '+12125550143' }, 'a@example.com'],
    ['mobile number', { mobile: '+12125550142', phone: '+12125550143' }, '+12125550142'],
    ['phone number', { phone: '+12125550143' }, '+12125550143'],
    ['nothing', {}, null],
  ])('%s', (_what, contact, name) => {
    expect(one({}, 'open', profile(contact, null))?.person).toEqual({
      id: 'p1',
      customerId: null,
      name,
      email: contact.email ?? null,
    });
  });

  it('nothing if the event names nobody, or nobody known', () => {
    expect(one({ person_id: null })?.person).toBeNull();
    expect(one({ person_id: 'erased' })?.person).toBeNull();
  });
});

describe('the value to look at is', () => {
  const format = (key: string) => detailOf('format', { key });
  it.each<[string, Partial<IssueRow>, object | null]>([
    ['that of the key our own check names', { detail: format('Email') }, { key: 'Email', value: 'ada@example.com' }],
    [
      'of the key in the answer, if ours was not sent',
      { detail: format('Mobile') },
      { key: 'FirstName', value: 'Ada' },
    ],
    [
      'of the first key that was sent',
      { excerpt: answered('FirstName or Email') },
      { key: 'Email', value: 'ada@example.com' },
    ],
    ['of a key in any case', { excerpt: answered('bad firstname') }, { key: 'FirstName', value: 'Ada' }],
    ['a list as JSON', { excerpt: answered('ListIds?') }, { key: 'ListIds', value: '["1","2"]' }],
    ['a text that is empty', { excerpt: answered('Zip is missing') }, { key: 'Zip', value: '' }],
    ['none, if a key is only part of a word', { excerpt: answered('EmailAddress, ZipCode, MyZip') }, null],
    ['none, if the answer names no key', { excerpt: answered('no') }, null],
    ['none without an answer', { excerpt: null }, null],
    ['none without an attempt', { attempt_id: null }, null],
    ['none without what was sent', { payload: null }, null],
    ['none if nothing was sent', { payload: sent(null) }, null],
    ['none without a delivery', { delivery_id: null }, null],
  ])('%s', (_what, change, suspect) => {
    expect(one(change)?.suspect).toEqual(suspect);
  });

  it('that of the newest event', () => {
    const older = row({ id: 'e0', payload: sent({ FirstName: 'Augusta' }) });
    expect(group([row(), older])[0]?.suspect).toEqual({ key: 'FirstName', value: 'Ada' });
  });
});
