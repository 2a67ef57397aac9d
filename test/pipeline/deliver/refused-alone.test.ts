import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { classifyAnswer } from '../../../server/ascent360/classify-answer.ts';
import type { Attempt } from '../../../server/ascent360/client.ts';
import type { ReadyDelivery } from '../../../server/pipeline/deliver/lease-and-note.ts';
import { ledgerChore } from '../../../server/pipeline/ledger/check.ts';
import { createLog } from '../../../server/platform/log.ts';
import { askLedgerCheck } from '../../../server/store/consent/ledger-checks.ts';
import { clearProblem } from '../../../server/store/shops/proof.ts';
import { loadSettings } from '../../../server/store/shops/settings.ts';
import { answers, openScene, type Scene } from '../../features/activity/scene.ts';
import { ago, customer, EMAIL, emailConsent, order } from '../bodies.ts';

/** Something between us and Ascent360 refuses some records for what is in them, as it would a wrong GUID. */
let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
beforeEach(async () => await scene.begin({}));
afterAll(async () => await scene.close());

type Firewall = (payload: {
  Order?: { Id: string };
  EmailPermission?: boolean;
  FirstName?: string;
}) => Partial<Attempt>;
const answerOf = (status: number) => ({ ...classifyAnswer({ status, contentType: null, excerpt: '' }), status });
const refused = answerOf(403);
/** Refuses this order, and nothing else. */
const refusing =
  (id: number, answer: Partial<Attempt> = refused): Firewall =>
  (payload) =>
    payload.Order?.Id === String(id) ? answer : answers.accepted;
const all =
  (answer: Partial<Attempt>): Firewall =>
  () =>
    answer;

const hasProblem = async () => (await loadSettings(scene.db, scene.shop))?.problem !== null;

/** Translates and sends until nothing more may be sent. Returns what was sent, in order. */
async function send(firewall: Firewall): Promise<ReadyDelivery[]> {
  const sent: ReadyDelivery[] = [];
  await scene.process();
  for (;;) {
    // Only the first: after a refusal the others are given back.
    const [first, ...others] = await scene.claim();
    if (!first) return sent;
    for (const other of others) await scene.record(other, null);
    await scene.record(first, firewall(JSON.parse(first.body.text)));
    sent.push(first);
  }
}

/** Makes the next probe due, and sends. */
async function sendLater(firewall: Firewall): Promise<ReadyDelivery[]> {
  await scene.db.query(
    `UPDATE settings SET probe_at = now() - interval '1 second' WHERE shop_id = $1 AND probe_at IS NOT NULL`,
    [scene.shop.id],
  );
  return await send(firewall);
}

let customers = 100;
/** A customer of their own, whom nothing has been said about. */
async function another(): Promise<string> {
  customers += 1;
  return await scene.receive('customers/create', customer(customers));
}

async function stateOf(event: string) {
  const [row] = await scene.db.query<{ state: string; reason: string | null; detail: string | null }>(
    'SELECT state, reason, detail FROM events WHERE id = $1',
    [event],
  );
  return row;
}
const open = { state: 'open', reason: null, detail: null };

describe('a record that is refused like a GUID', () => {
  it.each([403, 404, 405, 302])(
    'with %i three times, while others were accepted in between, needs attention, and its shop’s sending goes on',
    async (status) => {
      const firewall = refusing(1, answerOf(status));
      const event = await scene.receive('orders/create', order(1));
      for (let refusals = 1; refusals <= 2; refusals += 1) {
        await sendLater(firewall);
        expect(await hasProblem()).toBe(true);
        expect(await stateOf(event)).toEqual(open);
        await another();
      }
      await sendLater(firewall);
      expect(await stateOf(event)).toEqual({ state: 'attention', reason: 'rejected', detail: `http_${status}` });
      expect(await hasProblem()).toBe(false);
    },
  );

  it('is no longer tried then, and what was behind it is', async () => {
    const firewall = refusing(1);
    await scene.receive('orders/create', order(1));
    const optOut = await scene.receive(EMAIL, emailConsent(1, 'unsubscribed', ago(0)));
    for (let round = 0; round < 3; round += 1) {
      await sendLater(firewall);
      await another();
    }
    expect(await stateOf(optOut)).toMatchObject({ state: 'accepted' });
    expect(await hasProblem()).toBe(false);
  });

  it('waits as long as nothing is accepted in between: it may be the GUID', async () => {
    const event = await scene.receive('orders/create', order(1));
    for (let round = 0; round < 6; round += 1) {
      await another();
      await sendLater(all(refused));
      expect(await hasProblem()).toBe(true);
    }
    expect(await stateOf(event)).toEqual(open);
    await sendLater(all(answers.accepted));
    expect(await stateOf(event)).toMatchObject({ state: 'accepted' });
  });

  it.each<[string, () => Promise<void>]>([
    ['a test record', async () => await clearProblem(scene.db, scene.shop)],
    ['another GUID', async () => await scene.save({ guid: randomUUID() })],
  ])('waits even if %s ends that: the next attempt shows whether it helped', async (_, ends) => {
    const event = await scene.receive('orders/create', order(1));
    for (let round = 0; round < 4; round += 1) {
      await send(all(refused));
      expect(await hasProblem()).toBe(true);
      await ends();
    }
    expect(await stateOf(event)).toEqual(open);
  });

  it('waits if what is accepted was rejected: that says nothing about the GUID’s other records', async () => {
    const event = await scene.receive('orders/create', order(1));
    for (let round = 0; round < 4; round += 1) {
      await sendLater((payload) => (payload.Order ? refused : answers.rejected));
      await another();
    }
    expect(await stateOf(event)).toEqual(open);
  });

  it('is counted on when a newer state of the same order takes its place', async () => {
    const firewall = refusing(1);
    await scene.receive('orders/create', order(1, { updated_at: ago(9000) }));
    await sendLater(firewall);
    await another();
    await scene.receive('orders/updated', order(1, { updated_at: ago(8000), total_price: '20.90' }));
    await sendLater(firewall);
    await another();
    const newest = await scene.receive('orders/updated', order(1, { updated_at: ago(7000), total_price: '21.90' }));
    await sendLater(firewall);
    expect(await stateOf(newest)).toMatchObject({ state: 'attention', reason: 'rejected' });
  });

  it('gives way to a state that arrives during the third attempt, and that stops nothing', async () => {
    const firewall = refusing(1);
    const first = await scene.receive('orders/create', order(1, { updated_at: ago(9000) }));
    for (let refusals = 1; refusals <= 2; refusals += 1) {
      await sendLater(firewall);
      await another();
    }
    await scene.process();
    await scene.db.query(`UPDATE settings SET probe_at = now() - interval '1 second' WHERE shop_id = $1`, [
      scene.shop.id,
    ]);
    for (const probe of await scene.claim()) await scene.record(probe);
    const third = await scene.claim();
    const newer = await scene.receive('orders/updated', order(1, { updated_at: ago(8000), total_price: '20.90' }));
    await scene.process();
    for (const delivery of third) await scene.record(delivery, refused);
    expect(await stateOf(first)).toEqual({ state: 'merged', reason: 'superseded', detail: null });
    expect(await hasProblem()).toBe(false);
    await send(firewall);
    expect(await stateOf(newer)).toMatchObject({ state: 'attention', reason: 'rejected' });
    expect(await hasProblem()).toBe(false);
  });

  it('is counted anew once a merchant resends it', async () => {
    const firewall = refusing(1);
    const event = await scene.receive('orders/create', order(1));
    for (let round = 0; round < 3; round += 1) {
      await sendLater(firewall);
      await another();
    }
    expect(await stateOf(event)).toMatchObject({ state: 'attention' });
    expect((await scene.call('post', `/activity/${event}/retry`)).status).toBe(202);
    await sendLater(firewall);
    expect(await stateOf(event)).toMatchObject({ state: 'open' });
    expect(await hasProblem()).toBe(true);
    await another();
    await sendLater(all(answers.accepted));
    expect(await stateOf(event)).toMatchObject({ state: 'accepted' });
  });

  describe('stops nothing if another record of its customer was found at fault', () => {
    const firewall: Firewall = ({ FirstName }) => (FirstName === '<script>' ? refused : answers.accepted);
    const state = async (updated: number, first_name = '<script>') =>
      await scene.receive('customers/update', customer(1, { first_name, updated_at: ago(updated) }));
    const atFault = async () => {
      const event = await state(9000);
      for (let round = 0; round < 3; round += 1) {
        await sendLater(firewall);
        await another();
      }
      expect(await stateOf(event)).toMatchObject({ state: 'attention' });
      await send(firewall);
      return event;
    };

    it.each([
      ['and needs attention', async () => {}],
      [
        'and was dismissed since',
        async (event: string) => void (await scene.call('post', `/activity/${event}/dismiss`)),
      ],
    ])('%s, and is counted anew once that is resent', async (_, since) => {
      const first = await atFault();
      await since(first);
      const next = [await state(8000), await scene.receive(EMAIL, emailConsent(1, 'unsubscribed', ago(0)))];
      await send(firewall);
      for (const event of next) expect(await stateOf(event)).toMatchObject({ state: 'attention', reason: 'rejected' });
      expect(await hasProblem()).toBe(false);
      for (const event of [first, ...next]) await scene.call('post', `/activity/${event}/retry`);
      await send(firewall);
      expect(await hasProblem()).toBe(true);
    });

    it('about the same order, whatever else was accepted since', async () => {
      const ordered = { email: order(1).email };
      await scene.receive('orders/create', order(1, { ...ordered, updated_at: ago(9000) }));
      for (let round = 0; round < 3; round += 1) {
        await sendLater(refusing(1));
        await another();
      }
      const other = await scene.receive('orders/create', order(2, ordered));
      await send(refusing(1));
      expect(await stateOf(other)).toMatchObject({ state: 'accepted' });
      const paid = { ...ordered, updated_at: ago(8000), total_price: '20.90' };
      const newer = await scene.receive('orders/updated', order(1, paid));
      await send(refusing(1));
      expect(await stateOf(newer)).toMatchObject({ state: 'attention', reason: 'rejected' });
      expect(await hasProblem()).toBe(false);
    });

    it('unless a newer one like it was accepted since', async () => {
      await atFault();
      const corrected = await state(8000, 'Ada');
      await send(firewall);
      expect(await stateOf(corrected)).toMatchObject({ state: 'accepted' });
      const next = [
        await state(7000, 'Ada L.'),
        await scene.receive('orders/create', order(1, { customer: customer(1) })),
      ];
      await send(all(refused));
      for (const event of next) expect(await stateOf(event)).toEqual(open);
      expect(await hasProblem()).toBe(true);
    });
  });

  it('waits all the same if it was tried as a probe: it may be the GUID', async () => {
    await scene.receive('orders/create', order(1));
    for (let round = 0; round < 3; round += 1) {
      await sendLater(refusing(1));
      await another();
    }
    await send(all(refused));
    expect(await hasProblem()).toBe(true);
    const event = await scene.receive('orders/create', order(2, { email: order(1).email }));
    await scene.process();
    await scene.db.query(`UPDATE deliveries SET due_at = now() - interval '1 day' WHERE event_id = $1`, [event]);
    const sent = await sendLater(all(refused));
    expect(sent.map(({ eventId }) => eventId)).toEqual([event]);
    expect(await stateOf(event)).toEqual(open);
  });

  it('stops nothing when the daily check tries its opt-out again', async () => {
    const firewall: Firewall = ({ EmailPermission }) => (EmailPermission === false ? refused : answers.accepted);
    const check = ledgerChore({ db: scene.db, log: createLog('silent'), now: Date.now, wake: () => {} });
    const checkAgain = async () => {
      await askLedgerCheck(scene.db, scene.shop);
      while (await check.work(scene.shop, new AbortController().signal));
    };
    const event = await scene.receive(EMAIL, emailConsent(1, 'unsubscribed', ago(0)));
    for (let round = 0; round < 3; round += 1) {
      await sendLater(firewall);
      await another();
    }
    expect(await stateOf(event)).toMatchObject({ state: 'attention' });
    // Its own, with the address alone from the second day.
    for (let round = 0; round < 4; round += 1) {
      await checkAgain();
      for (let refusals = 0; refusals < 3; refusals += 1) {
        await sendLater(firewall);
        await another();
      }
    }
    await checkAgain();
    const sent = await send(firewall);
    expect(sent.map(({ body }) => JSON.parse(body.text))).toContainEqual(
      expect.objectContaining({ EmailPermission: false }),
    );
    expect(await hasProblem()).toBe(false);
  });
});

it('a probe of a refused GUID is a record that wasn’t refused yet, if there is one', async () => {
  await scene.receive('orders/create', order(1));
  await send(refusing(1));
  const [behind, other] = [await scene.receive('orders/create', order(2, { email: order(1).email })), await another()];
  const sent = await sendLater(all(refused));
  expect(sent.map(({ eventId }) => eventId)).toEqual([other]);
  expect(await stateOf(behind)).toEqual(open);
});

it('a probe of a refused GUID is the record that was refused longest ago, if all were', async () => {
  const [first, second] = [await scene.receive('orders/create', order(1)), await another()];
  await send(all(refused));
  const probes: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    probes.push(...(await sendLater(all(refused))).map(({ eventId }) => eventId));
  }
  expect(probes).toEqual([second, first, second]);
});
