import { appContender, type Contender, posterContender, straightContender } from './contenders.ts';
import type { Row, Run } from './row.ts';
import { median, type Server, type World } from './world.ts';

export const ABOUT_COST = `What an event took of the processors, in turn on one machine, medians of the turns: the worker's process with all its threads,
PostgreSQL with all its processes, the receiver. The rates depend on what else the machine did, the processor times far less. The orders
are cut to the fields that the app asks for.`;

/**
 * The cost of one event: rates depend on what else the machine does, processor time and WAL hardly
 * do.
 */
type Cost = { rate: number; workerUs: number; databaseUs: number; receiverUs: number; walKb: number };

const sumOf = ({ workerUs, databaseUs, receiverUs }: Cost) => workerUs + databaseUs + receiverUs;

async function measure(world: World, one: Contender, receiver: Server, count: number): Promise<Cost> {
  await world.checkpoint();
  const read = async () => ({
    worker: one.servers.reduce((sum, server) => sum + server.cpuMs(), 0),
    receiver: receiver.cpuMs(),
    database: world.databaseCpuMs(),
    wal: await world.walBytes(),
  });
  const before = await read();
  const seconds = await one.go(count);
  const after = await read();
  const us = (part: 'worker' | 'receiver' | 'database') => ((after[part] - before[part]) * 1000) / count;
  return {
    rate: count / seconds,
    workerUs: us('worker'),
    databaseUs: us('database'),
    receiverUs: us('receiver'),
    walKb: (after.wal - before.wal) / 1024 / count,
  };
}

const inWords = (cost: Cost) =>
  `${sumOf(cost).toFixed(0)} µs an event (worker ${cost.workerUs.toFixed(0)}, PostgreSQL ${cost.databaseUs.toFixed(0)}, receiver ${cost.receiverUs.toFixed(0)}), WAL ${cost.walKb.toFixed(1)} kB`;

const medianOf = (costs: readonly Cost[]): Cost => ({
  rate: median(costs.map((cost) => cost.rate)),
  workerUs: median(costs.map((cost) => cost.workerUs)),
  databaseUs: median(costs.map((cost) => cost.databaseUs)),
  receiverUs: median(costs.map((cost) => cost.receiverUs)),
  walKb: median(costs.map((cost) => cost.walKb)),
});

/**
 * Lets all of them work in turn, so that changes on the machine affect each. The first turns are a
 * warm-up.
 */
async function interleave(run: Run, receiver: Server, contenders: readonly Contender[], count: number) {
  const { world, pairs, say } = run;
  const costs = new Map(contenders.map(({ name }) => [name, [] as Cost[]]));
  let first = 1;
  for (let pair = -1; pair < pairs; pair++) {
    const size = pair < 0 ? run.warmUp : count;
    for (const one of contenders) {
      await one.prepare(size, first);
      if (pair === 0 && one.app) await world.forgetStatements(one.app);
      const cost = await measure(world, one, receiver, size);
      say(`${pair < 0 ? 'warm-up' : pair + 1} ${one.name}: ${cost.rate.toFixed(0)}/s, ${inWords(cost)}`);
      if (pair >= 0) costs.get(one.name)?.push(cost);
    }
    first += size;
  }
  return costs;
}

/** The app against another contender: the rates with their ratio, and an event's processor time. */
function rowOf(what: string, ours: readonly Cost[], other: readonly Cost[], name: string, bar: [number, number]): Row {
  const ratio = median(ours.map(({ rate }, i) => rate / (other[i]?.rate ?? Number.NaN)));
  const byTime = median(ours.map((cost, i) => sumOf(other[i] ?? cost) / sumOf(cost)));
  const [mine, theirs] = [medianOf(ours), medianOf(other)];
  return {
    what,
    ours: `${mine.rate.toFixed(0)}/s, ${inWords(mine)}`,
    other: `${name} ${theirs.rate.toFixed(0)}/s, ${inWords(theirs)}`,
    result: `${ratio.toFixed(2)} ×; by processor time ${byTime.toFixed(2)} ×`,
    bar: bar[0] === 0 ? '' : bar[0] === bar[1] ? `≥ ${bar[0]} ×` : `≥ ${bar[0]} ×, goal ${bar[1]} ×`,
    pass: ratio >= bar[0],
  };
}

/**
 * Event to accepted: translating, ledger, delivering, recording; compared with a worker that only
 * claims, posts and marks, one that also parses, builds a payload and records the attempt, and
 * posting alone.
 */
export async function pipeline(run: Run): Promise<Row[]> {
  const { world, events: count, say } = run;
  const receiver = await world.helper('receiver.ts');
  const ours = await appContender(world, receiver, { name: 'ours', redisDb: 0, shops: 20 });
  const before = run.before
    ? await appContender(world, receiver, { name: 'before', from: run.before, redisDb: 1, shops: 20 })
    : null;
  const others = run.before
    ? []
    : [
        await straightContender(world, receiver, 'plain'),
        await straightContender(world, receiver, 'honest'),
        await posterContender(world, receiver),
      ];
  const contenders = [...(before ? [before] : []), ours, ...others];
  const costs = await interleave(run, receiver, contenders, count);
  for (const server of [...contenders.flatMap(({ servers }) => servers), receiver]) await server.stop();
  for (const { app, name } of contenders) {
    if (app) for (const line of await world.statements(app)) say(`${name}: ${line}`);
  }
  const mine = costs.get(ours.name) ?? [];
  const bars: Record<string, [number, number]> = { 'straight worker': [0.9, 1.2], 'honest worker': [1.1, 1.4] };
  return contenders
    .filter((one) => one !== ours)
    .map(({ name }, i) =>
      rowOf(
        i === 0 ? `event to accepted, ${count} orders of 20 shops, concurrency 50` : 'the same',
        mine,
        costs.get(name) ?? [],
        name,
        bars[name] ?? [0, 0],
      ),
    );
}

/**
 * The events of one shop compared with those of twenty, and two worker processes on one shop with
 * one.
 */
export async function oneShop(run: Run): Promise<Row[]> {
  const { world, events: count } = run;
  const receiver = await world.helper('receiver.ts');
  const of = async (name: string, redisDb: number, shops: number, workers: number) =>
    await appContender(world, receiver, { name, redisDb, shops, workers });
  const many = await of('20 shops', 0, 20, 1);
  const one = await of('one shop', 1, 1, 1);
  const two = await of('one shop, two workers', 2, 1, 2);
  const contenders = [many, one, two];
  const costs = await interleave(run, receiver, contenders, count);
  for (const server of [...contenders.flatMap(({ servers }) => servers), receiver]) await server.stop();
  const costsOf = ({ name }: Contender) => costs.get(name) ?? [];
  return [
    rowOf(`event to accepted, ${count} orders of one shop`, costsOf(one), costsOf(many), many.name, [0.9, 0.9]),
    rowOf(
      'the same with two workers, which share two cores with all else',
      costsOf(two),
      costsOf(one),
      one.name,
      [0, 0],
    ),
  ];
}
