/**
 * The soak: webhooks at a steady rate while processes are killed, Redis is restarted, connections
 * are cut and the receiver fails, at random but repeatable moments. At the end nothing acknowledged
 * may be missing, no choice may have gone back, and every shop's audit log must fit. Usage: npm run
 * soak -- [--minutes 10] [--rate 200] [--seed 1] [--settle-minutes 3] [--audit-export FOLDER]
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { readOptions } from '../../server/options.ts';
import { loadSettings } from '../../server/store/shops/settings.ts';
import { type Plan, startAscent360 } from '../fakes/ascent360.ts';
import { signBody } from '../fakes/shopify-sender.ts';
import { startTcpProxy } from '../fakes/tcp-proxy.ts';
import { numberOf, someOf } from '../options.ts';
import { exportAudits } from './export-audits.ts';
import { seeded } from './order-body.ts';
import { writeSoak } from './report.ts';
import { createTraffic, type Sent } from './soak-traffic.ts';
import { judgeSoak, type Taken } from './soak-verdict.ts';
import { connectShops, openWorld, SECRET, type Server, shopNames } from './world.ts';

const { values } = readOptions('npm run soak', {
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    // How long the backlog may take to be worked off: more where others use the machine.
    'settle-minutes': { type: 'string', default: '3' },
    // Keeps the exports of the audit logs here, for `npm run audit:verify`.
    'audit-export': { type: 'string' },
  },
});
const minutes = someOf('minutes', values.minutes);
const rate = someOf('rate', values.rate);
const seed = numberOf('seed', values.seed);
/** People per shop whose consent keeps changing. */
const PEOPLE = 40;
const SETTLES_WITHIN_MS = numberOf('settle-minutes', values['settle-minutes']) * 60_000;
const LEASE_MS = 5000;
/** docs/benchmarks.md tells of runs that last at least this long, in minutes. */
const PUBLISHED_MINUTES = 10;
/** For the faults: what is sent has a generator of its own, so that a seed sends the same each time. */
const random = seeded(seed + 1);
const upTo = (most: number) => Math.floor(random() * most);
const say = (text: string) => process.stdout.write(`${new Date().toISOString()} ${text}\n`);

const world = await openWorld();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void world.stop().then(() => process.exit(1)));
}
const receiver = await startAscent360();
const app = await world.appDatabase('soak');
const names = shopNames(10);
const shops = await connectShops(app, names);
const shopOf = new Map<string | null, string>();
for (const shop of shops) shopOf.set((await loadSettings(app.db, shop))?.guid ?? null, shop.domain);
/** A proxy between the processes and PostgreSQL; the counts at the end bypass it. */
const wire = await startTcpProxy(Number(new URL(app.url).port));
const env = {
  DATABASE_URL: Object.assign(new URL(app.url), { hostname: '127.0.0.1', port: String(wire.port) }).href,
  REDIS_URL: world.redis.url,
  ASCENT360_BASE_URL: receiver.url,
  DELIVERY_TIMEOUT: '2s',
  LEASE: `${LEASE_MS}ms`,
  SWEEP_INTERVAL: '1s',
  BREAKER_PROBE: '1s',
  BREAKER_WINDOW: '10s',
  RETRY_SCHEDULE: Array.from({ length: 40 }, () => '1s').join(','),
  LOG_LEVEL: 'warn',
};
/** As whoever keeps processes running: one that ends before it is ready is started again. */
async function start(role: 'web' | 'worker', tries = 5): Promise<Server> {
  try {
    return await world.app(`soak ${role}`, { ROLE: role, ...env });
  } catch (error) {
    if (tries === 1) throw error;
    say(`${role} did not start, and is started again`);
    return await start(role, tries - 1);
  }
}
const running: { web: Server; worker: Server } = { web: await start('web'), worker: await start('worker') };

const agent = new Agent({ connections: 64 });
const sent: Sent[] = [];
const next = createTraffic({ seed, shops: names, people: PEOPLE, now: Date.now });
const faults: Record<string, number> = {};

async function send(one: Sent): Promise<void> {
  // Like Shopify: again until the answer is 200.
  for (;;) {
    one.tries++;
    try {
      const { statusCode, body } = await request(`${running.web.url}/webhooks`, {
        method: 'POST',
        dispatcher: agent,
        headersTimeout: 5000,
        headers: {
          'content-type': 'application/json',
          'x-shopify-topic': one.topic,
          'x-shopify-hmac-sha256': signBody(one.body, SECRET),
          'x-shopify-shop-domain': one.shop,
          'x-shopify-webhook-id': one.id,
          'x-shopify-triggered-at': new Date(one.triggeredAt).toISOString(),
        },
        body: one.body,
      });
      await body.text();
      if (statusCode === 200) {
        one.acknowledgedAt = Date.now();
        return;
      }
    } catch {
      // Killed, or not yet up again.
    }
    await wait(200 + Math.random() * 300);
  }
}

const wreck: Record<string, () => Promise<void>> = {
  'worker killed': async () => {
    await running.worker.stop('SIGKILL');
    running.worker = await start('worker');
  },
  'web killed': async () => {
    await running.web.stop('SIGKILL');
    running.web = await start('web');
  },
  'Redis killed and started empty': async () => await world.redis.restart(),
  'database connections cut': async () => {
    await app.db.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
  },
  // Nothing gets through on the connections that are open, and none is closed; new ones reach a healthy database.
  'database goes dark': async () => {
    const since = new Date();
    wire.goDark();
    await wait(10_000);
    // As the server's own keep-alive would: what talks to nobody any more gives its place back.
    await app.db.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_start < $1`,
      [since],
    );
  },
  'receiver answers 500': async () => await trouble(() => ({ status: 500 })),
  'receiver hangs': async () => await trouble(() => 'hang' as const),
  'receiver cuts answers off': async () => await trouble(() => 'cut' as const),
  'receiver resets half of them': async () =>
    await trouble(() => (Math.random() < 0.5 ? ('reset' as const) : ('accept' as const))),
};

async function trouble(plan: Plan): Promise<void> {
  receiver.behave(plan);
  await wait(3000);
  receiver.behave('accept');
}

let over = false;
async function wreckAtRandom(): Promise<void> {
  const kinds = Object.keys(wreck);
  while (!over) {
    await wait(2000 + upTo(6000));
    const kind = kinds[upTo(kinds.length)] ?? '';
    if (over) return;
    faults[kind] = (faults[kind] ?? 0) + 1;
    say(kind);
    await wreck[kind]?.().catch((error: unknown) => say(`${kind}: ${error}`));
  }
}

async function counts(): Promise<Record<string, number>> {
  const rows = await app.db.query<{ state: string; n: number }>(
    `SELECT state || coalesce(': ' || reason, '') AS state, count(*) AS n FROM events GROUP BY 1 ORDER BY 1`,
  );
  return Object.fromEntries(rows.map((row) => [row.state, row.n]));
}

const began = Date.now();
const wrecking = wreckAtRandom();
const sending: Promise<void>[] = [];
for (let n = 0; Date.now() - began < minutes * 60_000; n++) {
  const one = next();
  sent.push(one);
  sending.push(send(one));
  const ahead = began + (n * 1000) / rate - Date.now();
  if (ahead > 0) await wait(ahead);
}
over = true;
await wrecking;
await Promise.all(sending);
say(`all ${sent.length} acknowledged; waiting until everything has ended`);
const until = Date.now() + SETTLES_WITHIN_MS;
let left = 1;
while (left > 0 && Date.now() < until) {
  await wait(500);
  const rows = await app.db
    .query<{ n: number }>(`SELECT count(*) AS n FROM events WHERE state IN ('received', 'open')`)
    .catch(() => [{ n: 1 }]);
  left = rows[0]?.n ?? 0;
}

const stored = await app.db.query<{ webhook_id: string; state: string }>('SELECT webhook_id, state FROM events');
const taken = receiver.received.flatMap((record): Taken[] => {
  if (!record.taken || typeof record.body !== 'object' || record.body === null) return [];
  const { Email, EmailPermission, Order } = record.body as {
    Email?: string;
    EmailPermission?: boolean;
    Order?: { Id: string };
  };
  const shop = shopOf.get(record.guid) ?? '';
  return [{ at: record.at, shop, email: Email ?? '', flag: EmailPermission ?? null, orderId: Order?.Id ?? null }];
});
const states = new Map(stored.map(({ webhook_id, state }) => [webhook_id, state]));
const verdict = judgeSoak(sent, states, taken, 2 * LEASE_MS);
const { missing, neverTaken, regressed, lateOptIns, repeats } = verdict;
const causes = await app.db.query<{ cause: string; n: number }>(
  `SELECT a.class || coalesce(': ' || a.error, '') || coalesce(' ' || nullif(a.status, 200), '') AS cause, count(*) AS n
   FROM attempts a JOIN deliveries d ON d.id = a.delivery_id WHERE d.attempts > 1 AND a.class <> 'accepted' GROUP BY 1 ORDER BY 2 DESC`,
);
const ends = await counts();
const audits = await exportAudits(app.db, shops, values['audit-export'] ?? null);
const bad = audits.filter(({ verdict }) => !verdict.ok);
for (const { shop, verdict } of bad) say(`audit log of ${shop}: ${JSON.stringify(verdict)}`);
const good = [missing, neverTaken, regressed, lateOptIns, bad].every(({ length }) => length === 0) && left === 0;
const list = (entries: Record<string, number>) =>
  Object.entries(entries)
    .map(([name, n]) => `| ${name} | ${n.toLocaleString('en')} |`)
    .join('\n');
const text = `${minutes} minutes, ${rate} webhooks a second (6 of 10 orders, the rest changes of consent of ${PEOPLE * names.length} people), seed ${seed}: **${good ? 'pass' : 'fail'}**.

| what | count |
|---|---|
| webhooks sent and acknowledged | ${sent.length.toLocaleString('en')} |
| … of these sent again by Shopify, because the answer was lost or no 200 | ${sent.filter((one) => one.tries > 1).length.toLocaleString('en')} |
| missing | ${missing.length} |
| still waiting ${SETTLES_WITHIN_MS / 60_000} minutes after the end | ${left} |
| orders that count as accepted and never reached Ascent360 | ${neverTaken.length} |
| people whose last flag at Ascent360 is not their last choice | ${regressed.length} |
| opt-ins that left more than ${(2 * LEASE_MS) / 1000} s after a newer opt-out was acknowledged | ${lateOptIns.length} |
| orders that reached Ascent360 more than once | ${repeats.toLocaleString('en')} |
| entries in the audit logs, exported and checked by the verifier | ${audits.reduce((sum, { entries }) => sum + entries, 0).toLocaleString('en')} |
| audit logs with an entry that does not fit | ${bad.length} of ${audits.length} |

Faults:

| fault | times |
|---|---|
${list(faults)}

How the events ended:

| state | events |
|---|---|
${list(ends)}

Why attempts were repeated:

| how the earlier attempt ended | attempts |
|---|---|
${list(Object.fromEntries(causes.map((row) => [row.cause, row.n])))}
`;
say(`\n${text}`);
for (const { choice, heard } of regressed.slice(0, 10)) {
  const ids = sent.filter((one) => one.choice?.whose === choice.whose).map(({ id }) => id);
  const last = await app.db.query<{ webhook_id: string; state: string; reason: string | null; triggered_at: Date }>(
    'SELECT webhook_id, state, reason, triggered_at FROM events WHERE webhook_id = ANY($1) ORDER BY triggered_at',
    [ids.slice(-4)],
  );
  say(`regression: ${choice.whose} chose ${choice.yes}, heard ${heard}; the last choices: ${JSON.stringify(last)}`);
}
for (const { whose, at } of lateOptIns.slice(0, 10)) say(`late opt-in: ${whose} at ${new Date(at).toISOString()}`);
if (minutes >= PUBLISHED_MINUTES) writeSoak(text);
await agent.close();
await receiver.close();
await world.stop();
await wire.close();
process.exitCode = good ? 0 : 1;
