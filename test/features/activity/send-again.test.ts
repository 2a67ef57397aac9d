import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sendAgain } from '../../../server/features/activity/send-again.ts';
import type { Db } from '../../../server/platform/database/db.ts';
import { openSubject, subjectBinding } from '../../../server/store/deliveries/deliveries.ts';
import { createImport } from '../../../server/store/imports/imports.ts';
import { saveFacts } from '../../../server/store/shops/shops.ts';
import { answers, customer, DAY, emailChoice, HOUR, openScene, order, type Scene } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(async () => await scene.close());
beforeEach(async () => await scene.begin());

const EMAIL = 'customers_email_marketing_consent/update';
const retry = async (id: string, body?: object) => await scene.call('post', `/activity/${id}/retry`, body);
const bulk = async (body: object) => await scene.call('post', '/activity/retry', body);
const find = async (id: string) => (await scene.call('get', `/activity/${id}`)).body;
const merge = async ({ kept, gone }: { kept: number; gone: number }) =>
  await scene.receive('customers/merge', {
    status: 'completed',
    admin_graphql_api_customer_kept_id: `gid://shopify/Customer/${kept}`,
    admin_graphql_api_customer_deleted_id: `gid://shopify/Customer/${gone}`,
  });
const noFlags = { EmailPermission: { true: 0, false: 0 }, SMSPermission: { true: 0, false: 0 } };

/** An event that ended in this state, with the payloads sent since. */
async function ended(state: 'accepted' | 'attention' | 'skipped', id = 1): Promise<string> {
  const event = await scene.receive('customers/create', customer(id, 0));
  await scene.work(state === 'accepted' ? answers.accepted : answers.rejected);
  if (state === 'skipped') await scene.call('post', `/activity/${event}/dismiss`);
  expect((await find(event)).state).toBe(state);
  return event;
}

describe('resending an event', () => {
  it.each(['accepted', 'attention', 'skipped'] as const)('from %s sends it again', async (state) => {
    const id = await ended(state);
    expect(await retry(id)).toMatchObject({ status: 202, body: { count: 1, flags: noFlags } });
    expect(scene.woken).toEqual([scene.shop.domain]);
    expect(await find(id)).toMatchObject({ state: 'waiting', reason: 'due', settledAt: null });
    expect(await scene.work()).toMatchObject([{ Email: 'person1@example.com' }]);
    expect(await find(id)).toMatchObject({ state: 'accepted', attempts: [{}, { class: 'accepted' }] });
  });

  it.each([
    ['since', [8]],
    ['since into one who was merged, too,', [8, 9]],
  ])(
    'of a customer who was merged %s goes out as the kept customer’s: their opt-in stays out if Shopify says no of that one',
    async (_, line) => {
      await scene.receive('customers/create', customer(7, 0));
      const id = await scene.receive(EMAIL, emailChoice(7, 'subscribed', scene.now - HOUR));
      await scene.work(answers.rejected);
      const permission = async () => (await bulk({ filter: { ids: [id] }, dryRun: true })).body.flags.EmailPermission;
      expect(await permission()).toEqual({ true: 1, false: 0 });
      for (const kept of line) {
        await scene.receive('customers/create', customer(kept, 0));
        if (kept === line.at(-1)) await scene.receive(EMAIL, emailChoice(kept, 'not_subscribed', scene.now - HOUR));
        await merge({ kept, gone: kept - 1 });
      }
      await scene.work();
      expect(await permission()).toEqual({ true: 0, false: 0 });
      expect((await retry(id)).status).toBe(202);
      const sent = await scene.work();
      expect(sent).toMatchObject([{ Email: 'person7@example.com' }]);
      expect(sent[0]).not.toHaveProperty('EmailPermission');
    },
  );

  it('counts its permissions once, whichever of two calls at the same moment sends it', async () => {
    const id = await scene.receive(EMAIL, emailChoice(1, 'unsubscribed', scene.now - HOUR));
    await scene.receive('customers/create', customer(1, 0));
    await scene.work(answers.rejected);
    const how = { reassert: false, dryRun: false };
    const over = async (db: Db) => await sendAgain({ db, now: () => scene.now }, scene.shop, [id], how);
    let other: Awaited<ReturnType<typeof sendAgain>> | null = null;
    const late: Db = {
      ...scene.db,
      transaction: async (work) => {
        other = await over(scene.db);
        return await scene.db.transaction(work);
      },
    };
    expect(await over(late)).toMatchObject({ count: 0, flags: noFlags, leftOut: [{ count: 1 }] });
    expect(other).toMatchObject({ count: 1, flags: { EmailPermission: { true: 0, false: 1 } } });
  });

  it('sends it even if nothing in it is new', async () => {
    await ended('accepted');
    const repeat = await scene.receive('customers/update', customer(1, 1));
    expect(await scene.work()).toEqual([]);
    // What it would have sent is kept all the same.
    expect(await find(repeat)).toMatchObject({
      state: 'skipped',
      reason: 'nothing_new',
      payload: { Email: 'person1@example.com' },
    });
    expect((await retry(repeat)).status).toBe(202);
    expect(await scene.work()).toHaveLength(1);
  });

  it('sends the newest known state of the customer, not the one in the event', async () => {
    const old = await ended('attention');
    await scene.receive('customers/update', customer(1, 1, { first_name: 'Newer', email: 'newer@example.com' }));
    await scene.work();
    expect((await retry(old)).status).toBe(202);
    expect(await scene.work()).toMatchObject([{ FirstName: 'Newer', Email: 'newer@example.com' }]);
  });

  const by = (id: number) => ({ customer: { id, email: `person${id}@example.com` }, email: `person${id}@example.com` });
  it.each([
    ['was accepted', answers.accepted, 'accepted'],
    ['was rejected', answers.rejected, 'merged'],
  ])(
    'of an order that is another customer’s by now, which %s, sends the newest state in that customer’s event',
    async (_, how, ends) => {
      const first = await scene.receive('orders/create', order(1001, 0, by(1)));
      await scene.work(how);
      const theirs = await scene.receive('orders/updated', order(1001, 5, by(2)));
      await scene.work();
      const late = await scene.receive('orders/updated', order(1001, 3, by(1)));
      await scene.work();
      for (const id of [first, late]) {
        expect((await retry(id)).body).toMatchObject({ count: 1 });
        expect(await scene.work()).toMatchObject([{ Email: 'person2@example.com' }]);
      }
      expect(await find(first)).toMatchObject({ state: ends, payload: { Email: 'person1@example.com' } });
      expect(await find(late)).toMatchObject({ state: 'merged', mergedInto: theirs, payload: null });
      expect(await find(theirs)).toMatchObject({ state: 'accepted', payload: { Email: 'person2@example.com' } });
    },
  );

  it('stores the newest state under the delivery’s own id, so that it can be opened', async () => {
    const old = await ended('attention');
    await scene.receive('customers/update', customer(1, 1, { email: 'newer@example.com' }));
    await scene.work();
    await retry(old);
    const [row] = await scene.db.query<{ id: string; subject: Uint8Array }>(
      'SELECT id, subject FROM deliveries WHERE event_id = $1',
      [old],
    );
    expect(row && openSubject(scene.shop.vault, row.id, row.subject).contact?.email).toBe('newer@example.com');
  });

  it('sends the newest known state for a stale event, which had no delivery', async () => {
    await scene.receive('orders/updated', order(1001, 5, { financial_status: 'refunded' }));
    await scene.work();
    const stale = await scene.receive('orders/create', order(1001, 0));
    await scene.work();
    expect(await find(stale)).toMatchObject({ state: 'skipped', reason: 'stale' });
    expect((await retry(stale)).body).toMatchObject({ count: 1 });
    expect(await scene.work()).toMatchObject([{ Order: { FinancialStatus: 'refunded' } }]);
    expect(await find(stale)).toMatchObject({ state: 'accepted' });
  });

  it.each([
    ['a test order', { send: { testOrders: true } }, {}, { test: true }, 'test_order'],
    ['an order', {}, { send: { orders: false } }, {}, 'topic_off'],
  ])(
    'of %s that was stale, and sent for its choice, sends nothing while the settings leave the order out',
    async (_what, before, after, over, reason) => {
      await scene.save(before);
      const processed_at = new Date(scene.now - HOUR).toISOString();
      const of = (at: number, box: boolean) =>
        order(1001, at, { customer: null, processed_at, buyer_accepts_marketing: box, ...over });
      await scene.receive('orders/updated', of(5, false));
      await scene.work();
      const stale = await scene.receive('orders/create', of(0, true));
      expect(await scene.work()).toMatchObject([{ EmailPermission: true }]);
      await scene.save(after);
      await retry(stale);
      expect(await scene.work()).toEqual([]);
      expect(await find(stale)).toMatchObject({ state: 'skipped', reason });
    },
  );

  it('sends the target of a merged event', async () => {
    const older = await scene.receive('customers/create', customer(1, 0));
    const newer = await scene.receive('customers/update', customer(1, 1));
    await scene.work();
    expect((await retry(older)).status).toBe(202);
    expect(await find(older)).toMatchObject({ state: 'merged', mergedInto: newer });
    expect(await find(newer)).toMatchObject({ state: 'waiting' });
    expect(await scene.work()).toHaveLength(1);
  });

  it('lets a newer state that is already waiting go out instead', async () => {
    const failed = await ended('attention');
    await scene.save({ paused: true });
    const newer = await scene.receive('customers/update', customer(1, 1, { first_name: 'Newer' }));
    await scene.process();
    expect((await retry(failed)).body).toMatchObject({ count: 1 });
    expect(await find(failed)).toMatchObject({ state: 'merged', reason: 'superseded', mergedInto: newer });
    await scene.save({});
    expect(await scene.work()).toMatchObject([{ FirstName: 'Newer' }]);
  });

  it.each([
    ['with the flags that were accepted, if they were to be sent again', true],
    ['without them, if not', false],
  ])('goes on with a newer state, %s, when that came while it was being sent and failed', async (_, reassert) => {
    const id = await scene.receive('customers/create', customer(1, 0));
    await scene.receive(EMAIL, emailChoice(1, 'subscribed', scene.now - HOUR));
    await scene.work();
    await retry(id, { reassert });
    const [failing] = await scene.claim();
    const newer = await scene.receive('customers/update', customer(1, 1));
    await scene.process();
    if (failing) await scene.record(failing, { ...answers.down, flags: 'refused' });
    expect(await find(id)).toMatchObject({ state: 'merged', reason: 'superseded', mergedInto: newer });
    scene.now += 2 * HOUR;
    await scene.db.query(
      `UPDATE deliveries SET due_at = date_trunc('milliseconds', now()) WHERE open AND shop_id = $1`,
      [scene.shop.id],
    );
    const sent = await scene.work();
    expect(sent).toMatchObject([{ Email: 'person1@example.com' }]);
    expect(sent.map((payload) => 'EmailPermission' in payload)).toEqual([reassert]);
  });

  it('waits for what is being sent to the same address', async () => {
    const id = await ended('attention');
    await scene.receive('customers/update', customer(1, 1));
    await scene.process();
    const [sending] = await scene.claim();
    expect((await retry(id)).status).toBe(202);
    expect(await find(id)).toMatchObject({ state: 'waiting', reason: 'behind_earlier' });
    expect(await scene.claim()).toEqual([]);
    if (sending) await scene.record(sending);
    expect(await scene.work()).toHaveLength(1);
  });

  it('waits behind what is waiting for the same address', async () => {
    const id = await ended('attention');
    const waiting = await scene.receive('customers/create', customer(2, 0, { email: 'person1@example.com' }));
    await scene.process();
    expect((await retry(id)).status).toBe(202);
    expect(await find(waiting)).toMatchObject({ state: 'waiting', reason: 'due' });
    expect(await find(id)).toMatchObject({ state: 'waiting', reason: 'behind_earlier' });
  });

  it('keeps its place in the lane of the address it now goes to', async () => {
    const id = await ended('attention');
    await scene.receive('customers/update', customer(1, 1, { email: 'newer@example.com' }));
    await scene.work();
    await scene.receive('customers/create', customer(2, 0, { email: 'newer@example.com' }));
    await scene.process();
    expect(await scene.claim()).toHaveLength(1);
    await retry(id);
    expect(await find(id)).toMatchObject({ state: 'waiting', reason: 'behind_earlier' });
  });

  it('has its import count its ends anew: what was counted for good is not what stands any more', async () => {
    const id = await ended('attention');
    const asked = { kind: 'customers', from: null, customerIds: null, segmentId: null } as const;
    const importId = await createImport(scene.db, scene.shop, asked, scene.now);
    await scene.db.query('UPDATE events SET import_id = $2 WHERE id = $1', [id, importId]);
    await scene.db.query(
      `UPDATE imports SET settled_to = $2, settled = '{"ends": []}', told_stale = false WHERE id = $1`,
      [importId, id],
    );
    expect((await retry(id)).status).toBe(202);
    const [row] = await scene.db.query('SELECT settled_to, settled, told_stale FROM imports WHERE id = $1', [importId]);
    expect(row).toEqual({ settled_to: null, settled: {}, told_stale: true });
  });

  it('restarts the schedule of attempts', async () => {
    const id = await scene.receive('customers/create', customer(1, 0));
    for (let attempt = 0; attempt < 3; attempt++) {
      await scene.work(answers.down);
      await scene.db.query(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE event_id = $1`, [id]);
      scene.now += HOUR;
    }
    expect(await find(id)).toMatchObject({ state: 'attention', reason: 'gave_up' });
    await retry(id);
    await scene.work(answers.down);
    expect(await find(id)).toMatchObject({ state: 'retrying' });
  });

  it('is not ended by the late result of an earlier attempt', async () => {
    const id = await scene.receive('customers/create', customer(1, 0));
    await scene.process();
    const [late] = await scene.claim();
    await scene.db.query('UPDATE deliveries SET open = false, lease_until = NULL WHERE event_id = $1', [id]);
    await scene.db.query(`UPDATE events SET state = 'attention', reason = 'gave_up' WHERE id = $1`, [id]);
    await retry(id);
    if (late) await scene.record(late, answers.rejected);
    expect(await find(id)).toMatchObject({ state: 'waiting' });
  });

  it('translates an unreadable event again', async () => {
    const id = await scene.receive('orders/create', '[]');
    await scene.process();
    expect((await find(id)).reason).toBe('unreadable');
    expect((await retry(id)).body).toMatchObject({ count: 1 });
    expect(await find(id)).toMatchObject({ state: 'waiting', reason: 'due' });
    await scene.process();
    expect(await find(id)).toMatchObject({ state: 'attention', reason: 'unreadable' });
  });

  it('sends the person as last known if the event’s choice was none', async () => {
    await ended('accepted');
    const id = await scene.receive(EMAIL, emailChoice(1, 'pending', scene.now));
    await scene.work();
    expect(await find(id)).toMatchObject({ state: 'skipped', reason: 'no_choice' });
    expect((await retry(id)).status).toBe(202);
    const [payload] = await scene.work();
    expect(payload).toMatchObject({ Email: 'person1@example.com' });
    expect(payload).not.toHaveProperty('EmailPermission');
  });
});

it('the first state that we get of a customer who was merged before goes out as the kept customer’s', async () => {
  await scene.receive('customers/create', customer(2, 0));
  await merge({ kept: 2, gone: 1 });
  await scene.work();
  const late = await scene.receive('customers/update', customer(1, 1, { first_name: 'Late' }));
  await scene.work();
  expect(await find(late)).toMatchObject({ state: 'skipped', reason: 'stale' });
  expect((await retry(late)).body).toMatchObject({ count: 1, skippedAgain: 0 });
  // The first turn moves it to the kept customer's lanes.
  const sent = [...(await scene.work()), ...(await scene.work())];
  expect(sent).toMatchObject([{ Email: 'person2@example.com' }]);
  expect((await find(late)).state).toBe('accepted');
});

it('a customer who lost their last address while something of theirs was waiting is skipped for it', async () => {
  await ended('accepted');
  const run = { action_run_id: 'run-1', properties: { customer_id: 1 } };
  const waiting = await scene.receive('flow/send', { shopify_domain: scene.shop.domain, ...run });
  await scene.process();
  await scene.receive('customers/update', customer(1, 5, { email: null }));
  // The first turn moves it to the lanes of what is left.
  for (let turn = 0; turn < 2; turn++) expect(await scene.work()).toEqual([]);
  expect(await find(waiting)).toMatchObject({ state: 'skipped', reason: 'no_contact' });
});

describe('what can’t be resent', () => {
  it.each([
    ['waits already', async () => await scene.receive('customers/create', customer(1, 0)), /waiting/],
    [
      'is about the shop',
      async () => await scene.receive('shop/update', { id: 1, name: 'Snow', country_code: 'US' }),
      /about the app or your store/,
    ],
    [
      'is about WhatsApp',
      async () =>
        await scene.receive('customers_whats_app_marketing_consent/update', {
          customer_id: 1,
          phone_number: '+19801234567',
          whats_app_marketing_consent: { state: 'subscribed', updated_at: '2026-11-20T12:00:00Z' },
        }),
      /^Recorded\./,
    ],
    ['is of an unknown topic', async () => await scene.receive('products/update', { id: 1 }), /doesn’t know/],
  ])('an event that %s', async (_what, make, message) => {
    const id = await make();
    const before = await find(id);
    if (before.topic !== 'customers/create') await scene.process();
    const state = (await find(id)).state;
    expect(await retry(id)).toMatchObject({
      status: 409,
      body: { errors: [{ message: expect.stringMatching(message) }] },
    });
    expect((await find(id)).state).toBe(state);
    expect(scene.woken).toEqual([]);
  });

  it('an erased event', async () => {
    const id = await ended('accepted');
    await scene.db.query('UPDATE events SET body = NULL WHERE id = $1', [id]);
    await scene.db.query('UPDATE deliveries SET subject = NULL, payload = NULL WHERE event_id = $1', [id]);
    expect(await retry(id)).toMatchObject({
      status: 409,
      body: { errors: [{ message: expect.stringMatching(/erased/) }] },
    });
  });

  it('an event about a customer who was deleted', async () => {
    const id = await ended('accepted');
    await scene.receive('customers/delete', { id: 1 });
    await scene.process();
    expect((await retry(id)).status).toBe(409);
    expect(await scene.work()).toEqual([]);
  });

  it('an event about a customer who was merged into one who was deleted: what was accepted stays accepted', async () => {
    const id = await ended('accepted');
    await scene.receive('customers/create', customer(2, 0));
    await merge({ kept: 2, gone: 1 });
    await scene.work();
    await scene.receive('customers/delete', { id: 2 });
    await scene.work();
    expect((await retry(id)).status).toBe(409);
    expect((await bulk({ filter: { ids: [id] } })).body).toMatchObject({ count: 0, leftOut: [{ count: 1 }] });
    expect(await scene.work()).toEqual([]);
    expect((await find(id)).state).toBe('accepted');
  });

  it('another shop’s event, or an unknown one', async () => {
    const id = await ended('accepted');
    await scene.begin();
    expect((await retry(id)).status).toBe(404);
    expect((await retry('nonsense')).status).toBe(404);
  });

  it.each([
    ['reassert', { reassert: 'yes' }],
    ['dryRun', { dryRun: 1 }],
    ['dryrun', { dryrun: true }],
    ['', []],
  ])('an event, with an invalid %s', async (field, body) => {
    const id = await ended('accepted');
    expect(await retry(id, body)).toMatchObject({ status: 422, body: { errors: [{ field }] } });
    expect((await find(id)).state).toBe('accepted');
  });
});

describe('flags when resending', () => {
  /** A person whose opt-in was accepted with the first event. Returns that event. */
  async function told(): Promise<string> {
    const event = await ended('accepted');
    await scene.receive(EMAIL, emailChoice(1, 'subscribed', scene.now - DAY));
    expect(await scene.work()).toMatchObject([{ EmailPermission: true }]);
    return event;
  }

  it('are counted of a message that is read again as well: it may have something to send by now', async () => {
    const phone = '+15005550106';
    await saveFacts(scene.db, scene.shop, {});
    const id = await scene.receive('customers/create', customer(1, 0, { email: null, phone: '(500) 555-0106' }));
    await scene.work();
    expect(await find(id)).toMatchObject({ state: 'skipped', reason: 'no_contact' });
    await scene.receive('customers_marketing_consent/update', {
      id: 2,
      phone,
      sms_marketing_consent: { state: 'unsubscribed', consent_updated_at: new Date(scene.now - DAY).toISOString() },
    });
    expect(await scene.work()).toMatchObject([{ SMSPermission: false }]);
    await scene.db.query('UPDATE told SET accepted = NULL WHERE shop_id = $1', [scene.shop.id]);
    expect((await retry(id, { dryRun: true })).body).toMatchObject({ count: 1, skippedAgain: 1, flags: noFlags });
    await saveFacts(scene.db, scene.shop, { country: 'US' });
    const due = { count: 1, skippedAgain: 0, flags: { ...noFlags, SMSPermission: { true: 0, false: 1 } } };
    expect((await retry(id, { dryRun: true })).body).toMatchObject(due);
    expect((await retry(id)).body).toMatchObject(due);
    expect(await scene.work()).toMatchObject([{ Mobile: '15005550106', SMSPermission: false }]);
  });

  it.each([
    ['that can’t be read', 'orders/create', '[]'],
    ['without an id', 'orders/create', '{"id":null}'],
    ['that asks to erase somebody and names nobody', 'customers/redact', '{"customer":{}}'],
    ['about nobody who can be reached', 'customers/create', JSON.stringify(customer(1, 0, { email: null }))],
  ])('are none of a message %s, and nothing is said to be sent', async (_, topic, body) => {
    const id = await scene.receive(topic, body);
    await scene.work();
    const said = { count: 1, skippedAgain: 1, flags: noFlags };
    expect((await retry(id, { dryRun: true })).body).toMatchObject(said);
    expect((await bulk({ filter: { ids: [id] }, dryRun: true })).body).toMatchObject(said);
    expect((await retry(id)).body).toMatchObject(said);
    expect(await scene.work()).toEqual([]);
  });

  it('that were accepted are not sent again', async () => {
    const id = await told();
    expect((await retry(id)).body).toMatchObject({ count: 1, flags: noFlags });
    const [payload] = await scene.work();
    expect(payload).not.toHaveProperty('EmailPermission');
  });

  it('that were accepted are sent again with reassert', async () => {
    const id = await told();
    expect((await retry(id, { reassert: true })).body).toMatchObject({
      count: 1,
      flags: { ...noFlags, EmailPermission: { true: 1, false: 0 } },
    });
    expect(await scene.work()).toMatchObject([{ EmailPermission: true }]);
  });

  it('that are due by now are counted and sent', async () => {
    const id = await ended('attention');
    await scene.save({ paused: true });
    await scene.receive(EMAIL, emailChoice(1, 'unsubscribed', scene.now - DAY));
    await scene.process();
    expect((await retry(id, { dryRun: true })).body.flags.EmailPermission).toEqual({ true: 0, false: 1 });
  });

  it('are counted of an order that is sent only for the choice it brought, since orders are off', async () => {
    await scene.save({ send: { orders: false } });
    const ticked = { customer: null, buyer_accepts_marketing: true, processed_at: new Date(scene.now).toISOString() };
    const id = await scene.receive('orders/create', order(1001, 0, ticked));
    expect(await scene.work(answers.rejected)).toMatchObject([{ EmailPermission: true }]);
    const due = { count: 1, skippedAgain: 0, flags: { ...noFlags, EmailPermission: { true: 1, false: 0 } } };
    expect((await retry(id, { dryRun: true })).body).toMatchObject(due);
    expect((await retry(id)).body).toMatchObject(due);
    expect(await scene.work()).toMatchObject([{ EmailPermission: true }]);
  });

  it.each([
    ['and', {}],
    ['with its lists, and', { providerType: 3, listIds: ['4711'] }],
  ])(
    'are sent once for an address, %s a second order that is sent only for its choice is left out, and counted so',
    async (_, lists) => {
      await scene.save({ send: { orders: false }, ...lists });
      // Lists go out only where Shopify can be asked.
      await scene.db.query(`INSERT INTO admin_tokens (shop_id, pair) VALUES ($1, '\\x00')`, [scene.shop.id]);
      const ticked = { customer: null, buyer_accepts_marketing: true, processed_at: new Date(scene.now).toISOString() };
      const email = 'person1@example.com';
      const sent = { EmailPermission: true, ...('listIds' in lists && { ListIds: ['4711'] }) };
      for (const id of [1001, 1002]) {
        await scene.receive('orders/create', order(id, 0, { ...ticked, email }));
        expect(await scene.work(answers.rejected)).toMatchObject([sent]);
      }
      const due = { count: 2, skippedAgain: 1, flags: { ...noFlags, EmailPermission: { true: 1, false: 0 } } };
      const all = { filter: { state: 'attention' } };
      expect((await bulk({ ...all, dryRun: true })).body).toMatchObject(due);
      expect((await bulk(all)).body).toMatchObject(due);
      expect(await scene.work()).toMatchObject([sent]);
    },
  );

  it('with reassert aren’t sent again by a retry if they went with another event meanwhile', async () => {
    await told();
    for (const id of [1001, 1002]) await scene.receive('orders/create', order(id, 0, { customer: customer(1, 0) }));
    for (let turn = 0; turn < 4; turn++) await scene.work();
    await bulk({ filter: { topic: 'orders/create' }, reassert: true });
    const sent: string[] = [];
    for (const answer of [answers.accepted, answers.down, answers.accepted]) {
      const [delivery] = await scene.claim();
      if (!delivery) throw new Error('Nothing was claimed');
      sent.push(delivery.body.text);
      await scene.record(delivery, answer);
      await scene.db.query(
        `UPDATE deliveries SET due_at = date_trunc('milliseconds', now()) WHERE shop_id = $1 AND attempts > 0`,
        [scene.shop.id],
      );
    }
    expect(sent.map((text) => text.includes('EmailPermission'))).toEqual([true, false, false]);
  });

  it('with reassert are sent once for an address that several events name', async () => {
    await told();
    await scene.receive('orders/create', order(1001, 0, { customer: customer(1, 0) }));
    await scene.receive('orders/create', order(1002, 0, { customer: null, email: 'person1@example.com' }));
    const mobile = { customer: customer(1, 0, { phone: '+12125550142' }) };
    await scene.receive('customers_marketing_consent/update', {
      id: 1,
      phone: '+12125550142',
      sms_marketing_consent: { state: 'unsubscribed', consent_updated_at: new Date(scene.now - DAY).toISOString() },
    });
    await scene.receive('orders/create', order(1003, 0, mobile));
    const sendAll = async () => {
      const sent: object[] = [];
      // A turn sends one for each address.
      for (let turn = 0; turn < 6; turn++) sent.push(...(await scene.work()));
      return sent;
    };
    await sendAll();
    const { body } = await bulk({ filter: { topic: 'orders/create' }, reassert: true });
    expect(body).toMatchObject({
      count: 3,
      flags: { EmailPermission: { true: 1, false: 0 }, SMSPermission: { true: 0, false: 1 } },
    });
    const sent = await sendAll();
    expect(sent).toHaveLength(3);
    const having = (key: string) => sent.filter((one) => key in one).length;
    expect({ true: having('EmailPermission'), false: having('SMSPermission') }).toEqual({ true: 1, false: 1 });
  });

  it('count once for an address that several events name', async () => {
    await told();
    await scene.receive('orders/create', order(1001, 0, { customer: customer(1, 0) }));
    await scene.work();
    expect((await bulk({ filter: {}, reassert: true, dryRun: true })).body).toMatchObject({
      count: 3,
      flags: { ...noFlags, EmailPermission: { true: 1, false: 0 } },
    });
  });

  it('are only counted by a dry run, which changes nothing', async () => {
    const id = await told();
    const before = await scene.db.query('SELECT * FROM events JOIN deliveries ON event_id = events.id ORDER BY seq');
    expect(await retry(id, { reassert: true, dryRun: true })).toMatchObject({
      status: 202,
      body: { count: 1, flags: { EmailPermission: { true: 1, false: 0 } } },
    });
    expect((await bulk({ filter: {}, dryRun: true })).body.count).toBe(2);
    expect(await scene.db.query('SELECT * FROM events JOIN deliveries ON event_id = events.id ORDER BY seq')).toEqual(
      before,
    );
    expect(scene.woken).toEqual([]);
    expect(await scene.work()).toEqual([]);
  });
});

describe('resending many events', () => {
  it('sends what the filter finds, each order and customer once', async () => {
    const rejected = [await ended('attention', 1), await ended('attention', 2)];
    const again = await scene.receive('customers/update', customer(2, 1));
    await scene.work(answers.rejected);
    const accepted = await ended('accepted', 3);
    expect(await bulk({ filter: { state: 'attention' } })).toMatchObject({
      status: 202,
      body: { count: 2, together: 1, flags: noFlags, more: false },
    });
    expect(await scene.work()).toHaveLength(2);
    expect(await find(rejected[0] ?? '')).toMatchObject({ state: 'accepted' });
    expect(await find(rejected[1] ?? '')).toMatchObject({ state: 'merged', mergedInto: again });
    expect(await find(again)).toMatchObject({ state: 'accepted' });
    expect((await find(accepted)).attempts).toHaveLength(1);
  });

  it('leaves an accepted event accepted if a newer one of the same customer goes out', async () => {
    const accepted = await ended('accepted');
    const rejected = await scene.receive('customers/update', customer(1, 1, { first_name: 'Newer' }));
    await scene.work(answers.rejected);
    expect((await bulk({ filter: {} })).body).toMatchObject({ count: 1 });
    expect(await find(accepted)).toMatchObject({ state: 'accepted', mergedInto: null });
    expect(await scene.work()).toMatchObject([{ FirstName: 'Newer' }]);
    expect(await find(rejected)).toMatchObject({ state: 'accepted' });
  });

  it('skips what is waiting and what can’t be sent', async () => {
    await scene.receive('shop/update', { id: 1, name: 'Snow' });
    await scene.work();
    const waiting = await scene.receive('customers/create', customer(1, 0));
    expect((await bulk({ filter: {} })).body).toMatchObject({ count: 0 });
    expect((await bulk({ filter: { state: 'waiting' } })).body).toMatchObject({ count: 0 });
    expect(await find(waiting)).toMatchObject({ state: 'waiting', reason: 'due' });
    expect(scene.woken).toEqual([]);
  });

  it.each<[string, (deliveryId: string) => Uint8Array]>([
    ['opened', () => Buffer.from('x')],
    ['read any more', () => Buffer.alloc(0)],
    ['worked out', (id) => scene.shop.vault.sealJson(subjectBinding(id), { contact: { email: 'a@example.com' } })],
  ])(
    'sends the others if what one of them would send can’t be %s: that one needs attention again',
    async (_, broken) => {
      const [bad, good] = [await ended('attention', 1), await ended('attention', 2)];
      await scene.db.query(`UPDATE events SET body = (SELECT body FROM events WHERE id = $2) WHERE id = $1`, [
        bad,
        good,
      ]);
      const [row] = await scene.db.query<{ id: string }>('SELECT id FROM deliveries WHERE event_id = $1', [bad]);
      const { id } = row ?? { id: '' };
      await scene.db.query('UPDATE deliveries SET subject = $2 WHERE id = $1', [id, broken(id)]);
      const said = { status: 202, body: { count: 2, skippedAgain: 1, flags: noFlags } };
      expect(await bulk({ filter: { state: 'attention' }, dryRun: true })).toMatchObject(said);
      expect(await bulk({ filter: { state: 'attention' } })).toMatchObject(said);
      expect(await scene.work()).toMatchObject([{ Email: 'person2@example.com' }]);
      expect(await find(good)).toMatchObject({ state: 'accepted' });
      const left = await scene.db.query('SELECT state, reason FROM events WHERE id = $1', [bad]);
      expect(left).toEqual([{ state: 'attention', reason: 'translation_failed' }]);
    },
  );

  it('sends the others if one that is to be read again can’t be opened', async () => {
    const bad = await scene.receive('customers/create', '[]');
    await scene.work();
    const good = await ended('attention', 2);
    await scene.db.query(`UPDATE events SET body = 'x' WHERE id = $1`, [bad]);
    const said = { status: 202, body: { count: 2, skippedAgain: 1, flags: noFlags } };
    expect(await bulk({ filter: { state: 'attention' }, dryRun: true })).toMatchObject(said);
    expect(await bulk({ filter: { state: 'attention' } })).toMatchObject(said);
    expect(await find(good)).toMatchObject({ state: 'waiting' });
  });

  it('sends the others if the newest state of one can’t be read: all events about that one stay, and the answer says why', async () => {
    const [bad, good] = [await ended('attention', 1), await ended('attention', 2)];
    const alsoBad = await scene.receive('customers/update', customer(1, 1, { first_name: 'Newer' }));
    await scene.work(answers.rejected);
    const newest = await scene.receive('customers/update', customer(1, 2, { first_name: 'Newest' }));
    await scene.work();
    await scene.db.query(`UPDATE deliveries SET subject = 'x' WHERE event_id = $1`, [newest]);
    const message = expect.stringMatching(/^The newest state of this order or customer can’t be read any more/);
    for (const dryRun of [true, false]) {
      expect(await bulk({ filter: { state: 'attention' }, dryRun })).toMatchObject({
        status: 202,
        body: { count: 1, leftOut: [{ count: 2, message }] },
      });
    }
    expect(await scene.work()).toMatchObject([{ Email: 'person2@example.com' }]);
    expect(await find(good)).toMatchObject({ state: 'accepted' });
    for (const id of [bad, alsoBad]) expect(await find(id)).toMatchObject({ state: 'attention', reason: 'rejected' });
    expect(await scene.call('post', `/activity/${bad}/retry`, {})).toMatchObject({
      status: 409,
      body: { errors: [{ message }] },
    });
  });

  it('asks the database no more often for 30 events than for 3, if others hold their newest states', async () => {
    const asked: number[] = [];
    for (const count of [3, 30]) {
      await scene.begin();
      const customers = Array.from({ length: count }, (_, n) => n + 1);
      const ids: string[] = [];
      for (const id of customers) ids.push(await scene.receive('customers/create', customer(id, 0)));
      await scene.work(answers.rejected);
      for (const id of customers) await scene.receive('customers/update', customer(id, 1, { first_name: 'Newest' }));
      await scene.work();
      let times = 0;
      const query: Db['query'] = async (text, params) => {
        times++;
        return await scene.db.query(text, params);
      };
      const deps = { db: { ...scene.db, query }, now: () => scene.now };
      const options = { reassert: false, dryRun: true };
      expect(await sendAgain(deps, scene.shop, ids, options)).toMatchObject({ count });
      asked.push(times);
    }
    expect(asked[1]).toBe(asked[0]);
  });

  it('accepts the same filter as the list', async () => {
    const id = await ended('attention', 1);
    await ended('attention', 2);
    const { count } = (await bulk({ filter: { q: 'PERSON1@example.com', state: 'attention', from: '2026-01-01' } }))
      .body;
    expect(count).toBe(1);
    expect(await find(id)).toMatchObject({ state: 'waiting' });
  });

  it('never touches another shop', async () => {
    const id = await ended('attention');
    const owner = scene.shop;
    await scene.begin();
    expect((await bulk({ filter: { state: 'attention' } })).body.count).toBe(0);
    expect((await scene.call('get', `/activity/${id}`, undefined, owner)).body.state).toBe('attention');
  });

  it('keeps the order of the events to one address', async () => {
    const shared = { email: 'shared@example.com' };
    const sent: string[] = [];
    for (const id of [1, 2, 3]) {
      sent.push(await scene.receive('customers/create', customer(id, 0, { ...shared, first_name: `Number ${id}` })));
      await scene.work(answers.rejected);
    }
    await bulk({ filter: { state: 'attention' } });
    const payloads = await scene.work();
    expect(payloads).toMatchObject([{ FirstName: 'Number 1' }, { FirstName: 'Number 2' }, { FirstName: 'Number 3' }]);
  });

  it.each([
    ['filter', {}],
    ['filter', { filter: null }],
    ['filter.state', { filter: { state: 'lost' } }],
    ['filter.from', { filter: { from: 'x' } }],
    ['filter.colour', { filter: { colour: 'red' } }],
  ])('answers an invalid %s with what is wrong', async (field, body) => {
    expect(await bulk(body)).toMatchObject({ status: 422, body: { errors: [{ field }] } });
  });
});
