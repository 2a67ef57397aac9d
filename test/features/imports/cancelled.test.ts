import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../fakes/connector.ts';
import { customer, optedOut, type Scene, startScene } from './scene.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await startScene({}, { RETRY_SCHEDULE: '1h,1h,1h', DELIVERY_TIMEOUT: '5m', LEASE: '10m' });
});
afterEach(async () => await scene.stop());

/** So many hours ago. */
const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
const PLACED = ago(10);
const ORDER = { name: '#1', email: 'guest@example.com' };

/** A webhook about the order as it was then, triggered right after. */
const webhook = async (updatedAt: string, webhookId: string, { id = 1, topic = 'orders/updated', ...more } = {}) =>
  await scene.connector.send(
    topic,
    { id, ...ORDER, name: webhookId, created_at: PLACED, updated_at: updatedAt, line_items: [], ...more },
    { webhookId, triggeredAt: new Date(Date.parse(updatedAt) + 1000) },
  );

const isRetrying = async () =>
  await until('it waits for a retry', async () => {
    const rows = await scene.connector.db.query(
      'SELECT 1 FROM deliveries WHERE open AND attempts > 0 AND lease_until IS NULL',
    );
    return rows.length > 0 ? true : undefined;
  });

const endsAs = async (webhookId: string) => {
  await scene.connector.settled();
  return await scene.connector.event(webhookId);
};

/** An import of orders feeds the order as it is since then; Ascent360 takes nothing for now. */
async function importWaits(updatedAt: string): Promise<string> {
  scene.connector.ascent360.behave({ status: 503 });
  scene.shop.setOrder({ id: 1, ...ORDER, customerId: null, createdAt: PLACED, updatedAt });
  const { id } = await scene.counted({ kind: 'orders' });
  await scene.post(`/imports/${id}/start`);
  await until('it is fed, and waits', async () => {
    const rows = await scene.connector.db.query(
      `SELECT 1 FROM events e JOIN deliveries d ON d.event_id = e.id
       WHERE e.import_id = $1 AND d.open AND d.lease_until IS NULL
         AND (d.due_at > now() OR d.seq > (SELECT min(seq) FROM deliveries WHERE open))`,
      [id],
    );
    return rows.length > 0 ? true : undefined;
  });
  return id;
}

/** The process that fed an import had a clock that was ahead of the one that received what came since. */
async function seemFedLater(id: string): Promise<void> {
  const { db } = scene.connector;
  await db.query(`UPDATE events SET received_at = received_at + interval '10 minutes' WHERE import_id = $1`, [id]);
  await db.query(`UPDATE events SET id = overlay(id::text placing '00000000' from 1)::uuid WHERE source = 'webhook'`);
}

const cancel = async (id: string) => expect((await scene.post(`/imports/${id}/cancel`)).body.state).toBe('cancelled');

/** Ascent360 is back: what waits is sent. The states of the order that it has accepted. */
async function acceptedThen(): Promise<unknown[]> {
  scene.connector.ascent360.behave('accept');
  await scene.connector.db.query(
    `UPDATE deliveries SET due_at = now() - interval '1 second' WHERE open AND lease_until IS NULL`,
  );
  await scene.connector.settled();
  return scene.connector.ascent360.received
    .filter(({ accepted }) => accepted)
    .map(({ body }) => (body as { Order?: { Id: string; UpdatedAt: string } }).Order)
    .flatMap((order) => (order?.Id === '1' ? [order.UpdatedAt] : []));
}

describe('an import that is canceled still sends', () => {
  it('the order of a webhook whose place one import took, and another import after it', async () => {
    scene.connector.ascent360.behave({ status: 503 });
    await webhook(ago(9), 'live');
    await isRetrying();
    const newest = ago(2);
    for (const updatedAt of [ago(3), newest]) await cancel(await importWaits(updatedAt));
    expect(await acceptedThen()).toEqual([newest]);
    expect(await endsAs('live')).toMatchObject({ state: 'merged' });
  });

  it.each([
    ['the same', 'right', 2],
    ['an older', 'right', 3],
    ['the same', 'ahead', 2],
  ])(
    'the order of a webhook that came late with %s state, and ended as stale because of it, the clock of the process that fed the record being %s',
    async (_, clock, hours) => {
      const newest = ago(2);
      const id = await importWaits(newest);
      await webhook(hours === 2 ? newest : ago(hours), 'late');
      const why = async () => (await scene.connector.event('late'))?.reason ?? undefined;
      expect(await until('the webhook ends', why)).toBe('stale');
      if (clock !== 'right') await seemFedLater(id);
      await cancel(id);
      expect(await acceptedThen()).toEqual([newest]);
    },
  );

  it('the order of a webhook that came late with the same state, and waits only for the choice it brought', async () => {
    const newest = ago(2);
    const id = await importWaits(newest);
    const choice = { buyer_accepts_marketing: true, processed_at: newest };
    await webhook(newest, 'late', { topic: 'orders/create', ...choice });
    await until('its choice waits', async () => {
      const rows = await scene.connector.db.query(`SELECT 1 FROM deliveries WHERE open AND kind = 'read'`);
      return rows.length > 0 ? true : undefined;
    });
    await cancel(id);
    expect(await acceptedThen()).toEqual([newest]);
  });

  it('the order that the merchant resent, whose place it took', async () => {
    await webhook(ago(9), 'live');
    const [first, newest] = [await endsAs('live'), ago(2)];
    const id = await importWaits(newest);
    expect(await scene.connector.api('POST', `/activity/${first?.id}/retry`)).toMatchObject({ body: { count: 1 } });
    await cancel(id);
    expect((await acceptedThen()).slice(1)).toEqual([newest]);
  });

  it('an opt-out that it brought, at once', async () => {
    const { ascent360, db } = scene.connector;
    ascent360.behave({ status: 503 });
    scene.shop.setCustomer(customer(1, optedOut));
    const { id } = await scene.counted({ kind: 'customers' });
    // The check that connecting asked for.
    await until('nothing else asks for what is due', async () => {
      const due = await db.query('SELECT 1 FROM ledger_checks WHERE due_at <= now()');
      return due.length === 0 ? true : undefined;
    });
    await scene.post(`/imports/${id}/start`);
    await isRetrying();
    ascent360.behave('accept');
    await cancel(id);
    const told = () => ascent360.received.find(({ accepted, body }) => accepted && 'EmailPermission' in Object(body));
    const { body } = await until('it is sent', async () => told());
    expect(body).toMatchObject({ Email: 'robin1@example.com', EmailPermission: false });
  });
});

describe('what an import had fed when it was canceled makes', () => {
  const isTrue = async (what: string, condition: string) =>
    await until(what, async () => {
      const rows = await scene.connector.db.query(`SELECT 1 FROM reconciliations WHERE ${condition}`);
      return rows.length > 0 ? true : undefined;
    });
  const compare = async () => {
    await scene.connector.db.query(`UPDATE reconciliations SET due_at = now() - interval '1 second'`);
    await isTrue('it is compared', `due_at > now() + interval '1 hour'`);
  };
  /** The app has been there for days, and was compared three hours ago. */
  const comparedBefore = async () => {
    await isTrue('the point is set', 'orders_until IS NOT NULL');
    await scene.connector.db.query(`UPDATE shops SET first_call_at = now() - interval '2 days'`);
    await scene.connector.db.query(`UPDATE reconciliations SET orders_until = now() - interval '3 hours'`);
  };

  it('no change known that no webhook reported, even if a comparison has passed it meanwhile', async () => {
    await comparedBefore();
    const updatedAt = ago(2);
    const id = await importWaits(updatedAt);
    await compare();
    await cancel(id);
    expect(await acceptedThen()).toEqual([]);
    await compare();
    expect(await acceptedThen()).toEqual([updatedAt]);
  });

  it('no change unknown that a webhook told, whatever became of that, and only that one known', async () => {
    await comparedBefore();
    const [first, updatedAt] = [ago(9), ago(2)];
    await webhook(first, 'first');
    expect(await endsAs('first')).toMatchObject({ state: 'accepted' });
    scene.connector.ascent360.behave({ status: 422 });
    await webhook(updatedAt, 'told');
    expect(await endsAs('told')).toMatchObject({ state: 'attention', reason: 'rejected' });
    scene.connector.ascent360.behave({ status: 503 });
    await webhook(ago(4), 'another', { id: 2 });
    await isRetrying();
    await cancel(await importWaits(updatedAt));
    await compare();
    expect(await acceptedThen()).toEqual([first]);
    expect(await scene.connector.db.query(`SELECT 1 FROM events WHERE source = 'reconciliation'`)).toEqual([]);
    // Shopify's dates have whole seconds: it was changed in the second in which it triggered that webhook.
    await webhook(new Date(Date.parse(updatedAt) + 500).toISOString(), 'next');
    expect(await endsAs('next')).toMatchObject({ state: 'accepted' });
  });

  it('no later webhook about the same order stale', async () => {
    const updatedAt = ago(2);
    await cancel(await importWaits(updatedAt));
    expect(await acceptedThen()).toEqual([]);
    await webhook(updatedAt, 'late');
    expect(await endsAs('late')).toMatchObject({ state: 'accepted' });
  });

  it('no webhook stale that is newer than what Ascent360 has, by a webhook, an import, or as a resent one: only an older one is', async () => {
    const { connector } = scene;
    await webhook(ago(9), 'first');
    const first = await endsAs('first');
    expect(first).toMatchObject({ state: 'accepted' });
    const id = await importWaits(ago(4));
    await acceptedThen();
    await until('the import is done', async () => {
      const rows = await connector.db.query(`SELECT 1 FROM imports WHERE id = $1 AND state = 'done'`, [id]);
      return rows.length > 0 ? true : undefined;
    });
    expect(await connector.api('POST', `/activity/${first?.id}/retry`)).toMatchObject({ body: { count: 1 } });
    await connector.settled();
    connector.ascent360.behave({ status: 503 });
    await webhook(ago(4), 'another', { id: 2 });
    await isRetrying();
    const updatedAt = ago(0);
    await cancel(await importWaits(updatedAt));
    await acceptedThen();
    await webhook(ago(8), 'older');
    expect(await endsAs('older')).toMatchObject({ state: 'skipped', reason: 'stale' });
    await webhook(updatedAt, 'late');
    expect(await endsAs('late')).toMatchObject({ state: 'accepted' });
  });

  it('no webhook count that is older than the state being sent just then', async () => {
    const newest = ago(2);
    const { promise: after, resolve: answer } = Promise.withResolvers<void>();
    scene.connector.ascent360.behave([{ after }]);
    await webhook(newest, 'live');
    await scene.connector.ascent360.until(1);
    scene.shop.setOrder({ id: 1, ...ORDER, customerId: null, createdAt: PLACED, updatedAt: newest });
    const { id } = await scene.counted({ kind: 'orders' });
    await scene.post(`/imports/${id}/start`);
    await until('it is fed', async () => {
      const rows = await scene.connector.db.query(
        'SELECT 1 FROM events e JOIN deliveries d ON d.event_id = e.id WHERE e.import_id = $1',
        [id],
      );
      return rows.length > 0 ? true : undefined;
    });
    await cancel(id);
    answer();
    expect(await endsAs('live')).toMatchObject({ state: 'accepted' });
    await webhook(ago(3), 'older');
    expect(await endsAs('older')).toMatchObject({ state: 'skipped', reason: 'stale' });
  });
});
