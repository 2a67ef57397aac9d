import { randomUUID } from 'node:crypto';
import { appendTo, CHAIN_START } from '../../server/domain/audit/chain.ts';
import type { AuditEntry } from '../../server/domain/audit/entries.ts';
import type { Finished } from '../../server/pipeline/deliver/record.ts';
import { type TurnDeps, takeTurn } from '../../server/pipeline/deliver/take-turn.ts';
import { processEvents } from '../../server/pipeline/process/process.ts';
import type { Db, Sql } from '../../server/platform/database/db.ts';
import { createLog } from '../../server/platform/log.ts';
import { createInbox } from '../../server/store/events/inbox.ts';
import type { Shop } from '../../server/store/shops/shops.ts';
import { orderBody } from './order-body.ts';
import type { Row, Run } from './row.ts';
import { type AppDatabase, connectShops, shopNames } from './world.ts';

/** As many as a shop has under way. */
const TURN = 5;
const log = createLog('silent');
const accepted = {
  class: 'accepted',
  flags: 'accepted',
  status: 200,
  ms: 5,
  error: null,
  text: { code: 'state.accepted' },
  excerpt: '',
  retryAfterMs: null,
} as const satisfies Finished['result'];

/** The same database without the audit log's extra work. */
function withoutAudit(db: Db): Db {
  const over = (sql: Sql): Sql => ({
    query: async <R extends object>(text: string, params?: Parameters<Sql['query']>[1]) =>
      text.includes('audit_chain') ? ([] as R[]) : await sql.query<R>(text, params),
  });
  return {
    ...db,
    ...over(db),
    transaction: async (work) => await db.transaction(async (sql) => await work(over(sql))),
  };
}

/** An order by someone without an account who ticked the box: it carries a flag. */
function tickedOrder(n: number): Buffer {
  const { customer: _, ...order } = JSON.parse(orderBody(n, new Date()).toString('utf8')) as Record<string, unknown>;
  return Buffer.from(JSON.stringify({ ...order, customer: null, buyer_accepts_marketing: true }));
}

async function store(app: AppDatabase, shop: Shop, first: number, count: number): Promise<void> {
  const inbox = createInbox(app.db, app);
  const at = Date.now();
  const orders = Array.from({ length: count }, async (_, i) => {
    const head = { shop, webhookId: randomUUID(), topic: 'orders/create', apiVersion: '2026-10' };
    await inbox.store({ ...head, triggeredAt: at, receivedAt: at, body: tickedOrder(first + i) });
  });
  await Promise.all(orders);
}

/** Translates, claims and records all of a shop's orders. @returns how many were accepted */
async function deliver(db: Db, app: AppDatabase, shop: Shop): Promise<number> {
  const deps: TurnDeps = {
    db,
    log,
    leaseMs: 60_000,
    connectionProbeMs: 900_000,
    breakerProbeMs: 30_000,
    breakerWindowMs: 300_000,
    retrySchedule: [5000],
    now: Date.now,
    random: Math.random,
  };
  while ((await processEvents({ db, shops: app.shops, log, now: Date.now }, shop)) > 0);
  let done = 0;
  for (let finished: Finished[] = []; ; ) {
    const { ready } = await takeTurn(deps, shop, finished, TURN);
    finished = ready.map((delivery) => ({ delivery, result: accepted }));
    done += finished.length;
    if (finished.length === 0) return done;
  }
}

/** Milliseconds this process takes to write an event's two entries, without the database. */
function ownCost(count: number): number {
  const entries: AuditEntry[] = Array.from({ length: TURN }, () => [
    {
      kind: 'decision',
      channel: 'email',
      subject: 'x'.repeat(22),
      decision: 'sent',
      value: true,
      rule: 'due',
      event: randomUUID(),
      attempt: randomUUID(),
    } as const,
    {
      kind: 'attempt',
      attempt: randomUUID(),
      event: randomUUID(),
      flags: { email: true },
      outcome: 'accepted',
      status: 200,
    } as const,
  ]).flat();
  const before = process.cpuUsage();
  let end = CHAIN_START;
  for (let i = 0; i < count / TURN; i++) end = appendTo(end, entries, new Date(i).toISOString()).end;
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / count;
}

/**
 * The cost of the audit log if every event carries a flag, which few do: orders by people without
 * an account.
 */
export async function audit({ world, pairs, quick, say }: Run): Promise<Row[]> {
  const app = await world.appDatabase('audit');
  const shops = await connectShops(app, shopNames(20));
  const perShop = quick ? 50 : 200;
  const count = perShop * shops.length;
  const bare = withoutAudit(app.db);
  const none = () => ({ ms: 0, bytes: 0, events: 0 });
  const cost = { with: [none()], without: [none()] };
  let first = 1;
  /** One shop's orders after another's, in turn with and without: what the machine does besides meets both. */
  const round = async (number: number, counts: boolean) => {
    for (const shop of shops) {
      await store(app, shop, first, perShop);
      first += perShop;
    }
    const spent = { with: none(), without: none() };
    for (const [i, shop] of shops.entries()) {
      const kind = (i + number) % 2 === 0 ? 'with' : 'without';
      const written = await world.walBytes();
      const [used, database] = [process.cpuUsage(), world.databaseCpuMs()];
      spent[kind].events += await deliver(kind === 'with' ? app.db : bare, app, shop);
      const own = process.cpuUsage(used);
      spent[kind].ms += (own.user + own.system) / 1000 + world.databaseCpuMs() - database;
      spent[kind].bytes += (await world.walBytes()) - written;
    }
    if (spent.with.events + spent.without.events !== count) throw new Error('Not every order was accepted');
    for (const kind of ['with', 'without'] as const) {
      const { ms, bytes, events } = spent[kind];
      say(
        `${kind} the audit log: ${(ms / events).toFixed(3)} ms and ${Math.round(bytes / events)} bytes of WAL an event`,
      );
      if (counts) cost[kind].push(spent[kind]);
    }
  };
  await round(0, false);
  // Only once: after it, the first change of each page would be most of the WAL.
  await world.checkpoint();
  for (let number = 0; number < pairs * 2; number++) await round(number, true);
  const mean = (kind: 'with' | 'without', of: 'ms' | 'bytes') => {
    const sum = (key: 'ms' | 'bytes' | 'events') => cost[kind].reduce((total, one) => total + one[key], 0);
    return sum(of) / sum('events');
  };
  const own = ownCost(50_000);
  const [ours, other] = [mean('with', 'ms'), mean('without', 'ms') - own];
  const wal = { with: mean('with', 'bytes'), without: mean('without', 'bytes') };
  const share = ours / other - 1;
  const percent = (part: number) => `${(part * 100).toFixed(1)} %`;
  return [
    {
      what: 'the audit log when every event carries a flag, processor time of worker and PostgreSQL an event, without receiving and posting',
      ours: `${ours.toFixed(3)} ms, ${Math.round(wal.with).toLocaleString('en')} bytes of WAL`,
      other: `without it ${other.toFixed(3)} ms, ${Math.round(wal.without).toLocaleString('en')} bytes`,
      result: `${percent(share)}, WAL ${percent(wal.with / wal.without - 1)}`,
      bar: '≤ 5 %',
      pass: share <= 0.05,
    },
  ];
}
