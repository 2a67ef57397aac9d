import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';

export type PostgresServer = { url: string; stop(): Promise<void> };

const debian = '/usr/lib/postgresql';

/** Where initdb and postgres are: on the PATH, or in Debian's place. Null: not on this machine. */
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

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No free port');
  return address.port;
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

/** Starts a PostgreSQL of one's own on a free port, in a folder that goes with it. PostgreSQL refuses to run as root. */
export async function startPostgres(bin: string): Promise<PostgresServer> {
  const dir = await mkdtemp(path.join(tmpdir(), 'connector-postgres-'));
  const asRoot = process.getuid?.() === 0;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  const owner = asRoot ? { uid: id('-u'), gid: id('-g') } : {};
  if (asRoot) await chown(dir, id('-u'), id('-g'));
  await chmod(dir, 0o700);
  const options = ['-D', path.join(dir, 'data'), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'];
  execFileSync(path.join(bin, 'initdb'), options, { ...owner, cwd: dir, stdio: 'ignore' });
  const port = await freePort();
  const settings = ['fsync=off', 'max_connections=300', 'listen_addresses=127.0.0.1', `unix_socket_directories=${dir}`];
  const server = spawn(
    path.join(bin, 'postgres'),
    ['-D', path.join(dir, 'data'), '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    { ...owner, cwd: dir, stdio: 'ignore' },
  );
  const url = `postgresql://postgres@127.0.0.1:${port}/postgres`;
  const until = Date.now() + 30_000;
  while (!(await answers(url))) {
    if (Date.now() > until || server.exitCode !== null) throw new Error('PostgreSQL did not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url,
    stop: async () => {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGINT');
      await ended;
      await rm(dir, { recursive: true, force: true });
    },
  };
}
