import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';

export type RedisServer = {
  url: string;
  /** A separate connection, for commands to the server itself. */
  command(...words: [string, ...string[]]): Promise<unknown>;
  /** Ends the server at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

/** A server that runs already, which tests may empty. */
const given = process.env['TEST_REDIS_URL'];

/** Redis or Valkey on the PATH, or TEST_REDIS_URL. null: not on this machine. */
export function findRedis(): string | null {
  if (given) return given;
  for (const name of ['redis-server', 'valkey-server']) {
    try {
      execFileSync(name, ['--version'], { stdio: 'ignore' });
      return name;
    } catch {
      // Perhaps the next name is there.
    }
  }
  return null;
}

async function answers(url: string): Promise<boolean> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => {});
  try {
    await redis.connect();
    await redis.ping();
    return true;
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}

const sender =
  (url: string): RedisServer['command'] =>
  async (...words) => {
    const redis = new Redis(url);
    try {
      return await redis.call(...words);
    } finally {
      redis.disconnect();
    }
  };

function emptied(url: string): RedisServer {
  const command = sender(url);
  const kill = () => Promise.reject(new Error('TEST_REDIS_URL names a server that tests can’t kill'));
  return { url, command, kill, restart: kill, stop: async () => void (await command('FLUSHALL')) };
}

/** Starts a separate server on a free port, without persistence. */
export async function startRedis(binary: string): Promise<RedisServer> {
  if (given) return emptied(given);
  const dir = await mkdtemp(path.join(tmpdir(), 'connector-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let server: ChildProcess;

  async function run(): Promise<void> {
    server = spawn(
      binary,
      ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dir],
      {
        stdio: 'ignore',
      },
    );
    const until = Date.now() + 60_000;
    while (!(await answers(url))) {
      if (Date.now() > until) throw new Error('Redis did not start');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function kill(): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGKILL');
    await ended;
  }

  await run();
  return {
    url,
    command: sender(url),
    kill,
    restart: async () => {
      await kill();
      await run();
    },
    stop: async () => {
      await kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
