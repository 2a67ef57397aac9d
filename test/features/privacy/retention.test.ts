import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { retentionChore } from '../../../server/features/privacy/retention.ts';
import type { Db } from '../../../server/platform/database/db.ts';
import { createLog } from '../../../server/platform/log.ts';
import { type Connector, startConnector, until } from '../../fakes/connector.ts';
import { customer, DAY, EMAIL, emailConsent, order } from '../../pipeline/bodies.ts';
import { CANARY, kept, requests, whole } from './scene.ts';

const DAYS = 30;
const log = createLog('silent');
let connector: Connector;
beforeEach(async () => {
  // The app's own chore looks once at the start and not again: each test applies retention when it
  // is ready, for its own number of days.
  connector = await startConnector({ SWEEP_INTERVAL: '1h', DELIVERY_TIMEOUT: '30s' });
  await connector.connect();
});
afterEach(async () => await connector.stop());

/** Moves the existing rows into the past. */
async function age(days: number): Promise<void> {
  const by = [days * DAY];
  const ms = `$1::float8 * interval '1 millisecond'`;
  await connector.db.query(`UPDATE events SET received_at = received_at - ${ms}, settled_at = settled_at - ${ms}`, by);
  await connector.db.query(`UPDATE attempts SET at = at - ${ms}`, by);
  await connector.db.query(`UPDATE consent_decisions SET at = at - ${ms}`, by);
  await connector.db.query(
    `UPDATE entity_states SET handled_at = handled_at - ${ms}, accepted_at = accepted_at - ${ms}`,
    by,
  );
  await connector.db.query(
    `UPDATE privacy_requests SET received_at = received_at - ${ms}, done_at = done_at - ${ms}`,
    by,
  );
}

async function retain(days = DAYS): Promise<void> {
  const chore = retentionChore({ db: connector.db, retentionDays: days, log });
  await connector.db.query('UPDATE shops SET retained_at = NULL');
  for (const id of await chore.due(connector.db)) {
    while (await chore.workWithoutKey(id, new AbortController().signal));
  }
  expect(await chore.due(connector.db)).toEqual([]);
}

type Overview = {
  counts: Record<string, Record<string, number>>;
  problems: { kind: string; count: number; message: string }[];
};
const overview = async () => (await connector.api('GET', '/overview')).body as Overview;
const count = async (table: string) => (await connector.db.query(`SELECT 1 FROM ${table}`)).length;

describe('retention', () => {
  it('begins anew in a process that left off where another has finished since', async () => {
    const left = new AbortController();
    const leaving: Pick<Db, 'transaction'> = {
      transaction: async (work) => await connector.db.transaction(work).finally(() => left.abort()),
    };
    const one = retentionChore({ db: { ...connector.db, ...leaving }, retentionDays: DAYS, log });
    const other = retentionChore({ db: connector.db, retentionDays: DAYS, log });
    const unreadable = await connector.deliver('customers/update', '[]');
    expect(unreadable.state).toBe('attention');
    await connector.db.query(
      `INSERT INTO events (id, shop_id, source, webhook_id, topic, triggered_at, received_at, settled_at, state)
       SELECT gen_random_uuid(), shop_id, source, 'old-' || n, topic, received_at, received_at, received_at, 'skipped'
       FROM events, generate_series(1, 600) AS n`,
    );
    const [shop] = await connector.db.query<{ id: number }>('SELECT id FROM shops');
    const work = async (chore: typeof one, { signal } = new AbortController()) =>
      await chore.workWithoutKey(shop?.id ?? 0, signal);
    await age(DAYS + 1);
    await work(one, left);
    while (await work(other));
    await age(90);
    while (await work(one));
    expect((await connector.events()).find(({ id }) => id === unreadable.id)).toMatchObject({ reason: 'expired' });
  });

  it('erases bodies, summaries, payloads and excerpts of what ended that many days ago, and keeps the rows', async () => {
    connector.ascent360.behave([{ status: 200, answer: `Thanks for ${CANARY.email}` }]);
    const event = await connector.deliver('customers/create', customer(CANARY.id, { ...CANARY, ...whole }));
    await age(DAYS - 1);
    await retain();
    expect(await kept(connector)).toContain('events.body');
    await age(1.1);
    await retain();
    // The person is still known: only what was sent is gone.
    expect(await kept(connector)).toEqual([
      'addresses.address (hash)',
      'addresses.written',
      'deliveries.email_lane (hash)',
      'deliveries.phone_lane (hash)',
      'events.search (hash)',
      'people.profile',
    ]);
    const detail = await connector.api('GET', `/activity/${event.id}`);
    expect(detail.body).toMatchObject({
      state: 'accepted',
      event: null,
      payload: null,
      attempts: [{ class: 'accepted' }],
    });
    expect((await connector.api('POST', `/activity/${event.id}/retry`, {})).status).toBe(409);
    expect((await connector.api('GET', `/activity?q=${encodeURIComponent(CANARY.email)}`)).body).toMatchObject({
      items: [{ id: event.id }],
    });
  });

  it('leaves the counts of all periods as they are', async () => {
    await connector.deliver('customers/create', customer(1));
    await connector.deliver('customers/update', customer(1));
    await connector.deliver('carts/update', {});
    await age(20);
    await connector.deliver('orders/create', order(1));
    const before = (await overview()).counts;
    await retain(7);
    expect((await overview()).counts).toEqual(before);
    expect(await kept(connector, { email: 'person1@example.com', phone: CANARY.phone })).toContain('people.key (hash)');
    const [row] = await connector.db.query<{ bodies: number }>('SELECT count(body) AS bodies FROM events');
    expect(row?.bodies).toBe(1);
  });

  it('announces two weeks ahead what is about to expire unfinished, and then ends it as expired', async () => {
    await connector.api('PUT', '/settings', { paused: true });
    await connector.send('customers/create', customer(CANARY.id, { ...CANARY, ...whole }), { webhookId: 'waits' });
    await connector.deliver('customers/update', '{"email":"canary', { webhookId: 'unreadable' });
    const expiring = async () => (await overview()).problems.filter(({ kind }) => kind === 'expiring');
    await age(75.9);
    await retain();
    expect(await expiring()).toEqual([]);
    await age(0.2);
    await retain();
    expect(await expiring()).toMatchObject([
      { count: 2, message: expect.stringContaining('2 events that Ascent360 hasn’t accepted') },
    ]);
    expect(await connector.event('waits')).not.toMatchObject({ state: 'skipped' });
    await age(14);
    await retain();
    expect(await expiring()).toEqual([]);
    for (const webhookId of ['waits', 'unreadable']) {
      expect(await connector.event(webhookId), webhookId).toMatchObject({ state: 'skipped', reason: 'expired' });
    }
    const places = await kept(connector);
    expect(places.filter((place) => /body|summary|subject|payload/.test(place))).toEqual([]);
    await connector.api('PUT', '/settings', { paused: false });
    const after = await connector.deliver('customers/create', customer(2));
    expect(after.state).toBe('accepted');
    expect(connector.ascent360.received).toHaveLength(1);
  });

  it('updates the counts of an import whose record expires', async () => {
    await connector.deliver('customers/update', '{"email":"canary', { webhookId: 'unreadable' });
    const id = '01912345-0000-7000-8000-000000000000';
    await connector.db.query(
      `INSERT INTO imports (id, shop_id, kind, state, due_at, created_at, started_at, ended_at, settled_to, settled)
       SELECT $1, id, 'customers', 'done', now(), now(), now(), now(), 'ffffffff-ffff-ffff-ffff-ffffffffffff',
         '{"ends": [{"state": "attention", "reason": "unreadable", "count": 1}]}' FROM shops`,
      [id],
    );
    await connector.db.query('UPDATE events SET import_id = $1', [id]);
    const counts = async () => (await connector.api('GET', `/imports/${id}`)).body;
    expect(await counts()).toMatchObject({ counts: { attention: 1, skipped: {} } });
    await age(91);
    await retain();
    expect(await counts()).toMatchObject({ counts: { attention: 0, skipped: { expired: 1 } } });
  });

  it('leaves alone what is being sent at that moment', async () => {
    const { promise: retained, resolve: answer } = Promise.withResolvers<void>();
    connector.ascent360.behave([{ after: retained }]);
    await connector.send('customers/create', customer(3), { webhookId: 'sending' });
    await connector.ascent360.until(1);
    await age(91);
    await retain();
    answer();
    await connector.settled();
    expect(await connector.event('sending')).toMatchObject({ state: 'accepted' });
  });

  it('deletes rows after a year, so the database doesn’t grow for ever, and keeps what the person chose', async () => {
    await connector.deliver('customers/create', customer(CANARY.id, { ...CANARY, ...whole }));
    await connector.deliver('customers/data_request', { customer: CANARY });
    const [asked] = await requests(connector);
    await connector.api('POST', `/privacy-requests/${asked?.id}/done`);
    const [shop] = await connector.db.query<{ id: number }>('SELECT id FROM shops');
    await connector.db.query(
      `INSERT INTO events (id, shop_id, webhook_id, topic, triggered_at, received_at, state, reason, settled_at)
       SELECT gen_random_uuid(), $1, n::text, 'orders/create', now(), now(), 'skipped', 'stale', now() FROM generate_series(1, 1800) AS n`,
      [shop?.id ?? 0],
    );
    await age(364);
    await retain();
    expect([await count('events'), await count('deliveries'), await count('privacy_requests')]).toEqual([1802, 1, 1]);
    await age(1.1);
    await retain();
    for (const table of ['events', 'deliveries', 'attempts', 'entity_states', 'privacy_requests']) {
      expect([table, await count(table)]).toEqual([table, 0]);
    }
    expect(await count('people')).toBe(1);
  });

  it('keeps which permissions Ascent360 may have been sent, and deletes after a year those that it certainly didn’t accept', async () => {
    connector.ascent360.behave([{ status: 422 }, { status: 200 }, { status: 302 }]);
    for (const [attempts, id] of [1, 2, 3].entries()) {
      await connector.send(EMAIL, emailConsent(id, 'unsubscribed', new Date().toISOString()));
      await until('it was tried', async () =>
        (await count('attempts WHERE class IS NOT NULL')) > attempts ? true : undefined,
      );
    }
    await connector.db.query(`UPDATE events SET state = 'skipped', settled_at = now()`);
    await age(366);
    await retain();
    expect(await count('attempts')).toBe(0);
    const kept = await connector.db.query('SELECT decision, value FROM consent_decisions');
    expect(kept).toEqual([true, true].map(() => ({ decision: 'told', value: false })));
  });

  it('makes room of what it deleted once a day, when it is done with a shop', async () => {
    let times = 0;
    const tidy = async () => void times++;
    const chore = retentionChore({ db: { ...connector.db, tidy }, retentionDays: DAYS, log });
    await connector.db.query('UPDATE shops SET retained_at = NULL');
    const shops = await chore.due(connector.db);
    for (const id of shops) while (await chore.workWithoutKey(id, new AbortController().signal));
    expect([shops.length, times]).toEqual([1, 1]);
  });

  it('keeps the last accepted state of an old order while it has an event, so that it isn’t sent twice', async () => {
    const old = order(1, { updated_at: '2021-05-01T10:00:00Z', created_at: '2021-05-01T10:00:00Z' });
    await connector.api('PUT', '/settings', { paused: true });
    await connector.send('orders/create', old, { webhookId: 'first' });
    await until('it waits', async () => ((await count('deliveries')) === 1 ? true : undefined));
    await retain();
    await connector.api('PUT', '/settings', { paused: false });
    await connector.settled();
    expect(await connector.deliver('orders/updated', old)).toMatchObject({ state: 'skipped', reason: 'nothing_new' });
    await connector.db.query(
      `UPDATE events SET received_at = received_at - interval '366 days' WHERE webhook_id = 'first'`,
    );
    await retain();
    expect(await count('events')).toBe(1);
    expect(await connector.deliver('orders/updated', old)).toMatchObject({ state: 'skipped', reason: 'nothing_new' });
  });

  it('keeps whom an open data request is about until it is done, however long that takes, and says that it is due', async () => {
    await connector.deliver('customers/create', customer(CANARY.id, { ...CANARY, ...whole }));
    await connector.deliver('customers/data_request', { customer: CANARY });
    await age(300);
    await retain();
    expect((await overview()).problems).toMatchObject([{ kind: 'privacy_due', count: 1 }]);
    const [open] = await requests(connector);
    expect(open).toMatchObject({ state: 'ready', who: { email: CANARY.email.toLowerCase(), phone: CANARY.phone } });
    const { body } = await connector.api('GET', `/privacy-requests/${open?.id}/export`);
    expect(JSON.stringify(body)).toContain(CANARY.email);
    await connector.api('POST', `/privacy-requests/${open?.id}/done`);
    await age(DAYS + 0.1);
    await retain();
    expect((await requests(connector))[0]?.who).toBeUndefined();
  });

  it('erases whom a data request was about a while after it is done', async () => {
    await connector.deliver('customers/data_request', { customer: CANARY });
    const [asked] = await requests(connector);
    await connector.api('POST', `/privacy-requests/${asked?.id}/done`);
    await age(DAYS - 1);
    await retain();
    expect((await requests(connector))[0]?.who).toMatchObject({ phone: CANARY.phone });
    await age(1.1);
    await retain();
    expect((await requests(connector))[0]?.who).toBeUndefined();
    expect(await kept(connector)).toEqual(['events.search (hash)']);
  });
});

it('deletes entries of the audit log after six years, except the newest, from which the chain continues', async () => {
  for (let i = 0; i < 4; i++) await connector.api('PUT', '/settings', { guid: null, sourceName: `Name ${i}` });
  const rows = async () =>
    await connector.db.query<{ seq: number; lines: string; hash: Uint8Array }>(
      'SELECT seq, lines, hash FROM audit_chain ORDER BY seq',
    );
  const before = await rows();
  const old = (days: number) => [days * DAY, before.at(-2)?.seq ?? 0];
  const age = `UPDATE audit_chain SET at = at - $1::float8 * interval '1 millisecond' WHERE seq <= $2`;
  await connector.db.query(age, old(6 * 365 - 1));
  await retain();
  expect(await rows()).toHaveLength(before.length);
  await connector.db.query(age, old(2));
  await retain();
  expect((await rows()).map(({ seq }) => seq)).toEqual([before.at(-1)?.seq]);
  await connector.db.query(age, [7 * 365 * DAY, before.at(-1)?.seq ?? 0]);
  await retain();
  expect(await rows()).toHaveLength(1);
  await connector.api('PUT', '/settings', { guid: null, sourceName: 'Later' });
  const [kept, added] = await rows();
  const prev = (JSON.parse(added?.lines.split('\n')[0] ?? '{}') as { prev?: string }).prev;
  expect(prev).toBe(Buffer.from(kept?.hash ?? []).toString('hex'));
});

it('leaves no gap in the audit log, whatever the clock said when its entries were written', async () => {
  for (let i = 0; i < 4; i++) await connector.api('PUT', '/settings', { guid: null, sourceName: `Name ${i}` });
  const seqs = async () =>
    (await connector.db.query<{ seq: number }>('SELECT seq FROM audit_chain ORDER BY seq')).map(({ seq }) => seq);
  const before = await seqs();
  const [first, , wrong] = before;
  const date = `UPDATE audit_chain SET at = at - $1::float8 * interval '1 millisecond' WHERE seq = $2`;
  await connector.db.query(date, [56 * 365 * DAY, wrong ?? 0]);
  await retain();
  expect(await seqs()).toEqual(before);
  await connector.db.query(date, [7 * 365 * DAY, first ?? 0]);
  await retain();
  expect(await seqs()).toEqual(before.slice(1));
});

it('deletes an entry of the audit log that a wrong clock dated in the future with those around it, and no sooner', async () => {
  for (let i = 0; i < 4; i++) await connector.api('PUT', '/settings', { guid: null, sourceName: `Name ${i}` });
  const seqs = async () =>
    (await connector.db.query<{ seq: number }>('SELECT seq FROM audit_chain ORDER BY seq')).map(({ seq }) => seq);
  const before = await seqs();
  const [first = 0, ahead = 0, after = 0] = before;
  const date = `UPDATE audit_chain SET at = at - $1::float8 * interval '1 millisecond' WHERE seq = ANY($2)`;
  await connector.db.query(date, [-100 * 365 * DAY, [ahead]]);
  await connector.db.query(date, [7 * 365 * DAY, [first]]);
  await retain();
  expect(await seqs()).toEqual(before.slice(1));
  await connector.db.query(date, [7 * 365 * DAY, [after]]);
  await retain();
  expect(await seqs()).toEqual(before.slice(3));
});

it('logs once a day where each shop’s audit log ends', async () => {
  const lines: object[] = [];
  const chore = retentionChore({
    db: connector.db,
    retentionDays: DAYS,
    log: { info: (line: object) => lines.push(line) },
  });
  await connector.db.query('UPDATE shops SET retained_at = NULL');
  for (const id of await chore.due(connector.db)) {
    while (await chore.workWithoutKey(id, new AbortController().signal));
  }
  const [end] = await connector.db.query<{ seq: number; hash: Uint8Array }>(
    'SELECT seq, hash FROM audit_chain ORDER BY seq DESC LIMIT 1',
  );
  expect(lines).toEqual([
    { stage: 'audit', shop: 1, seq: end?.seq, hash: Buffer.from(end?.hash ?? []).toString('hex') },
  ]);
});
