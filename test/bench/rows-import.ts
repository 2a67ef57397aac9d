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

type ImportState = { id: string; state: string; done: number; counts: { records: number; accepted: number } };

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

/** Follows an import until it has a state. @returns seconds, and the memory held on the way, by the share that was done */
async function follow(app: Server, id: string, until: string, count: number, say: (text: string) => void) {
  const began = performance.now();
  const memory: { part: number; mb: number }[] = [];
  for (let told = 0; ; ) {
    const { state, done, counts } = await callApi(app, 'GET', `/imports/${id}`);
    const at = until === 'counted' ? counts.records : done;
    memory.push({ part: at / count, mb: residentMb(app) });
    if (at - told >= count / 10) {
      told = at;
      say(`import: ${state}, ${at} of ${count}, ${memory.at(-1)?.mb.toFixed(0)} MB`);
    }
    if (state === until) return { seconds: (performance.now() - began) / 1000, memory };
    if (state === 'failed') throw new Error('The import failed');
    await wait(2000);
  }
}

/** One large import: how fast it is counted and sent, and whether memory grows with what is behind it. */
export async function importing({ world, lines: count, say }: Run): Promise<Row[]> {
  const shopify = await startShopifyAdmin();
  const { bulk } = shopify.shop(SHOP);
  bulk.polls = 0;
  bulk.generated = { count, line, lineBytes: Buffer.byteLength(line(0)) + 1 };
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
  await callApi(app, 'PUT', '/settings', { guid: randomUUID() });
  const { id } = await callApi(app, 'POST', '/imports', { kind: 'customers' });
  const counting = await follow(app, id, 'counted', count, say);
  await callApi(app, 'POST', `/imports/${id}/start`);
  const running = await follow(app, id, 'done', count, say);
  const taken = await ask<number>(receiver, {});
  for (const line of await world.statements(database)) say(line);
  await shopify.close();
  for (const server of [app, receiver]) await server.stop();
  const early = Math.max(...running.memory.filter(({ part }) => part <= 0.2).map(({ mb }) => mb));
  const late = Math.max(...running.memory.filter(({ part }) => part >= 0.8).map(({ mb }) => mb));
  const per = (seconds: number) => `${Math.round(count / seconds)}/s`;
  const size = count.toLocaleString('en');
  return [
    {
      what: `import of ${size} customers: counted`,
      ours: per(counting.seconds),
      other: '',
      result: `${Math.round(counting.seconds)} s`,
      bar: '',
      pass: true,
    },
    {
      what: `import of ${size} customers: sent, everything recorded`,
      ours: per(running.seconds),
      other: '',
      result: `${Math.round(running.seconds)} s, ${taken.toLocaleString('en')} taken`,
      bar: 'each once',
      pass: taken === count,
    },
    {
      what: 'resident memory in the last fifth of it, against the first',
      ours: `${late.toFixed(0)} MB`,
      other: `${early.toFixed(0)} MB`,
      result: `${(late / early).toFixed(2)} ×`,
      bar: '≤ 1.25 ×',
      pass: late <= 1.25 * early,
    },
  ];
}
