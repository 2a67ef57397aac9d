import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Attempt } from '../../../server/ascent360/client.ts';
import { readText } from '../../../server/domain/wording/kept-text.ts';
import type { ReadyDelivery } from '../../../server/pipeline/deliver/lease-and-note.ts';
import { startSweep, sweepOnce } from '../../../server/pipeline/sweep.ts';
import { createLog } from '../../../server/platform/log.ts';
import { hasDue } from '../../../server/store/deliveries/due-work.ts';
import { findLateOptOuts } from '../../../server/store/deliveries/late-opt-outs.ts';
import { endLeases } from '../../../server/store/deliveries/leases.ts';
import { loadSettings } from '../../../server/store/shops/settings.ts';
import { HOUR } from '../../durations.ts';
import { answers, openScene, type Scene } from '../../features/activity/scene.ts';
import { buyer, customer, EMAIL, emailConsent, order, SMS, smsConsent } from '../bodies.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
beforeEach(async () => await scene.begin({}));
afterAll(async () => await scene.close());

const timeout = { class: 'retry', flags: 'unknown', status: null, error: 'timeout' } as const;
const later = { class: 'retry', flags: 'refused', status: 429, error: 'http_429' } as const;
const interrupted = { class: 'unknown', flags: 'unknown', status: null, error: 'interrupted' } as const;
const now = () => new Date(scene.now).toISOString();

async function claimOne(topic: string, body: object): Promise<ReadyDelivery> {
  await scene.receive(topic, { ...body });
  await scene.process();
  const [one, ...more] = await scene.claim();
  if (!one || more.length > 0) throw new Error('Not one delivery is due');
  return one;
}
const optOut = async () => await claimOne(EMAIL, emailConsent(1, 'unsubscribed', now()));

/** A moment ago: due times are kept in milliseconds, so `now` may be a little later. */
const makeDue = async () =>
  await scene.db.query(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE shop_id = $1 AND open`, [
    scene.shop.id,
  ]);

const log = createLog('silent');

const runOut = async (deliveries: readonly ReadyDelivery[]) =>
  await scene.db.query(`UPDATE deliveries SET lease_until = now() - interval '1 second' WHERE id = ANY($1::uuid[])`, [
    deliveries.map(({ id }) => id),
  ]);

type Standing = {
  state: string;
  reason: string | null;
  detail: string | null;
  open: boolean;
  attempts: number;
  minutes: number;
  flags: [boolean | null, boolean[]];
  audit: object | null;
};

/** What became of a delivery: its event, when it is due, what Ascent360 was told, and the newest audit entry. */
async function standing({ id, eventId }: ReadyDelivery): Promise<Standing> {
  const [row] = await scene.db.query<Omit<Standing, 'flags' | 'audit'>>(
    `SELECT e.state, e.reason, e.detail, d.open, d.attempts,
       round(extract(epoch FROM d.due_at - now()) / 60)::int AS minutes
     FROM deliveries d JOIN events e ON e.id = d.event_id WHERE d.id = $1 AND e.id = $2 AND d.lease_until IS NULL`,
    [id, eventId],
  );
  const [told] = await scene.db.query<{ accepted: boolean | null; unsettled: [string, boolean][] }>(
    `SELECT accepted, unsettled FROM told WHERE shop_id = $1`,
    [scene.shop.id],
  );
  if (!row) throw new Error('The delivery is still leased');
  const flags: Standing['flags'] = [told?.accepted ?? null, (told?.unsettled ?? []).map(([, value]) => value)];
  return { ...row, flags, audit: await newestAttempt() };
}

async function newestAttempt(): Promise<object | null> {
  const rows = await scene.db.query<{ lines: string }>(
    'SELECT lines FROM audit_chain WHERE shop_id = $1 ORDER BY seq',
    [scene.shop.id],
  );
  const entries = rows.flatMap(({ lines }) => lines.split('\n').map((line): { kind: string } => JSON.parse(line)));
  return entries.findLast(({ kind }) => kind === 'attempt') ?? null;
}

describe('an attempt that carries an opt-out', () => {
  const HOUR = 60;
  const open = { state: 'open', reason: null, detail: null, open: true };
  it.each<[string, Partial<Attempt> | null, Partial<Standing>]>([
    [
      'accepted',
      answers.accepted,
      { state: 'accepted', reason: null, detail: null, open: false, attempts: 1, flags: [false, []] },
    ],
    [
      'rejected',
      answers.rejected,
      {
        state: 'attention',
        reason: 'rejected',
        detail: 'Email is not valid',
        open: false,
        attempts: 1,
        flags: [null, []],
      },
    ],
    ['refused with its GUID', answers.refusedGuid, { ...open, attempts: 0, minutes: 0, flags: [null, []] }],
    ['without an answer in time', timeout, { ...open, attempts: 1, minutes: HOUR, flags: [null, [false]] }],
    ['interrupted', interrupted, { ...open, attempts: 1, minutes: HOUR, flags: [null, [false]] }],
    ['put off', later, { ...open, attempts: 1, minutes: HOUR, flags: [null, []] }],
    [
      'put off for longer than the schedule says',
      { ...later, retryAfterMs: 90 * 60_000 },
      { ...open, attempts: 1, minutes: HOUR, flags: [null, []] },
    ],
    ['never made', null, { ...open, attempts: 0, minutes: 0, flags: [null, []] }],
  ])('and was %s', async (_, answer, expected) => {
    const delivery = await optOut();
    await scene.record(delivery, answer);
    expect(await standing(delivery)).toMatchObject(expected);
    const status = answer?.status ?? null;
    const audit = { event: delivery.eventId, attempt: delivery.attemptId, flags: { email: false } };
    expect(await newestAttempt()).toMatchObject({ ...audit, outcome: answer?.class ?? 'not_sent' });
    expect(await newestAttempt()).toEqual(
      status === null ? expect.not.objectContaining({ status }) : expect.objectContaining({ status }),
    );
    const attempts = await scene.db.query<{ class: string }>('SELECT class FROM attempts WHERE delivery_id = $1', [
      delivery.id,
    ]);
    expect(attempts).toEqual(answer ? [{ class: answer.class }] : []);
    const decided = await scene.db.query('SELECT decision FROM consent_decisions WHERE attempt_id = $1', [
      delivery.attemptId,
    ]);
    expect(decided).toEqual(answer ? [{ decision: answer.flags === 'refused' ? 'refused' : 'told' }] : []);
  });

  it('is made daily once the schedule is used up, also by a choice alone with an order behind it', async () => {
    for (const minutes of [HOUR, HOUR, 24 * HOUR, 24 * HOUR]) {
      const delivery = (await scene.claim())[0] ?? (await optOut());
      await scene.receive('orders/create', order(1, { created_at: now() }));
      await scene.process();
      await scene.record(delivery, timeout);
      expect(await standing(delivery)).toMatchObject({ ...open, minutes });
      await makeDue();
    }
  });

  it('is given up when the next would be more than 30 days after the first, however many came between them', async () => {
    let delivery: ReadyDelivery | undefined = await optOut();
    for (const days of [0, 10, 20, 30]) {
      if (!delivery) throw new Error(`It is not due after ${days} days`);
      await scene.record(delivery, timeout);
      expect([days, (await standing(delivery)).open]).toEqual([days, days < 30]);
      await scene.db.query(
        `UPDATE deliveries SET first_attempt_at = first_attempt_at - interval '10 days' WHERE shop_id = $1`,
        [scene.shop.id],
      );
      await makeDue();
      [delivery] = await scene.claim();
    }
  });

  it.each<[string, Partial<Attempt> | null, Partial<Standing>]>([
    ['accepted', answers.accepted, { state: 'accepted', open: false, attempts: 1, flags: [false, []] }],
    ['put off', later, { ...open, attempts: 1, minutes: HOUR, flags: [null, []] }],
    ['never made', null, { ...open, attempts: 1, minutes: 0, flags: [null, []] }],
  ])('whose lease ran out and was freed counts once, as %s, while nobody else has it', async (_, answer, expected) => {
    const delivery = await optOut();
    await runOut([delivery]);
    await sweepOnce({ db: scene.db, queue: { wake: () => {} }, log });
    expect(await standing(delivery)).toMatchObject({
      open: true,
      flags: [null, [false]],
      audit: { outcome: 'unknown' },
    });
    await scene.record(delivery, answer);
    expect(await standing(delivery)).toMatchObject(expected);
    expect(await newestAttempt()).toMatchObject({ attempt: delivery.attemptId, outcome: answer?.class ?? 'not_sent' });
  });

  it('is recorded once, although it isn’t known whether that was committed', async () => {
    const delivery = await optOut();
    await scene.record(delivery, timeout);
    await makeDue();
    await scene.record(delivery, timeout);
    expect(await standing(delivery)).toMatchObject({ ...open, attempts: 1, minutes: 0 });
  });

  it('of two of one delivery that end together, only the newer counts', async () => {
    const { id, fence } = await optOut();
    await scene.db.query('UPDATE deliveries SET fence = fence + 1 WHERE id = $1', [id]);
    const [older, newer] = [fence, fence + 1].map((one) => ({ id, fence: one, open: false }) as const);
    const hasEnded = await endLeases(
      scene.db,
      [newer, older].flatMap((one) => one ?? []),
    );
    expect([older, newer].map((one) => one && hasEnded(one))).toEqual([false, true]);
  });

  const number = '+14155550101';
  it.each([
    ['email address', {}, EMAIL, () => emailConsent(1, 'unsubscribed', now())],
    [
      'number',
      { email: null, customer: { id: 1, email: null, phone: number } },
      SMS,
      () => smsConsent(1, 'unsubscribed', now(), number),
    ],
  ])(
    'is given up with the schedule if others wait behind it for its %s, and the next of them carries the opt-out',
    async (_, by, topic, consent) => {
      const failing = await claimOne('orders/create', order(1, { created_at: now(), ...by }));
      await scene.record(failing, answers.down);
      const choice = await scene.receive(topic, consent());
      await scene.process();
      for (let i = 0; i < 2; i++) {
        await makeDue();
        const [delivery] = await scene.claim();
        expect(delivery).toMatchObject({ id: failing.id, carriesOptOut: true });
        if (delivery) await scene.record(delivery, answers.down);
      }
      expect(await standing(failing)).toMatchObject({ state: 'attention', reason: 'gave_up', open: false });
      const [next] = await scene.claim();
      expect(next).toMatchObject({ eventId: choice, carriesOptOut: true });
    },
  );

  const late = async (days: number) =>
    (await findLateOptOuts(scene.db, scene.shop, Date.now() + days * 24 * 3_600_000))?.count ?? 0;

  it('is late three days after the attempt that first carried it, however long its order was tried before', async () => {
    const failing = await claimOne('orders/create', order(1, { created_at: now(), ...buyer(1) }));
    await scene.record(failing, answers.down);
    await scene.db.query(`UPDATE events SET received_at = now() - interval '5 days' WHERE id = $1`, [failing.eventId]);
    await scene.receive(EMAIL, emailConsent(1, 'unsubscribed', now()));
    await scene.process();
    await makeDue();
    expect(await scene.claim()).toMatchObject([{ id: failing.id, carriesOptOut: true }]);
    expect([await late(2), await late(4)]).toEqual([0, 1]);
  });

  it('isn’t late any sooner because the record it went with had arrived long before and was resent', async () => {
    const ticked = { customer: null, buyer_accepts_marketing: true, processed_at: now() };
    const sent = await claimOne('orders/create', order(1, ticked));
    await scene.record(sent, answers.accepted);
    await scene.db.query(`UPDATE events SET received_at = now() - interval '5 days' WHERE id = $1`, [sent.eventId]);
    expect(await scene.call('post', `/activity/${sent.eventId}/retry`)).toMatchObject({ status: 202 });
    await scene.receive(EMAIL, emailConsent(1, 'unsubscribed', now()));
    await scene.process();
    expect(await scene.claim()).toMatchObject([{ id: sent.id, carriesOptOut: true }]);
    expect(await late(2)).toBe(0);
  });

  it.each(['accepted', 'rejected', 'refusedGuid', 'down'] as const)(
    'whose delivery was claimed again changes nothing when it was %s: another process has it',
    async (answer) => {
      const delivery = await optOut();
      await scene.db.query('UPDATE deliveries SET fence = fence + 1 WHERE id = $1', [delivery.id]);
      await scene.record(delivery, answers[answer]);
      await scene.db.query('UPDATE deliveries SET lease_until = NULL WHERE id = $1', [delivery.id]);
      expect(await standing(delivery)).toMatchObject({ ...open, attempts: 0, flags: [null, [false]], audit: null });
      const { problem } = (await loadSettings(scene.db, scene.shop)) ?? {};
      const refused = await scene.db.query('SELECT refused_after AS after FROM deliveries WHERE id = $1', [
        delivery.id,
      ]);
      expect([problem, refused]).toEqual([null, [{ after: [] }]]);
    },
  );
});

describe('the sweep', () => {
  it('frees what a dead process was sending, and wakes its shop, although another shop can’t be locked', async () => {
    const locked = await optOut();
    await scene.begin({});
    const dead = await optOut();
    await runOut([locked, dead]);
    const transaction: typeof scene.db.transaction = async (work) =>
      await scene.db.transaction(async (sql) => {
        const freed = await work(sql);
        const rows = await sql.query('SELECT 1 FROM deliveries WHERE id = $1 AND lease_until IS NULL', [locked.id]);
        if (rows.length > 0) throw Object.assign(new Error('lock timeout'), { code: '55P03' });
        return freed;
      });
    const woken: number[] = [];
    const queue = { wake: (shopId: number) => void woken.push(shopId) };
    await sweepOnce({ db: { ...scene.db, transaction }, queue, log });
    expect(await standing(dead)).toMatchObject({ open: true, attempts: 1 });
    await expect(standing(locked)).rejects.toThrow('still leased');
    expect(woken).toContain(scene.shop.id);
  });

  it('leaves what the earlier attempts of such a delivery came to', async () => {
    const delivery = await optOut();
    await scene.record(delivery, timeout);
    await makeDue();
    await runOut(await scene.claim());
    await sweepOnce({ db: scene.db, queue: { wake: () => {} }, log });
    const attempts = await scene.db.query('SELECT class FROM attempts WHERE delivery_id = $1 ORDER BY at, id', [
      delivery.id,
    ]);
    expect(attempts).toEqual([{ class: 'retry' }, { class: 'unknown' }]);
  });

  it('is tried again within a second if it failed, and no more once it was stopped', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    let looked = 0;
    const away = async () => {
      looked += 1;
      return await Promise.reject(new Error('away'));
    };
    const sweep = startSweep({ db: { query: away, transaction: away }, queue: { wake: () => {} }, log }, HOUR);
    await vi.advanceTimersByTimeAsync(1000);
    expect(looked).toBe(2);
    await sweep.stop();
    await vi.advanceTimersByTimeAsync(HOUR);
    expect(looked).toBe(2);
  });
});

it('an attempt without a flag is not in the audit log, and is given up once the schedule is used up', async () => {
  const first = await claimOne('customers/create', customer(1));
  for (let i = 0; i < 3; i++) {
    const delivery = i === 0 ? first : (await scene.claim())[0];
    if (!delivery) throw new Error('It is no longer due');
    await scene.record(delivery, answers.down);
    await makeDue();
  }
  expect(await standing(first)).toMatchObject({
    state: 'attention',
    reason: 'gave_up',
    detail: 'HTTP 503',
    audit: null,
  });
});

it('an accepted record without an email address says that Ascent360 doesn’t load it by default', async () => {
  const delivery = await claimOne(SMS, smsConsent(1, 'subscribed', now(), '+15005550106'));
  await scene.record(delivery);
  const { state, detail } = await standing(delivery);
  expect([state, readText(detail ?? '')]).toEqual(['accepted', { code: 'detail.phone_only' }]);
});

describe('after a changed order was sent and', () => {
  const version = (minutes: number, total: string) =>
    order(1, {
      total_price: total,
      created_at: now(),
      updated_at: new Date(scene.now + minutes * 60_000).toISOString(),
    });

  it.each<[string, Partial<Attempt>, number]>([
    ['its outcome is unknown, the order as it was before is sent again', timeout, 1],
    ['it was not taken, the order as it was before is nothing new', later, 0],
    ['it was accepted, the order as it was before is sent', answers.accepted, 1],
  ])('%s', async (_, answer, sent) => {
    await scene.record(await claimOne('orders/create', version(1, '10.00')));
    await scene.record(await claimOne('orders/updated', version(2, '20.00')), answer);
    await scene.receive('orders/updated', version(3, '10.00'));
    await scene.process();
    await makeDue();
    expect((await scene.claim()).map(({ body }) => JSON.parse(body.text).Order.Total)).toEqual(
      Array(sent).fill('10.00'),
    );
  });

  it('its process died, the order as it was before is sent again', async () => {
    await scene.record(await claimOne('orders/create', version(1, '10.00')));
    await runOut([await claimOne('orders/updated', version(2, '20.00'))]);
    await sweepOnce({ db: scene.db, queue: { wake: () => {} }, log });
    await scene.receive('orders/updated', version(3, '10.00'));
    await scene.process();
    await makeDue();
    expect((await scene.claim()).map(({ body }) => JSON.parse(body.text).Order.Total)).toEqual(['10.00']);
  });

  it.each([
    ['is being sent, and fails', true],
    ['waits', false],
  ])(
    'the merchant has it sent again, which %s, a newer state that takes its place is sent although it holds nothing new',
    async (_, fails) => {
      const accepted = await claimOne('orders/create', version(1, '10.00'));
      await scene.record(accepted);
      expect((await scene.call('post', `/activity/${accepted.eventId}/retry`)).status).toBe(202);
      await makeDue();
      const sending = fails ? await scene.claim() : [];
      await scene.receive('orders/updated', version(2, '10.00'));
      await scene.process();
      for (const again of sending) await scene.record(again, later);
      await makeDue();
      expect((await scene.claim()).map(({ body }) => JSON.parse(body.text).Order.Total)).toEqual(['10.00']);
    },
  );

  it.each([
    ['was being sent', true],
    ['was waiting', false],
  ])(
    'a newer state takes the place of one that %s, it goes before what came between them, and counts as an opt-out if that one did',
    async (_, fails) => {
      const first = await claimOne(EMAIL, emailConsent(1, 'unsubscribed', now()));
      await scene.record(first, answers.rejected);
      await scene.receive('orders/create', version(1, '10.00'));
      await scene.process();
      await makeDue();
      const [sent] = await scene.claim();
      expect(sent).toMatchObject({ carriesOptOut: true });
      if (sent && !fails) await scene.record(sent, later);
      await scene.receive('orders/create', order(2, { email: sent && JSON.parse(sent.body.text).Email }));
      await scene.receive('orders/updated', version(2, '20.00'));
      await scene.process();
      if (sent && fails) await scene.record(sent, later);
      const open = await scene.db.query(
        `SELECT e.topic, d.carries_opt_out AS "carriesOptOut" FROM deliveries d JOIN events e ON e.id = d.event_id
         WHERE d.shop_id = $1 AND d.open ORDER BY d.seq`,
        [scene.shop.id],
      );
      expect(open).toEqual([
        { topic: 'orders/updated', carriesOptOut: true },
        { topic: 'orders/create', carriesOptOut: false },
      ]);
    },
  );

  it.each<[string, Partial<Attempt>, object, object]>([
    ['put off', later, { state: 'merged', reason: 'superseded', open: false }, { open: true, minutes: 60 }],
    ['accepted', answers.accepted, { state: 'accepted', open: false }, { open: true, minutes: 0 }],
    ['rejected', answers.rejected, { state: 'attention', open: false }, { open: true, minutes: 0 }],
  ])('a newer state came meanwhile, and it is %s: only a retry gives way', async (_, answer, older, newer) => {
    const delivery = await claimOne('orders/create', version(1, '10.00'));
    const event = await scene.receive('orders/updated', version(2, '20.00'));
    await scene.process();
    await scene.record(delivery, answer);
    expect(await standing(delivery)).toMatchObject(older);
    const [row] = await scene.db.query<{ open: boolean; minutes: number }>(
      `SELECT open, greatest(0, round(extract(epoch FROM due_at - now()) / 60))::int AS minutes FROM deliveries WHERE event_id = $1`,
      [event],
    );
    expect(row).toEqual(newer);
    const [{ into } = { into: null }] = await scene.db.query<{ into: string | null }>(
      'SELECT merged_into AS into FROM events WHERE id = $1',
      [delivery.eventId],
    );
    expect(into).toBe('reason' in older ? event : null);
  });

  it('a newer state came during its last attempt, that one takes its place, and nothing needs attention', async () => {
    const first = await claimOne('orders/create', version(1, '10.00'));
    await scene.record(first, later);
    await makeDue();
    const [second] = await scene.claim();
    if (!second) throw new Error('It is no longer due');
    await scene.record(second, later);
    await makeDue();
    const [last] = await scene.claim();
    if (!last) throw new Error('It is no longer due');
    const newer = await scene.receive('orders/updated', version(2, '20.00'));
    await scene.process();
    await scene.record(last, answers.down);
    expect(await standing(last)).toMatchObject({ state: 'merged', reason: 'superseded', detail: null, open: false });
    const [{ into } = { into: null }] = await scene.db.query<{ into: string | null }>(
      'SELECT merged_into AS into FROM events WHERE id = $1',
      [last.eventId],
    );
    expect(into).toBe(newer);
    const [next] = await scene.claim();
    expect(next?.eventId).toBe(newer);
  });
});

describe('while Ascent360 refuses the GUID, the probe', () => {
  const problem = async () => (await loadSettings(scene.db, scene.shop))?.problem ?? null;

  it.each<[string, Partial<Attempt>, boolean]>([
    ['accepted ends that', answers.accepted, false],
    ['rejected ends that', answers.rejected, false],
    ['refused prolongs it', answers.refusedGuid, true],
    ['without an answer changes nothing, and costs no attempt', timeout, true],
    ['that Ascent360 asks to wait changes nothing else', { ...later, retryAfterMs: 600_000 }, true],
  ])('%s', async (_, answer, stays) => {
    await scene.record(await optOut(), answers.refusedGuid);
    expect(await problem()).toMatchObject({ error: 'HTTP 401' });
    await scene.db.query(`UPDATE settings SET probe_at = now() - interval '1 second' WHERE shop_id = $1`, [
      scene.shop.id,
    ]);
    const [probe] = await scene.claim();
    if (!probe) throw new Error('There is no probe');
    await scene.record(probe, answer);
    expect((await problem()) !== null).toBe(stays);
    const isOver = answer.class === 'accepted' || answer.class === 'rejected';
    const minutes = (answer.retryAfterMs ?? 0) / 60_000;
    expect(await standing(probe)).toMatchObject(isOver ? { open: false } : { open: true, attempts: 0, minutes });
  });
});

it('a delivery that was never posted is due again in the very turn that gives it back', async () => {
  const { id, fence } = await claimOne('customers/create', customer(1));
  const lease = `UPDATE deliveries SET lease_until = now() + interval '1 minute' WHERE id = $1`;
  for (let round = 0; round < 12; round += 1) {
    await scene.db.query(lease, [id]);
    const isDue = await scene.db.transaction(async (sql) => {
      await endLeases(sql, [{ id, fence, open: true, waitMs: 0, countsAttempt: false, lastClass: null }]);
      return await hasDue(sql, scene.shop);
    });
    expect(isDue).toBe(true);
  }
});

it.each<[string, Partial<Attempt>[], boolean]>([
  ['ten failures', Array(10).fill(answers.down), true],
  ['seven failures of ten', [...Array(3).fill(answers.accepted), ...Array(7).fill(timeout)], true],
  ['six failures of ten', [...Array(4).fill(answers.accepted), ...Array(6).fill(timeout)], false],
  ['seven interruptions of ten', [...Array(3).fill(answers.rejected), ...Array(7).fill(interrupted)], true],
  ['ten rejections', Array(10).fill(answers.rejected), false],
  ['nine failures, and deliveries never posted', [...Array(9).fill(answers.down), null, null], false],
])('%s: the breaker opens %3$s', async (_, ends, opens) => {
  for (const id of ends.keys()) await scene.receive('customers/create', customer(id + 1));
  await scene.process();
  const deliveries = await scene.claim();
  expect(deliveries).toHaveLength(ends.length);
  for (const [i, delivery] of deliveries.entries()) await scene.record(delivery, ends[i]);
  const breaker = (await loadSettings(scene.db, scene.shop))?.breaker ?? null;
  expect((breaker?.openedAt ?? null) !== null).toBe(opens);
});

it.each<[string, Partial<Attempt>, boolean]>([
  ['an acceptance closes', answers.accepted, false],
  ['a rejection closes', answers.rejected, false],
  ['a refusal of the GUID closes', answers.refusedGuid, false],
  ['an answer 500 leaves open', answers.down, true],
  ['a time-out leaves open', timeout, true],
])('%s the breaker that failures opened', async (_, answer, stays) => {
  const openedAt = async () => (await loadSettings(scene.db, scene.shop))?.breaker?.openedAt ?? null;
  for (let id = 1; id <= 11; id++) await scene.receive('customers/create', customer(id));
  await scene.process();
  const deliveries = await scene.claim();
  expect(deliveries).toHaveLength(11);
  const last = deliveries.pop();
  if (!last) throw new Error('Nothing was claimed');
  for (const delivery of deliveries) await scene.record(delivery, answers.down);
  expect(await openedAt()).not.toBeNull();
  await scene.record(last, answer);
  expect((await openedAt()) !== null).toBe(stays);
});

it.each<[string, Partial<Attempt>, boolean]>([
  ['accepted proves the connection', answers.accepted, true],
  ['rejected proves nothing', answers.rejected, false],
  ['without an answer proves nothing', timeout, false],
])('an attempt that was %s', async (_, answer, proves) => {
  await scene.record(await optOut(), answer);
  const [row] = await scene.db.query<{ proven: boolean }>(
    'SELECT proven_at IS NOT NULL AS proven FROM settings WHERE shop_id = $1',
    [scene.shop.id],
  );
  expect(row).toEqual({ proven: proves });
});

it.each<[string, Partial<Attempt>]>([
  ['accepted', answers.accepted],
  ['refused with its GUID', answers.refusedGuid],
])(
  'an attempt under a GUID that was replaced meanwhile, %s, says nothing about one that ends alike',
  async (_, answer) => {
    const delivery = await optOut();
    await scene.save({ guid: '0b1f6e2d-8c44-4a7e-9d3a-5e6f7081b7a9' });
    await scene.record(delivery, answer);
    expect(await loadSettings(scene.db, scene.shop)).toMatchObject({ proven: null, problem: null, probeAt: null });
  },
);
