import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeAscent360, faultsOf, startAscent360 } from './ascent360.ts';

const GUID = '0b7e5c1a-1111-4222-8333-0123456789ab';
const GOOD = { SourceName: 'Shop', SourceType: 'Ecommerce', Email: 'ann@example.com' };

let fake: FakeAscent360;
beforeEach(async () => {
  fake = await startAscent360();
});
afterEach(() => fake.close());

const post = (body: unknown, path = `/V1/Data/${GUID}`, init: RequestInit = {}) =>
  fetch(`${fake.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    redirect: 'manual',
    ...init,
  });

describe('the stand-in for Ascent360', () => {
  it('answers 200 to any valid JSON and lists what would not be understood', async () => {
    expect((await post({ email: 'ann@example.com' })).status).toBe(200);
    expect(fake.received[0]?.faults).toEqual([
      'SourceName is missing',
      'SourceType is missing',
      'email is not a documented key',
      'no Email, Phone or Mobile',
    ]);
  });

  it.each([
    ['a good record', {}, []],
    ['a null', { FirstName: null }, ['FirstName is not a filled, trimmed text']],
    ['an empty list', { Activities: [] }, ['Activities is not a list of filled texts']],
    ['an empty object', { Address: {} }, ['Address is empty']],
    ['a phone with a plus', { Phone: '+19801234567' }, ['Phone is not digits with country code and no plus']],
    ['an impossible birthday', { DateOfBirth: '02-30-1980' }, ['DateOfBirth is not a date mm-dd-yyyy']],
    ['a permission as text', { EmailPermission: 'true' }, ['EmailPermission is not true or false']],
    ['a permission without its address', { SMSPermission: true }, ['SMSPermission without Mobile']],
    ['lists without a provider', { ListIds: ['1'] }, ['ListIds without ProviderType']],
    ['a misspelt inner key', { Address: { AddressLine1: 'x' } }, ['Address AddressLine1 is not a documented key']],
    ['a number as an order id', { Order: { Id: 1, Event: 'created' } }, ['Order Id is not a filled, trimmed text']],
  ])('finds the faults of %s', (_, extra, faults) => {
    expect(faultsOf({ ...GOOD, ...extra })).toEqual(faults);
  });

  it.each([
    ['another path', '/V1/Data/nonsense', {}, 404],
    ['a GET', `/V1/Data/${GUID}`, { method: 'GET', body: null }, 405],
    ['another content type', `/V1/Data/${GUID}`, { headers: { 'content-type': 'text/plain' } }, 415],
  ])('refuses %s', async (_, path, init, status) => {
    expect((await post(GOOD, path, init)).status).toBe(status);
    expect(fake.received[0]?.accepted).toBe(false);
  });

  it('refuses what isn’t JSON', async () => {
    expect((await post('{')).status).toBe(400);
  });

  it('follows a list of behaviours once and then accepts, for a single GUID', async () => {
    fake.behave(GUID, [{ status: 503, retryAfter: 7 }, 'html', 'redirect']);
    const other = await post(GOOD, '/V1/Data/aaaaaaaa-1111-4222-8333-0123456789ab');
    const answers = [await post(GOOD), await post(GOOD), await post(GOOD), await post(GOOD)];
    expect([other, ...answers].map(({ status }) => status)).toEqual([200, 503, 200, 302, 200]);
    expect(answers[0]?.headers.get('retry-after')).toBe('7');
    expect(fake.received.map(({ accepted }) => accepted)).toEqual([true, false, false, false, true]);
  });

  it('distinguishes the last flag that was accepted from the last that was taken', async () => {
    fake.behave((record) => (record.raw.includes('false') ? { status: 500 } : 'accept'));
    await post({ ...GOOD, Email: 'Ann@Example.com', EmailPermission: true });
    await post({ ...GOOD, EmailPermission: false });
    await post(GOOD);
    expect(fake.lastAccepted('ANN@example.com', 'EmailPermission')).toBe(true);
    expect(fake.lastTaken('ann@example.com', 'EmailPermission', GUID)).toBe(false);
    expect(fake.lastAccepted('ann@example.com', 'EmailPermission', 'aaaaaaaa-1111-4222-8333-0123456789ab')).toBeNull();
    expect(fake.lastAccepted('+19801234567', 'SMSPermission')).toBeNull();
  });

  it('records what it reset before reading as not taken', async () => {
    fake.behave('reset');
    await expect(post(GOOD)).rejects.toThrow();
    expect(fake.received.map(({ taken, status }) => ({ taken, status }))).toEqual([{ taken: false, status: null }]);
  });
});
