import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answers, openScene, type Scene } from '../../features/activity/scene.ts';
import { customer, EMAIL, emailConsent, order, SMS, smsConsent } from '../bodies.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(async () => await scene.close());
beforeEach(async () => await scene.begin({}));

const now = () => new Date(scene.now).toISOString();
const payloadsOf = (ready: readonly { body: { text: string } }[] | undefined) =>
  (ready ?? []).map(({ body }) => JSON.parse(body.text) as Record<string, unknown>);
const leave = async (...how: Parameters<Scene['leave']>) => payloadsOf((await scene.leave(...how))?.ready);
const claim = async () => payloadsOf(await scene.claim());
const rows = async <Row extends object>(text: string) => await scene.db.query<Row>(text, [scene.shop.id]);

/**
 * Everything that sending at once writes, without what differs from shop to shop: ids, hashes and
 * times.
 */
const written = async () => ({
  deliveries: await rows(
    `SELECT d.kind, d.open, d.attempts, d.fence, d.carries_opt_out, d.again, d.reassert, d.reading, d.lease_until > now() AS leased,
       d.first_attempt_at IS NOT NULL AS begun, d.payload IS NOT NULL AS kept, e.state
     FROM deliveries d JOIN events e ON e.id = d.event_id WHERE d.shop_id = $1 ORDER BY d.seq`,
  ),
  attempts: await rows(
    `SELECT a.class, a.flags FROM attempts a JOIN deliveries d ON d.id = a.delivery_id WHERE a.shop_id = $1 ORDER BY d.seq`,
  ),
  told: await rows(
    `SELECT channel, account, accepted, jsonb_array_length(unsettled) AS unsettled, lists FROM told WHERE shop_id = $1
     ORDER BY channel, unsettled->0->>1`,
  ),
  decisions: await rows(
    `SELECT channel, decision, value, reason, attempt_id IS NOT NULL AS attempted FROM consent_decisions WHERE shop_id = $1
     ORDER BY channel, decision, value, reason`,
  ),
});

it('sending at once sends exactly what a claim would have sent, and leaves the same rows behind', async () => {
  const events = async () => {
    await scene.receive('customers/create', customer(1));
    await scene.receive('orders/create', order(2, { customer: { id: 2, email: 'person2@example.com' } }));
    await scene.receive('orders/create', order(3, { email: 'guest3@example.com', buyer_accepts_marketing: true }));
    await scene.receive(EMAIL, emailConsent(4, 'subscribed', now()));
    await scene.receive(EMAIL, emailConsent(5, 'unsubscribed', now()));
    await scene.receive(SMS, smsConsent(6, 'unsubscribed', now(), '+15005550106'));
  };
  await events();
  await scene.process();
  const [claimed, byClaim] = [await claim(), await written()];
  await scene.begin({});
  await events();
  const [left, atOnce] = [await leave(), await written()];
  expect(claimed).toHaveLength(6);
  const withoutMoments = (payloads: unknown) =>
    JSON.parse(JSON.stringify(payloads).replaceAll(/\d{4}-\d\d-\d\dT[^"]+/g, ''));
  expect(withoutMoments(left)).toEqual(withoutMoments(claimed));
  expect(atOnce).toEqual(byClaim);
  expect(await claim()).toEqual([]);
});

it('what was sent at once is recorded like anything else: accepted, or retried and then accepted', async () => {
  await scene.receive('customers/create', customer(1));
  await scene.receive('customers/create', customer(2));
  const left = await scene.leave();
  const [first, second] = left?.ready ?? [];
  if (!first || !second) throw new Error('Two should have left');
  await scene.record(first);
  await scene.record(second, answers.down);
  expect(await rows('SELECT state FROM events WHERE shop_id = $1 ORDER BY id')).toEqual([
    { state: 'accepted' },
    { state: 'open' },
  ]);
  await scene.db.query(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE shop_id = $1 AND open`, [
    scene.shop.id,
  ]);
  const [again] = await scene.claim();
  expect(again).toMatchObject({ id: second.id, fence: second.fence + 1, attempts: 1 });
});

describe('what left at once is kept in its event’s body alone', () => {
  const stored = async () =>
    await rows<{ bytes: number }>('SELECT length(subject) AS bytes FROM deliveries WHERE shop_id = $1 ORDER BY seq');
  const due = async () =>
    await scene.db.query(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE shop_id = $1 AND open`, [
      scene.shop.id,
    ]);
  /** Sends what came, without success, and returns what is sent the next time. */
  async function sendTwice(): Promise<[object[], object[]]> {
    const ready = (await scene.leave())?.ready ?? [];
    for (const one of ready) await scene.record(one, answers.down);
    await due();
    return [payloadsOf(ready), await claim()];
  }

  it('the next attempt sends the same order and the same customer', async () => {
    await scene.receive('customers/create', customer(1));
    await scene.receive('orders/create', order(2, { customer: { id: 2, email: 'person2@example.com' } }));
    const [first, second] = await sendTwice();
    expect(await stored()).toEqual([{ bytes: 0 }, { bytes: 0 }]);
    expect(first).toMatchObject([{ Email: 'person1@example.com' }, { Order: { Id: '2' } }]);
    expect(second).toEqual(first);
  });

  it('but not of an order that names its buyer by id alone: what was known of them at the time is sent again', async () => {
    await scene.receive('customers/create', customer(1));
    for (const one of (await scene.leave())?.ready ?? []) await scene.record(one);
    await scene.receive('orders/create', order(2, { email: null, customer: { id: 1 } }));
    const [first, second] = await sendTwice();
    const [, ofOrder] = await stored();
    expect(ofOrder?.bytes).toBeGreaterThan(0);
    expect(first).toMatchObject([{ Email: 'person1@example.com', Order: { Id: '2' } }]);
    expect(second).toEqual(first);
  });

  it('but not of one that takes long to read', async () => {
    await scene.receive('customers/create', customer(1, { note: 'x'.repeat(65 * 1024) }));
    const [first, second] = await sendTwice();
    expect(await stored()).not.toContainEqual({ bytes: 0 });
    expect(second).toEqual(first);
  });

  it('a body that can’t be opened any more needs attention, and holds up nothing else', async () => {
    const id = await scene.receive('customers/create', customer(1));
    await scene.receive('customers/create', customer(2));
    for (const one of (await scene.leave())?.ready ?? []) await scene.record(one, answers.down);
    await scene.db.query('UPDATE events SET body = $2 WHERE id = $1', [id, Buffer.alloc(40)]);
    await due();
    expect(await claim()).toMatchObject([{ Email: 'person2@example.com' }]);
    expect(await rows('SELECT state, reason FROM events WHERE shop_id = $1 ORDER BY id')).toEqual([
      { state: 'attention', reason: 'translation_failed' },
      { state: 'open', reason: null },
    ]);
  });
});

describe('an address is a lane', () => {
  it('of two deliveries to one address in a batch, the second waits for the first', async () => {
    await scene.receive('orders/create', order(1, { email: 'same@example.com' }));
    await scene.receive('orders/create', order(2, { email: 'same@example.com' }));
    const left = await scene.leave();
    expect(payloadsOf(left?.ready)).toMatchObject([{ Order: { Id: '1' } }]);
    expect(left?.due).toBe(true);
    expect(await claim()).toEqual([]);
    for (const one of left?.ready ?? []) await scene.record(one);
    expect(await claim()).toMatchObject([{ Order: { Id: '2' } }]);
  });

  it.each(['being sent', 'waiting for its next attempt'])(
    'nothing overtakes a delivery that is %s there',
    async (how) => {
      await scene.receive('customers/create', customer(1));
      const first = await scene.leave();
      if (how !== 'being sent') for (const one of first?.ready ?? []) await scene.record(one, answers.down);
      await scene.receive('orders/create', order(1));
      expect(await leave()).toEqual([]);
      expect(await claim()).toEqual([]);
    },
  );

  it('so is one that its customer gets later in the same batch', async () => {
    await scene.receive('customers/create', customer(1, { email: null, phone: '+15005550106' }));
    await scene.work();
    await scene.receive(SMS, smsConsent(1, 'unsubscribed', now(), '+15005550106'));
    await scene.receive('customers/update', customer(1, { phone: '+15005550106', updated_at: now() }));
    expect(await leave()).toEqual([]);
    // It takes its place there.
    expect(await claim()).toEqual([]);
    expect(await claim()).toMatchObject([{ Email: 'person1@example.com', SMSPermission: false }]);
  });

  it('a phone number is a lane, too', async () => {
    await scene.receive('customers/create', customer(1, { phone: '+15005550106' }));
    await scene.receive('customers/create', customer(2, { phone: '+15005550106' }));
    const left = await scene.leave();
    expect(payloadsOf(left?.ready)).toMatchObject([{ Email: 'person1@example.com' }]);
    for (const one of left?.ready ?? []) await scene.record(one);
    expect(await claim()).toMatchObject([{ Email: 'person2@example.com' }]);
    await scene.receive('customers/create', customer(3, { phone: '+15005550106' }));
    expect(await leave()).toEqual([]);
  });

  it('so is an order: its newer state waits for the one that is being sent, whatever address it has now', async () => {
    await scene.receive('orders/create', order(1, { email: 'first@example.com' }));
    const first = await scene.leave();
    const updated_at = new Date(scene.now + 1000).toISOString();
    await scene.receive('orders/updated', order(1, { email: 'second@example.com', updated_at }));
    expect([await leave(), await claim()]).toEqual([[], []]);
    for (const one of first?.ready ?? []) await scene.record(one);
    expect(await claim()).toMatchObject([{ Email: 'second@example.com' }]);
  });
});

describe('everything waits to be claimed', () => {
  it('while something in the shop is due: the oldest goes first', async () => {
    await scene.receive('customers/create', customer(1));
    await scene.process();
    await scene.receive('customers/create', customer(2));
    expect(await leave()).toEqual([]);
    expect(await claim()).toMatchObject([{ Email: 'person1@example.com' }, { Email: 'person2@example.com' }]);
  });

  it('while there is no room', async () => {
    await scene.receive('customers/create', customer(1));
    await scene.receive('customers/create', customer(2));
    const left = await scene.leave({ room: 1 });
    expect(payloadsOf(left?.ready)).toMatchObject([{ Email: 'person1@example.com' }]);
    expect(left?.due).toBe(true);
    await scene.receive('customers/create', customer(3));
    expect(await leave({ room: 0 })).toEqual([]);
  });

  it.each([
    ['is paused', 'UPDATE settings SET document = document || \'{"paused": true}\' WHERE shop_id = $1'],
    ['is not connected', 'UPDATE settings SET guid = NULL, guid_last4 = NULL WHERE shop_id = $1'],
    [
      'has a GUID that was refused',
      `UPDATE settings SET problem_since = now(), probe_at = now() - interval '1 second' WHERE shop_id = $1`,
    ],
    [
      'has an open breaker',
      `UPDATE settings SET breaker = jsonb_build_object('openedAt', extract(epoch FROM now()) * 1000, 'probedAt', NULL, 'slices', '[]'::jsonb)
       WHERE shop_id = $1`,
    ],
  ])('while the shop %s', async (_, change) => {
    await rows(change);
    await scene.receive('customers/create', customer(1));
    expect(await leave()).toEqual([]);
    expect(await rows('SELECT 1 FROM attempts WHERE shop_id = $1')).toEqual([]);
  });

  it('while an untranslated event may take back an opt-in, if it is an opt-in', async () => {
    await scene.receive(EMAIL, emailConsent(1, 'subscribed', new Date(scene.now - 2000).toISOString()));
    await scene.receive('customers/create', customer(2));
    await scene.receive(EMAIL, emailConsent(1, 'unsubscribed', now()));
    const left = await leave({ limit: 2 });
    expect(left).toMatchObject([{ Email: 'person2@example.com' }]);
    // The first is superseded without being sent; the second is claimed after it.
    const rest = [...(await leave()), ...(await claim()), ...(await claim())];
    expect(rest.filter((payload) => 'EmailPermission' in payload)).toMatchObject([{ EmailPermission: false }]);
  });

  it('an event with nothing new ends without an attempt', async () => {
    await scene.receive('customers/create', customer(1));
    for (const one of (await scene.leave())?.ready ?? []) await scene.record(one);
    await scene.receive('customers/update', customer(1, { updated_at: new Date(scene.now + 1000).toISOString() }));
    expect(await leave()).toEqual([]);
    expect(await claim()).toEqual([]);
    expect(await rows('SELECT reason FROM events WHERE shop_id = $1 ORDER BY id')).toEqual([
      { reason: null },
      { reason: 'nothing_new' },
    ]);
  });
});

it('nothing is posted unless it was committed', async () => {
  await scene.receive('customers/create', customer(1));
  const cut = new Error('cut before the commit');
  const db = {
    ...scene.db,
    transaction: async <T>(work: Parameters<typeof scene.db.transaction<T>>[0]) =>
      await scene.db.transaction(async (sql): Promise<T> => {
        await work(sql);
        throw cut;
      }),
  };
  let left: unknown = 'untouched';
  await expect(scene.leave({ db }).then((what) => (left = what))).rejects.toBe(cut);
  expect(left).toBe('untouched');
  expect(await rows('SELECT 1 FROM deliveries WHERE shop_id = $1')).toEqual([]);
  expect(await leave()).toMatchObject([{ Email: 'person1@example.com' }]);
});
