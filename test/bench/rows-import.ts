import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { signIdToken } from '../fakes/id-token.ts';
import { startShopifyAdmin } from '../fakes/shopify-admin.ts';
import type { Row, Run } from './row.ts';
import { API_KEY, ask, SECRET, type Server } from './world.ts';

const SHOP = 'import.myshopify.com';
const OLD = '2024-03-01T10:00:00Z';

/** Lines of one length, so that any of them can be made alone. */
const line = (n: number) => {
  const number = String(n).padStart(7, '0');
  return JSON.stringify({
    id: `gid://shopify/Customer/900000000000${number}`,
    createdAt: OLD,
    updatedAt: OLD,
    firstName: 'Robin',
    lastName: `Number${number}`,
    tags: ['skis', 'newsletter'],
    dataSaleOptOut: false,
    defaultEmailAddress: {
      emailAddress: `robin${number}@example.com`,
      marketingState: 'SUBSCRIBED',
      marketingOptInLevel: 'SINGLE_OPT_IN',
      marketingUpdatedAt: OLD,
    },
    defaultPhoneNumber: null,
    defaultAddress: {
      firstName: 'Robin',
      lastName: `Number${number}`,
      phone: null,
      address1: '1 Main Street',
      address2: null,
      city: 'Boulder',
      zip: '80302',
      province: 'Colorado',
      provinceCode: 'CO',
      country: 'United States',
      countryCodeV2: 'US',
    },
  });
};

/** What stands above the table. */
export const ABOUT_IMPORT = `One shop without any people before, and one process of the app that does everything (ROLE=all) on PostgreSQL with fsync and
Redis; the stand-ins for Shopify's file and for Ascent360, which takes everything at once, share the machine's cores. Every customer
opted in to e-mail long ago and goes out with that flag and a list (\`history: all\`), so each is a person, an address, a
fact, a delivery, an attempt, and something told. Memory is the process's VmRSS, looked at every second.`;

type ImportState = { id: string; state: string; done: number; counts: { accepted: number; waiting: number } };

async function callApi(app: Server, method: string, path: string, body?: object): Promise<ImportState> {
  const token = await signIdToken({ apiKey: API_KEY, secret: SECRET, shop: SHOP });
  const answer = await fetch(`${app.url}/api${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!answer.ok) throw new Error(`${method} ${path} was answered with ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as ImportState;
}

/** What a process holds at this moment, in MB. */
function residentMb(app: Server): number {
  const status = readFileSync(`/proc/${app.child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

/** What was seen of an import while it was under way: the records that were done, and what the process held, in MB. */
type Sample = { at: number; done: number; mb: number };

const LOOK_MS = 1000;
/** How much is sent at the end of the file when there was no time for all of it, as a share of the lines. */
const LAST_SHARE = 0.05;

/** Records a second between the first and the last of some samples. */
function rateOf(samples: readonly Sample[]): string {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || last.at === first.at) return '';
  return `${Math.round((last.done - first.done) / ((last.at - first.at) / 1000))}/s`;
}

const highest = (samples: readonly Sample[]) => Math.max(0, ...samples.map(({ mb }) => mb));
const part = (samples: readonly Sample[], from: number, to: number) =>
  samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * to));

/** Without the wait for what comes after the last record. */
const upToLast = (samples: readonly Sample[]) =>
  samples.slice(0, samples.findIndex(({ done }) => done === samples.at(-1)?.done) + 1);

/**
 * One large import: how fast it is counted and sent, and whether memory grows with what is behind it. All lines are counted.
 * They are sent from the first on for so many minutes at most; when those are over, the place in the file is put near its
 * end, and the last lines are sent.
 */
export async function importing({ world, lines: count, sendMinutes, say }: Run): Promise<Row[]> {
  const shopify = await startShopifyAdmin();
  const { bulk } = shopify.shop(SHOP);
  bulk.polls = 0;
  const lineBytes = Buffer.byteLength(line(0)) + 1;
  bulk.generated = { count, line, lineBytes };
  const receiver = await world.helper('receiver.ts');
  const database = await world.appDatabase('import');
  const app = await world.app('import', {
    // The stand-in for Shopify is refused in production.
    NODE_ENV: 'test',
    SHOPIFY_ADMIN_ORIGIN: shopify.url,
    DATABASE_URL: database.url,
    REDIS_URL: world.redis.url,
    ASCENT360_BASE_URL: receiver.url,
    LOG_LEVEL: 'warn',
  });
  await callApi(app, 'PUT', '/settings', {
    guid: randomUUID(),
    consent: { email: { history: 'all' } },
    providerType: 3,
    listIds: ['1'],
  });
  const { id } = await callApi(app, 'POST', '/imports', { kind: 'customers' });

  /** Follows it until it has a state or time is up. */
  async function follow(until: string, done: () => Promise<number>, msAtMost = Number.POSITIVE_INFINITY) {
    const samples: Sample[] = [];
    for (let told = 0; ; ) {
      const [row] = await database.db.query<{ state: string }>('SELECT state FROM imports WHERE id = $1', [id]);
      const sample = { at: performance.now(), done: await done(), mb: residentMb(app) };
      // What comes before the first record is Shopify's reading, and the wait for the next look at it.
      if (sample.done === 0) samples.length = 0;
      samples.push(sample);
      if (sample.done - told >= count / 20) {
        told = sample.done;
        say(`import: ${row?.state}, ${told} of ${count}, ${rateOf(samples.slice(-20))}, ${sample.mb.toFixed(0)} MB`);
      }
      if (row?.state === until) return samples;
      if (row?.state === 'failed') throw new Error('The import failed');
      if (sample.at - (samples[0]?.at ?? 0) > msAtMost) return samples;
      await wait(LOOK_MS);
    }
  }
  const taken = async () => await ask<number>(receiver, {});
  const counted = async () => {
    const [row] = await database.db.query<{ records: number }>(
      `SELECT coalesce((counted->>'records')::int, 0) AS records FROM imports WHERE id = $1`,
      [id],
    );
    return row?.records ?? 0;
  };

  const counting = await follow('counted', counted);
  await callApi(app, 'POST', `/imports/${id}/start`);
  const sending = await follow('done', taken, sendMinutes * 60_000);
  const [left] = await database.db.query<{ state: string }>('SELECT state FROM imports WHERE id = $1', [id]);
  let ending: Sample[] = [];
  if (left?.state !== 'done') {
    say(`import: ${sendMinutes} minutes are over; goes on with the last ${LAST_SHARE * 100} % of the lines`);
    await callApi(app, 'POST', `/imports/${id}/pause`);
    while ((await callApi(app, 'GET', `/imports/${id}`)).counts.waiting > 0) await wait(LOOK_MS);
    const next = Math.floor(count * (1 - LAST_SHARE));
    await database.db.query(
      `UPDATE imports SET feed_line = greatest(feed_line, $2), feed_offset = greatest(feed_offset, $3::bigint)
       WHERE id = $1 AND state = 'paused'`,
      [id, next, next * lineBytes],
    );
    await callApi(app, 'POST', `/imports/${id}/resume`);
    ending = await follow('done', taken);
  }
  const { counts } = await callApi(app, 'GET', `/imports/${id}`);
  const sent = await taken();
  for (const text of await world.statements(database)) say(text);
  await shopify.close();
  for (const server of [app, receiver]) await server.stop();

  const whole = [...sending, ...ending];
  const early = highest(part(whole, 0, 0.1));
  const late = highest(ending.length > 0 ? ending : part(whole, 0.9, 1));
  const number = (n: number) => n.toLocaleString('en');
  const mb = (value: number) => `${value.toFixed(0)} MB`;
  const seconds = (samples: readonly Sample[]) =>
    Math.round(((samples.at(-1)?.at ?? 0) - (samples[0]?.at ?? 0)) / 1000);
  const row = (what: string, ours: string, result: string, bar = '', pass = true): Row => ({
    what,
    ours,
    other: '',
    result,
    bar,
    pass,
  });
  const sentWhat =
    ending.length > 0 ? `the first ${number(sending.at(-1)?.done ?? 0)} of ${number(count)}` : number(count);
  return [
    row(`import of ${number(count)} customers: counted, all of them`, rateOf(counting), `${seconds(counting)} s`),
    row(`sent, everything recorded: ${sentWhat}`, rateOf(sending), `${seconds(sending)} s`),
    row('… the first tenth of that time', rateOf(part(sending, 0, 0.1)), ''),
    row('… the last tenth of that time', rateOf(part(upToLast(sending), 0.9, 1)), ''),
    ...(ending.length > 0
      ? [
          row(
            `sent, after the place in the file was put there: the last ${number(Math.round(count * LAST_SHARE))} lines`,
            rateOf(ending),
            `${seconds(ending)} s`,
          ),
        ]
      : []),
    row(
      'taken by the receiver',
      number(sent),
      `${number(counts.accepted)} accepted by the import’s counts`,
      'each once',
      sent === counts.accepted && (ending.length > 0 || sent === count),
    ),
    row('resident memory while counting: first tenth', mb(highest(part(counting, 0, 0.1))), ''),
    row('… last tenth', mb(highest(part(counting, 0.9, 1))), ''),
    row('resident memory while sending: first tenth', mb(early), ''),
    row('… in the middle', mb(highest(part(whole, 0.45, 0.55))), ''),
    {
      ...row('… at the end, against the first tenth', mb(late), `${(late / early).toFixed(2)} ×`, '≤ 1.25 ×'),
      other: mb(early),
      pass: late <= 1.25 * early,
    },
  ];
}
