import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answers, customer, openScene, order, type Scene } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(async () => await scene.close());
beforeEach(async () => await scene.begin());

const issues = async (state = 'open') => (await scene.call('get', `/issues?state=${state}`)).body.items;
const total = async (query: string) => (await scene.call('get', `/activity?${query}`)).body.total;
const filterOf = (query: string) => Object.fromEntries(new URLSearchParams(query));
const refused = { ...answers.rejected, excerpt: '{"error":"FirstName is not allowed"}' };

describe('what could not be sent', () => {
  it('is grouped by cause and person, with the value to check and a query for exactly its events', async () => {
    await scene.receive('customers/create', customer(1, 0, { first_name: '<Ann>', last_name: 'Lee' }));
    await scene.work(refused);
    await scene.receive('orders/create', order(5, 0, { customer: customer(1, 0), email: 'person1@example.com' }));
    await scene.work(refused);
    await scene.receive('customers/create', customer(2, 0));
    await scene.work(answers.rejected);
    await scene.receive('orders/create', '[]');
    await scene.process();
    const found = await issues();
    expect(found).toHaveLength(3);
    const one = found.find((issue: { person: { customerId: string } | null }) => issue.person?.customerId === '1');
    expect(one).toMatchObject({ reason: 'rejected', count: 2, person: { email: 'person1@example.com' } });
    expect(one.suspect).toMatchObject({ key: 'FirstName' });
    expect(found.find((issue: { person: object | null }) => issue.person === null)).toMatchObject({
      reason: 'unreadable',
      suspect: null,
    });
    for (const { query, count } of found) expect(await total(query)).toBe(count);
  });

  it('is dismissed for one person at once, and then ignored; the others stay open', async () => {
    await scene.receive('customers/create', customer(1, 0));
    await scene.receive('orders/create', order(5, 0, { customer: customer(1, 0), email: 'person1@example.com' }));
    await scene.receive('customers/create', customer(2, 0));
    await scene.work(answers.rejected);
    const one = (await issues()).find((issue: { count: number }) => issue.count === 2);
    const answer = await scene.call('post', '/activity/dismiss', { filter: filterOf(one.query) });
    expect(answer).toMatchObject({ status: 200, body: { count: 2 } });
    expect(await issues()).toMatchObject([{ count: 1, person: { customerId: '2' } }]);
    expect(await issues('ignored')).toMatchObject([{ count: 2, person: { customerId: '1' } }]);
  });

  it('counts, once it is ignored, the last 30 days, and its query finds exactly these', async () => {
    await scene.receive('customers/create', customer(1, 0));
    await scene.receive('orders/create', order(5, 0, { customer: customer(1, 0), email: 'person1@example.com' }));
    await scene.work(answers.rejected);
    await scene.call('post', '/activity/dismiss', { filter: {} });
    await scene.db.query(
      `UPDATE events SET received_at = received_at - interval '31 days' WHERE shop_id = $1 AND topic = 'customers/create'`,
      [scene.shop.id],
    );
    const [one] = await issues('ignored');
    expect(one).toMatchObject({ count: 1 });
    expect(await total(one.query)).toBe(1);
  });

  it('is not what an import no longer sent when it was cancelled', async () => {
    await scene.receive('customers/create', customer(1, 0));
    await scene.work(answers.rejected);
    await scene.call('post', '/activity/dismiss', { filter: {} });
    for (const id of [1, 2]) {
      const unsent = await scene.receive('customers/update', customer(id, 1));
      await scene.db.query(
        `UPDATE events SET source = 'import', state = 'skipped', reason = 'dismissed', detail = 'detail.import_cancelled'
         WHERE id = $1`,
        [unsent],
      );
      await scene.db.query(
        `INSERT INTO deliveries (id, shop_id, event_id, kind, person_id, open, due_at)
         SELECT gen_random_uuid(), $2, $1::uuid, 'customer', person_id, false, now() FROM deliveries WHERE shop_id = $2 LIMIT 1`,
        [unsent, scene.shop.id],
      );
    }
    const [one, ...others] = await issues('ignored');
    expect(others).toEqual([]);
    expect(one).toMatchObject({ count: 1, person: { customerId: '1' } });
    expect(await total(one.query)).toBe(1);
  });

  it('is resolved once it is accepted after all', async () => {
    await scene.receive('customers/create', customer(1, 0));
    await scene.work(answers.rejected);
    const [one] = await issues();
    expect(await issues('resolved')).toEqual([]);
    await scene.call('post', '/activity/retry', { filter: filterOf(one.query) });
    await scene.work();
    expect(await issues()).toEqual([]);
    expect(await issues('resolved')).toMatchObject([{ count: 1, person: { customerId: '1' }, eventId: one.eventId }]);
  });

  it('is never another shop’s', async () => {
    await scene.receive('customers/create', customer(1, 0));
    await scene.work(answers.rejected);
    const [one] = await issues();
    await scene.begin();
    expect(await issues()).toEqual([]);
    const answer = await scene.call('post', '/activity/dismiss', { filter: filterOf(one.query) });
    expect(answer.body).toEqual({ count: 0, more: false });
  });
});

describe('one cause with thousands of events', () => {
  const addOlder = async (count: number) => {
    await scene.receive('orders/create', '[]');
    await scene.process();
    await scene.db.query(
      `INSERT INTO events (id, shop_id, webhook_id, topic, triggered_at, received_at, state, reason)
       SELECT gen_random_uuid(), shop_id, gen_random_uuid()::text, topic, triggered_at, received_at - interval '1 day',
         state, reason
       FROM events CROSS JOIN generate_series(1, $2::int) WHERE shop_id = $1 AND webhook_id = (
         SELECT webhook_id FROM events WHERE shop_id = $1 ORDER BY received_at DESC LIMIT 1)`,
      [scene.shop.id, count],
    );
  };

  it('is counted up to its newest 1,000, and says whether there are more', async () => {
    const found = async () => (await scene.call('get', '/issues?state=open')).body;
    await addOlder(999);
    expect(await found()).toMatchObject({ items: [{ count: 1000 }], more: false });
    await addOlder(0);
    expect(await found()).toMatchObject({ items: [{ count: 1000 }], more: true });
  });

  it('is dismissed with all of them: as many as the dry run says, and whether others are left', async () => {
    await addOlder(10_000);
    const [one] = await issues();
    const dismiss = async (dryRun: boolean) =>
      (await scene.call('post', '/activity/dismiss', { filter: filterOf(one.query), dryRun })).body;
    expect(await dismiss(true)).toEqual({ count: 10_000, more: true });
    expect(await dismiss(false)).toEqual({ count: 10_000, more: true });
    expect(await issues()).toMatchObject([{ count: 1 }]);
    expect(await dismiss(true)).toEqual({ count: 1, more: false });
    expect(await dismiss(false)).toEqual({ count: 1, more: false });
    expect(await issues()).toEqual([]);
  });
});

describe('many events at once', () => {
  it('are dismissed only if they need attention', async () => {
    await scene.receive('customers/create', customer(1, 0));
    await scene.work();
    await scene.receive('customers/create', customer(2, 0));
    await scene.work(answers.rejected);
    expect((await scene.call('post', '/activity/dismiss', { filter: { state: 'accepted' } })).body.count).toBe(0);
    expect((await scene.call('post', '/activity/dismiss', { filter: {} })).body.count).toBe(1);
    expect(await total('state=accepted')).toBe(1);
    expect(await total('reason=dismissed')).toBe(1);
  });

  it('that are resent come with those that aren’t, and why', async () => {
    await scene.receive('customers/create', customer(1, 0));
    await scene.receive('shop/update', { id: 1, name: 'Alpine' });
    await scene.receive('customers/create', customer(2, 0));
    await scene.work();
    await scene.db.query(
      `UPDATE deliveries SET subject = NULL WHERE shop_id = $1 AND event_id IN
         (SELECT id FROM events WHERE shop_id = $1 AND state = 'accepted' ORDER BY id DESC LIMIT 1)`,
      [scene.shop.id],
    );
    await scene.db.query('UPDATE events SET body = NULL WHERE shop_id = $1 AND state = $2', [
      scene.shop.id,
      'accepted',
    ]);
    const { body } = await scene.call('post', '/activity/retry', { filter: {}, dryRun: true });
    expect(body.count).toBe(1);
    expect(body.leftOut).toEqual(
      expect.arrayContaining([
        { count: 1, message: expect.stringMatching(/erased/), text: { code: 'refusal.erased' } },
        { count: 1, message: expect.any(String), text: { code: 'state.lifecycle' } },
      ]),
    );
  });
});
