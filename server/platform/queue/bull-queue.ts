import Bull from 'bull';
import { Redis } from 'ioredis';
import { explainConnection } from '../explain-connection.ts';
import type { Log } from '../log.ts';
import { within } from '../within.ts';
import { createLocalQueue, createTimers, type Queue } from './queue.ts';

/** How long a command to Redis may take before it counts as failed, in milliseconds. */
const COMMAND_MS = 1000;
/** How long until a dead worker is noticed. Its shops can be woken again from then on. */
const LOCK_MS = 5000;
const STALLED_CHECK_MS = 2000;
/** After a Redis error, wait this long before asking for the next job. */
const RETRY_MS = 1000;
/** How long a stop waits for work in progress. */
const DRAIN_MS = 8000;
/** Longer than any piece of work takes. */
const MARK_SECONDS = 60;
/** A wake-up unanswered for this long may be blocked by what is left of a job. */
const UNANSWERED_MS = 2000;
/**
 * Deletes a job that is in none of the lists that workers take jobs from. Redis may lose everything
 * while Bull hands out a job. Bull then writes half of it, under an id that can never be added
 * again.
 */
const DROP_LOST_JOB = `
  for _, list in ipairs({KEYS[2], KEYS[3], KEYS[4]}) do
    if redis.call('LPOS', list, ARGV[1]) then return 0 end
  end
  return redis.call('DEL', KEYS[1])`;

/**
 * A write by a script that also publishes and has several keys, as Bull's do, in the form of our marks: a
 * connection that answers may still be refused these.
 */
const TRY_WRITE = `
  redis.call('PUBLISH', KEYS[1], 1)
  return redis.call('SET', KEYS[2], 1, 'EX', ${MARK_SECONDS}, 'NX', 'GET')`;

/** Logs once that Redis can't be used, and what somebody must do about it, until it can be used again. */
function createReport(log: Log) {
  let said: string | null = null;
  return {
    failed: (error: unknown) => {
      const hint = explainConnection('REDIS_URL', error) ?? said ?? '';
      if (hint === said) return;
      if (hint) log.warn({ stage: 'queue', err: error }, hint);
      else log.warn({ stage: 'queue', err: error }, 'Redis cannot be used; the sweep goes on without it');
      said = hint;
    },
    usable: () => {
      said = null;
    },
  };
}

function connect(redisUrl: string, type: 'client' | 'subscriber' | 'bclient', log: Log): Redis {
  const retryStrategy = (times: number) => Math.min(times * 100, 2000);
  // Bull requires this of its blocking connections:
  // https://github.com/OptimalBits/bull/issues/1873. The producer's connection fails fast instead:
  // nothing may wait for Redis.
  const redis =
    type === 'client'
      ? new Redis(redisUrl, {
          maxRetriesPerRequest: 1,
          enableOfflineQueue: false,
          commandTimeout: COMMAND_MS,
          retryStrategy,
        })
      : new Redis(redisUrl, {
          maxRetriesPerRequest: null,
          enableReadyCheck: false,
          retryStrategy,
        });
  redis.on('error', (error: unknown) => log.debug({ stage: 'queue', connection: type, err: error }));
  return redis;
}

/**
 * The queue for several processes, on Redis or Valkey. There is one job per shop with work. Waking
 * a shop that already has a job leaves a mark, and the worker that ends a marked job looks once
 * more, so no wake-up is lost in between. While Redis can't be used, a worker is woken by its own
 * sweep and keeps working: PostgreSQL's claims decide who works on what.
 */
export function createBullQueue(redisUrl: string, log: Log): Queue {
  const connections: Redis[] = [];
  const report = createReport(log);
  const bull = new Bull('shops', {
    createClient: (type) => {
      const redis = connect(redisUrl, type, log);
      if (type === 'client') redis.on('error', report.failed).on('ready', report.usable);
      connections.push(redis);
      return redis;
    },
    settings: {
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      retryProcessDelay: RETRY_MS,
      // A job whose worker died still has to be done, however often that happens.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
    },
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
  });
  // A name for Bull's own tools, which ends the process if Redis refuses it, and news of delayed jobs, which we
  // have none of: if Redis refuses the subscription, Bull never begins.
  Object.assign(bull, { setWorkerName: async () => {}, _registerEvent: async () => {} });
  bull.on('error', (error) => log.debug({ stage: 'queue', err: error }));
  const fallback = createLocalQueue(log);
  const markOf = (shopId: number) => bull.toKey(`woken:${shopId}`);
  const jobOf = (shopId: number) => `shop-${shopId}`;
  // By its id: a job that Redis lost meanwhile has nothing else.
  const shopOf = (id: Bull.JobId) => Number(String(id).slice('shop-'.length));
  const lists = ['wait', 'active', 'paused'].map((list) => bull.toKey(list));
  const adding = new Set<number>();
  let working = false;

  const ask = async (shopId: number) => await bull.add({}, { jobId: jobOf(shopId) });

  async function dropLost(shopId: number): Promise<boolean> {
    const job = jobOf(shopId);
    const dropped = await bull.client.eval(DROP_LOST_JOB, 1 + lists.length, bull.toKey(job), ...lists, job);
    return dropped === 1;
  }

  /**
   * Set the mark before adding the job, so that the end of a running job can't miss it. It says
   * since when.
   */
  async function mark(shopId: number): Promise<void> {
    const now = Date.now();
    const marked = bull.client.set(markOf(shopId), now, 'EX', MARK_SECONDS, 'NX', 'GET');
    const [since] = await Promise.all([marked, ask(shopId)]);
    if (since === null || now - Number(since) <= UNANSWERED_MS) return;
    if (await dropLost(shopId)) await ask(shopId);
    // Check again after the same time, not at every wake-up of a shop that is busy or has to wait.
    else await bull.client.set(markOf(shopId), now, 'EX', MARK_SECONDS, 'XX');
  }

  async function add(shopId: number): Promise<void> {
    try {
      await within(mark(shopId), COMMAND_MS, 'Redis’s answer');
      report.usable();
    } catch (error) {
      report.failed(error);
      if (working) fallback.wake(shopId);
    }
  }

  const wake = (shopId: number) => {
    if (adding.has(shopId)) return;
    adding.add(shopId);
    // Slightly later, so that a burst of wake-ups becomes one command. Their work is committed
    // already.
    setImmediate(() => {
      adding.delete(shopId);
      void add(shopId);
    });
  };
  const timers = createTimers(wake);

  return {
    wake,
    wakeLater: timers.wakeLater,
    start: (worker) => {
      working = true;
      fallback.start(worker);
      const again = async (shopId: number, unfinished: unknown) => {
        if (unfinished === true || (await bull.client.exists(markOf(shopId))) > 0) wake(shopId);
      };
      bull.on('completed', ({ id }, unfinished: unknown) => {
        again(shopOf(id), unfinished).catch((error: unknown) =>
          log.warn({ stage: 'queue', shop: shopOf(id), err: error }),
        );
      });
      const never = new Promise<void>(() => {});
      const work = async (shopId: number) => {
        await bull.client.del(markOf(shopId));
        try {
          return await worker.work(shopId, async () => await never);
        } catch (error) {
          log.error({ stage: 'work', shop: shopId, err: error });
          // Bull writes the message and stack of what it is thrown to Redis, and those may quote anything.
          throw new Error('The log says why');
        }
      };
      bull.process(worker.concurrency, async ({ id }) => await work(shopOf(id))).catch(report.failed);
    },
    check: async () => {
      const keys = [bull.toKey('id'), bull.toKey('usable')];
      await within(bull.client.eval(TRY_WRITE, keys.length, ...keys), COMMAND_MS, 'Redis’s answer');
    },
    stop: async () => {
      timers.clear();
      if (working) await within(bull.pause(true), DRAIN_MS).catch(() => {});
      await fallback.stop();
      await within(bull.close(true), COMMAND_MS).catch(() => {});
      // Bull leaves a connection it never used open, and ioredis would keep trying to reach its
      // server.
      for (const redis of connections) redis.disconnect();
    },
  };
}
