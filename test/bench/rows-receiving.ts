import type { LoadOrder, LoadReport } from './load.ts';
import type { Row, Run } from './row.ts';
import { ask, median, SECRET, type Server, shopNames } from './world.ts';

const SHOPS = shopNames(20);
const TABLE = `CREATE TABLE webhooks (id bigserial PRIMARY KEY, webhook_id text NOT NULL UNIQUE, shop text NOT NULL,
    topic text NOT NULL, object_id text, body text, raw bytea, received_at timestamptz NOT NULL DEFAULT now());
  CREATE TABLE sessions (id text PRIMARY KEY, shop text NOT NULL, state text NOT NULL, "isOnline" boolean NOT NULL,
    scope text, expires timestamptz, "accessToken" text NOT NULL);
  INSERT INTO sessions SELECT 'offline_' || name, name, '', false, 'read_orders', NULL, md5(name)
    FROM unnest(ARRAY[${SHOPS.map((name) => `'${name}'`)}]) AS name`;

/** Sends the load and requires every request to be acknowledged. */
async function measure(load: Server, order: LoadOrder): Promise<LoadReport> {
  const report = await ask<LoadReport>(load, order);
  if (report.statuses['200'] !== order.count)
    throw new Error(`Not all were acknowledged: ${JSON.stringify(report.statuses)}`);
  return report;
}

const orderOf = (port: number, count: number, rate: number | null = null): LoadOrder => ({
  port,
  secret: SECRET,
  shops: SHOPS,
  count,
  connections: 64,
  rate,
  bodies: 200,
  firstBody: 1,
});

/**
 * Webhooks acknowledged durably, compared with the straightforward way and with the least that
 * accepts them durably.
 */
export async function receiving({ world, pairs, quick, say }: Run): Promise<Row[]> {
  const count = quick ? 8000 : 20_000;
  const { url } = await world.appDatabase('receiving');
  const ours = await world.app('web', { ROLE: 'web', DATABASE_URL: url, REDIS_URL: world.redis.url });
  const straight = await world.helper('straight-web.ts', await world.database('straight_web', TABLE), SECRET);
  const bare = await world.helper('bare-web.ts', await world.database('bare_web', TABLE), SECRET);
  const load = await world.helper('load.ts');
  for (const server of [ours, straight, bare]) await measure(load, orderOf(server.port, 3000));
  const rates = { ours: [] as number[], straight: [] as number[], bare: [] as number[] };
  for (let pair = 0; pair < pairs; pair++) {
    for (const [name, server] of Object.entries({ ours, straight, bare })) {
      await world.checkpoint();
      const { perSecond } = await measure(load, orderOf(server.port, count));
      rates[name as keyof typeof rates].push(perSecond);
    }
    say(
      `receiving ${pair + 1}: ${JSON.stringify(rates, (_, v: unknown) => (typeof v === 'number' ? Math.round(v) : v))}`,
    );
  }
  const best = median(rates.ours);
  const tails: number[] = [];
  for (let i = 0; i < (quick ? 1 : 3); i++) {
    await world.checkpoint();
    tails.push((await measure(load, orderOf(ours.port, Math.round(best * 0.7 * (quick ? 5 : 15)), best * 0.7))).p99);
  }
  for (const server of [ours, straight, bare, load]) await server.stop();
  const against = (other: number[]) => median(rates.ours.map((rate, i) => rate / (other[i] ?? Number.NaN)));
  const perSecond = (values: number[]) => `${Math.round(median(values))}/s`;
  const [toStraight, toBare, p99] = [against(rates.straight), against(rates.bare), median(tails)];
  return [
    {
      what: `webhooks acknowledged durably, ${count} of 10.7 kB on 64 connections`,
      ours: perSecond(rates.ours),
      other: `straight way ${perSecond(rates.straight)}`,
      result: `${toStraight.toFixed(2)} ×`,
      bar: '≥ 1.5 ×, goal 1.8 ×',
      pass: toStraight >= 1.5,
    },
    {
      what: 'the same',
      ours: perSecond(rates.ours),
      other: `bare ${perSecond(rates.bare)}`,
      result: `${toBare.toFixed(2)} ×`,
      bar: '≥ 0.75 ×, goal 0.9 ×',
      pass: toBare >= 0.75,
    },
    {
      what: 'p99 of the answer at 70 % of that',
      ours: `${p99.toFixed(0)} ms`,
      other: '',
      result: `${p99.toFixed(0)} ms`,
      bar: '< 100 ms',
      pass: p99 < 100,
    },
  ];
}
