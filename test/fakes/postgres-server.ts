import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { scratchFolder } from './scratch.ts';

export type PostgresServer = {
  url: string;
  /** The process that started the others. */
  pid(): number;
  /**
   * Ends it and its backends: `fast` as an operator would (SIGINT), `crash` at once and without a
   * checkpoint (SIGQUIT).
   */
  end(how: 'fast' | 'crash'): Promise<void>;
  /** Starts it again on the same port and data. */
  begin(): Promise<void>;
  /**
   * Freezes all its processes in the middle of whatever they do, so that it accepts connections but
   * never answers.
   */
  freeze(): void;
  thaw(): void;
  /**
   * pg_terminate_backend on up to `max` connections of others. @returns how many were terminated
   */
  terminateBackends(max: number): Promise<number>;
  /**
   * A standby that follows over `port` (the server's own, or a proxy's), asynchronously, as is
   * PostgreSQL's default.
   */
  standby(port?: number): Promise<PostgresServer>;
  /** For a standby: it becomes a primary. */
  promote(): Promise<void>;
  stop(): Promise<void>;
};

const debian = '/usr/lib/postgresql';

/**
 * Where initdb and postgres are: on the PATH, or where Debian puts them. null: not on this machine.
 */
export function findPostgres(): string | null {
  const newest = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const places = [
    ...newest.map((version) => path.join(debian, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(':'),
  ];
  return (
    places.find((place) => existsSync(path.join(place, 'initdb')) && existsSync(path.join(place, 'postgres'))) ?? null
  );
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts a separate PostgreSQL on a free port, in a folder that is removed with it. PostgreSQL
 * refuses to run as root.
 * @param options.dataIn a folder for the data, instead of one next to the log (WAL)
 * @param options.fsync by default false: a test needn't survive a power cut, and its data may be in
 * memory
 * @param options.follows the port of a primary that it copies and follows
 * @param options.prepare puts files into the data folder before the start
 * @param options.settings more of postgresql.conf, as `name=value`
 */
export async function startPostgres(
  bin: string,
  options: {
    dataIn?: string;
    fsync?: boolean;
    settings?: readonly string[];
    follows?: number;
    prepare?: (dataDir: string) => Promise<void>;
  } = {},
): Promise<PostgresServer> {
  const dir = options.fsync
    ? await mkdtemp(path.join(tmpdir(), 'connector-postgres-'))
    : await scratchFolder('postgres');
  const dataDir = path.join(options.dataIn ?? dir, 'data');
  const asRoot = process.getuid?.() === 0;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  const owner = asRoot ? { uid: id('-u'), gid: id('-g') } : {};
  for (const folder of [dir, ...(options.dataIn ? [options.dataIn] : [])]) {
    if (asRoot) await chown(folder, id('-u'), id('-g'));
    await chmod(folder, 0o700);
  }
  const apart = options.dataIn ? ['--waldir', path.join(dir, 'wal')] : [];
  const flags = ['-D', dataDir, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync', ...apart];
  if (options.follows === undefined)
    execFileSync(path.join(bin, 'initdb'), flags, { ...owner, cwd: dir, stdio: 'ignore' });
  else {
    const primary = ['-h', '127.0.0.1', '-p', String(options.follows), '-U', 'postgres'];
    const copy = [...primary, '-D', dataDir, '--write-recovery-conf', '--checkpoint=fast', '--no-sync'];
    // Not waited for synchronously: the primary may be reached through a proxy in this process.
    await promisify(execFile)(path.join(bin, 'pg_basebackup'), copy, { ...owner, cwd: dir });
  }
  await options.prepare?.(dataDir);
  if (asRoot && options.prepare) execFileSync('chown', ['-R', 'postgres', dataDir]);
  const port = await freePort();
  const url = `postgresql://postgres@127.0.0.1:${port}/postgres`;
  const settings = [
    `fsync=${options.fsync ? 'on' : 'off'}`,
    'max_connections=300',
    // The folder may be in memory.
    'max_wal_size=256MB',
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${dir}`,
    ...(options.settings ?? []),
  ];
  let server: ChildProcess;

  async function begin(): Promise<void> {
    const args = ['-D', dataDir, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
    server = spawn(path.join(bin, 'postgres'), args, { ...owner, cwd: dir, stdio: 'ignore' });
    const until = Date.now() + 60_000;
    while (!(await answers(url))) {
      if (Date.now() > until || server.exitCode !== null) throw new Error('PostgreSQL did not start');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async function end(how: 'fast' | 'crash'): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await ended;
  }

  function signalAll(signal: 'SIGSTOP' | 'SIGCONT'): void {
    const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(server.pid)], { encoding: 'utf8' });
    for (const pid of [server.pid, ...children.split('\n').map(Number)]) {
      if (!pid) continue;
      try {
        process.kill(pid, signal);
      } catch {
        // A backend may have ended meanwhile.
      }
    }
  }

  await begin();
  return {
    url,
    pid: () => server.pid ?? 0,
    begin,
    end,
    freeze: () => signalAll('SIGSTOP'),
    thaw: () => signalAll('SIGCONT'),
    terminateBackends: async (max) => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      const { rowCount } = await client.query(
        `SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'
           AND pid <> pg_backend_pid() ORDER BY state, random() LIMIT $1) AS chosen`,
        [max],
      );
      await client.end();
      return rowCount ?? 0;
    },
    standby: async (from = port) => await startPostgres(bin, { ...options, follows: from }),
    promote: async () => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query('SELECT pg_promote()');
      await client.end();
    },
    stop: async () => {
      if (server.exitCode === null && server.signalCode === null) signalAll('SIGCONT');
      await end('crash');
      await rm(dir, { recursive: true, force: true });
    },
  };
}
