import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from '../../../server/platform/log.ts';
import { createBullQueue } from '../../../server/platform/queue/bull-queue.ts';
import { createLocalQueue, type Queue, type Work } from '../../../server/platform/queue/queue.ts';
import { until } from '../../fakes/connector.ts';
import { leftOut } from '../../fakes/left-out.ts';
import { findRedis, type RedisServer, startRedis } from '../../fakes/redis-server.ts';
import { startTcpProxy } from '../../fakes/tcp-proxy.ts';

const binary = findRedis();
if (!binary) leftOut('those on Redis', 'install Redis (Debian: redis-server)');

const log = createLog('silent');
/** Longer than a queue takes to hand out a shop again. */
const QUIET_MS = 300;

function startQueue(queue: Queue, work: Work) {
  queue.start({ work, concurrency: 5 });
  return queue;
}

/** Counts the slices of work; the first runs `inTheFirst`. */
function counting(inTheFirst: (listen: () => Promise<void>) => Promise<void>): { work: Work; pieces: () => number } {
  let pieces = 0;
  return {
    work: async (_, listen) => {
      pieces++;
      if (pieces === 1) await inTheFirst(listen);
      return false;
    },
    pieces: () => pieces,
  };
}

/** A queue that is connected. */
async function connected(redis: RedisServer): Promise<Queue> {
  const queue = createBullQueue(redis.url, log);
  await until(
    'Redis answers',
    async () =>
      await queue.check().then(
        () => true,
        () => undefined,
      ),
  );
  return queue;
}

describe('the queue of a single process', () => {
  it('a wake-up after the last look at the shop, but before its slice of work ends, gives another slice', async () => {
    const queue = createLocalQueue(log);
    const { work, pieces } = counting(async (listen) => {
      void listen();
      queue.wake(1);
    });
    startQueue(queue, work).wake(1);
    await until('it is worked on again', async () => (pieces() === 2 ? true : undefined));
    await wait(QUIET_MS);
    expect(pieces()).toBe(2);
    await queue.stop();
  });

  it('a wake-up before the last look at the shop gives no second slice of work', async () => {
    const queue = createLocalQueue(log);
    const heard: string[] = [];
    const { work, pieces } = counting(async (listen) => {
      const woken = listen().then(() => heard.push('woken'));
      await setImmediate();
      heard.push('not yet');
      queue.wake(1);
      await woken;
      void listen();
    });
    startQueue(queue, work).wake(1);
    await wait(QUIET_MS);
    expect(heard).toEqual(['not yet', 'woken']);
    expect(pieces()).toBe(1);
    await queue.stop();
  });

  /** A queue whose slices of work end when they are told to: `end` says whether all was done. */
  async function heldUp() {
    const queue = createLocalQueue(log);
    const begun: number[] = [];
    const held = new Map<number, { resolve(unfinished: boolean): void; reject(error: Error): void }>();
    const work: Work = async (shop) => {
      begun.push(shop);
      return await new Promise<boolean>((resolve, reject) => held.set(shop, { resolve, reject }));
    };
    /** Whatever it hands out, it does within these. */
    const turns = async () => {
      for (let i = 0; i < 5; i++) await setImmediate();
    };
    const end = async (shop: number, how: 'done' | 'unfinished' | 'failed') => {
      if (how === 'failed') held.get(shop)?.reject(new Error('Its work failed'));
      else held.get(shop)?.resolve(how === 'unfinished');
      await turns();
    };
    // Before it starts: that counts, too.
    for (const shop of [1, 2, 3, 4]) queue.wake(shop);
    await turns();
    queue.start({ work, concurrency: 2 });
    await turns();
    return { queue, begun, end, turns };
  }

  it('works on no more shops at once than it may, and on the others in the order they were woken, an unfinished one behind them', async () => {
    const { begun, end } = await heldUp();
    expect(begun).toEqual([1, 2]);
    await end(1, 'unfinished');
    expect(begun).toEqual([1, 2, 3]);
    await end(2, 'done');
    await end(3, 'done');
    expect(begun).toEqual([1, 2, 3, 4, 1]);
  });

  it('works on a shop that was to be woken after a wait', async () => {
    const { queue, begun, end } = await heldUp();
    queue.wakeLater(5, 1);
    for (const shop of [1, 2, 3, 4]) await end(shop, 'done');
    await until('it is its turn', async () => (begun.length === 5 ? true : undefined));
    expect(begun).toEqual([1, 2, 3, 4, 5]);
  });

  it('goes on with other shops when work on one fails, and with that one when it is woken again', async () => {
    const { queue, begun, end, turns } = await heldUp();
    await end(1, 'failed');
    expect(begun).toEqual([1, 2, 3]);
    queue.wake(1);
    await end(2, 'done');
    await end(3, 'done');
    await turns();
    expect(begun).toEqual([1, 2, 3, 4, 1]);
  });

  it('hands out nothing more once it stops, and has stopped when the work in progress has ended', async () => {
    const { queue, begun, end, turns } = await heldUp();
    queue.wakeLater(5, 0);
    let hasStopped = false;
    const stopped = queue.stop().then(() => {
      hasStopped = true;
    });
    await end(1, 'unfinished');
    expect(hasStopped).toBe(false);
    await end(2, 'done');
    await stopped;
    queue.wake(6);
    await turns();
    expect(begun).toEqual([1, 2]);
  });
});

describe.skipIf(!binary)('the queue on Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis(binary ?? '');
  });
  afterAll(async () => {
    await redis.stop();
  });

  it('a wake-up by another process while a job is running gives one more slice of work', async () => {
    const worker = await connected(redis);
    const web = await connected(redis);
    const { work, pieces } = counting(async () => {
      web.wake(1);
      await until('Redis knows', async () =>
        (await redis.command('EXISTS', 'bull:shops:woken:1')) ? true : undefined,
      );
    });
    startQueue(worker, work).wake(1);
    await until('it is worked on again', async () => (pieces() === 2 ? true : undefined));
    await wait(QUIET_MS);
    expect(pieces()).toBe(2);
    await Promise.all([worker.stop(), web.stop()]);
  });

  it('several wake-ups before a job starts are one slice of work', async () => {
    const worker = await connected(redis);
    const web = await connected(redis);
    const { work, pieces } = counting(async () => {});
    for (let i = 0; i < 20; i++) {
      web.wake(2);
      await wait(1);
    }
    await until('the job is there', async () =>
      (await redis.command('EXISTS', 'bull:shops:shop-2')) ? true : undefined,
    );
    await wait(QUIET_MS);
    startQueue(worker, work);
    await until('it is worked on', async () => (pieces() > 0 ? true : undefined));
    await wait(QUIET_MS);
    expect(pieces()).toBe(1);
    await Promise.all([worker.stop(), web.stop()]);
  });

  it('work that stopped before all was done goes on, and the queue has stopped once it has ended', async () => {
    const queue = await connected(redis);
    const { promise, resolve: end } = Promise.withResolvers<void>();
    const heard: string[] = [];
    startQueue(queue, async () => {
      if (heard.push('begun') === 1) return true;
      await promise;
      heard.push('ended');
      return false;
    }).wake(7);
    await until('it goes on', async () => (heard.length === 2 ? true : undefined));
    const stopped = queue.stop().then(() => heard.push('stopped'));
    // Longer than it waits for Redis.
    setTimeout(end, 1500);
    await stopped;
    expect(heard).toEqual(['begun', 'begun', 'ended', 'stopped']);
  });

  it('a job that fails writes nothing about why to Redis: an error may quote what it was about', async () => {
    const wire = await startTcpProxy(Number(new URL(redis.url).port));
    const sent: Buffer[] = [];
    wire.decide((bytes, way) => {
      if (way === 'there') sent.push(bytes);
      return 'pass';
    });
    const queue = await connected({ ...redis, url: `redis://127.0.0.1:${wire.port}` });
    const { work, pieces } = counting(async () => {
      throw new Error('"canary@example.com" is not valid JSON');
    });
    startQueue(queue, work).wake(6);
    await until('it has failed, and is worked on again', async () => {
      queue.wake(6);
      return pieces() > 1 ? true : undefined;
    });
    await queue.stop();
    await wire.close();
    const told = Buffer.concat(sent).toString('latin1');
    expect([told.includes('shop-6'), told.includes('canary')]).toEqual([true, false]);
  });

  it.each<[string, number, [string, ...string[]][]]>([
    ['that nobody works on', 3, []],
    ['that counts as done', 4, [['ZADD', 'bull:shops:completed', '1', 'shop-4']]],
  ])('a job that half returned after Redis had lost it, %s, does not hold up its shop', async (_, shop, more) => {
    await redis.command('HSET', `bull:shops:shop-${shop}`, 'processedOn', '1');
    for (const command of more) await redis.command(...command);
    const queue = await connected(redis);
    const { work, pieces } = counting(async () => {});
    startQueue(queue, work);
    // As the sweep does while something is due.
    await until('it is worked on', async () => {
      queue.wake(shop);
      return pieces() > 0 ? true : undefined;
    });
    await queue.stop();
  });

  describe('while Redis refuses a worker', () => {
    type Command = [string, ...string[]];
    type Refusal = [what: string, refuse: Command[], allow: Command[]];
    const WORKER: Command = ['ACL', 'SETUSER', 'worker', 'on', '>secret', 'allkeys', 'allchannels', '+@all'];
    const refusals: Refusal[] = [
      [
        'its password',
        [
          ['ACL', 'SETUSER', 'default', 'resetpass'],
          ['ACL', 'SETUSER', 'worker', 'resetpass'],
        ],
        [['ACL', 'SETUSER', 'default', 'nopass'], WORKER],
      ],
      ['scripts', [['ACL', 'SETUSER', 'worker', '-@scripting']], [WORKER]],
      ['writes', [['REPLICAOF', '127.0.0.1', '1']], [['REPLICAOF', 'NO', 'ONE']]],
    ];
    const subscriptions: Refusal = ['subscriptions', [['ACL', 'SETUSER', 'worker', 'resetchannels']], [WORKER]];
    const everything: Refusal = ['every command', [['ACL', 'SETUSER', 'worker', '-@all']], [WORKER]];
    let admin: Redis;
    beforeEach(async () => {
      admin = new Redis(redis.url);
      await run([WORKER]);
    });
    afterEach(async () => {
      await redis.command('FLUSHALL');
      admin.disconnect();
    });
    const run = async (commands: Command[]) => {
      for (const command of commands) await admin.call(...command);
    };

    /** It works without Redis meanwhile, and is woken through it afterwards. */
    async function goesOn(queue: Queue, pieces: () => number, allow: Command[]): Promise<void> {
      const before = pieces();
      await until('it works meanwhile, and says that it can’t use Redis', async () => {
        queue.wake(21);
        const refused = await queue.check().then(
          () => false,
          () => true,
        );
        return (refused && pieces() > before) || undefined;
      });
      await run(allow);
      const web = await connected(redis);
      const found = pieces();
      await until(
        'it works on what another process wakes, and says that it can use Redis',
        async () => {
          web.wake(22);
          const usable = await queue.check().then(
            () => true,
            () => false,
          );
          return (usable && pieces() > found) || undefined;
        },
        20_000,
      );
      await Promise.all([queue.stop(), web.stop()]);
    }
    const asWorker = () => createBullQueue(redis.url.replace('://', '://worker:secret@'), log);

    it.each([...refusals, subscriptions, everything])(
      '%s, one that starts works without it, and goes on afterwards',
      async (_, refuse, allow) => {
        await run(refuse);
        const { work, pieces } = counting(async () => {});
        await goesOn(startQueue(asWorker(), work), pieces, allow);
      },
    );

    it.each(refusals)(
      '%s, one that loses its connections works without it, and goes on afterwards',
      async (_, refuse, allow) => {
        const queue = asWorker();
        const { work, pieces } = counting(async () => {});
        startQueue(queue, work);
        await until('it works with Redis', async () => {
          queue.wake(21);
          return pieces() > 0 || undefined;
        });
        await run(refuse);
        await admin.call('CLIENT', 'KILL', 'USER', 'worker');
        await goesOn(queue, pieces, allow);
      },
    );
  });

  it('logs again that Redis can’t be used, if it could be used in between', async () => {
    const warned: string[] = [];
    const noting = { ...log, warn: (_: object, text?: string) => void (text && warned.push(text)) };
    const queue = createBullQueue(redis.url.replace('://', '://reader:secret@'), noting);
    const { work, pieces } = counting(async () => {});
    startQueue(queue, work);
    for (const shop of [8, 9]) {
      await redis.command('ACL', 'SETUSER', 'reader', 'on', '>secret', 'allkeys', 'allchannels', '+@all');
      const worked = pieces();
      await until('it is used', async () => {
        await queue.check().then(
          () => queue.wake(shop),
          () => {},
        );
        return pieces() > worked || undefined;
      });
      const logged = warned.length;
      await redis.command('ACL', 'SETUSER', 'reader', '-@write');
      await until('it is logged', async () => {
        queue.wake(shop);
        return warned.length > logged || undefined;
      });
    }
    await queue.stop();
  });

  it('a job whose data Redis lost before handing it out is still work for its shop', async () => {
    await redis.command('HSET', 'bull:shops:shop-5', 'processedOn', '1');
    await redis.command('LPUSH', 'bull:shops:wait', 'shop-5');
    const queue = await connected(redis);
    const shops: number[] = [];
    startQueue(queue, async (shop) => {
      shops.push(shop);
      return false;
    });
    await until('it is worked on', async () => (shops.length > 0 ? true : undefined));
    expect(shops).toEqual([5]);
    await queue.stop();
  });
});
