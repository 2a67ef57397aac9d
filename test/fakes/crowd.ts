import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** Connections that a stranger may open and do nothing useful with. */
type Crowd = {
  /** How many of them the server has closed. */
  closed(): number;
  close(): void;
};

const MB = 1024 * 1024;
const BODY_BYTES = Math.floor(9.9 * MB);

/** What each of them sends first. */
export type CrowdRequest = { path: string; headers?: Record<string, string> };

function headOf({ path, headers = {} }: CrowdRequest, bytes: number): string {
  const lines = Object.entries({ host: '127.0.0.1', 'content-length': String(bytes), ...headers });
  return `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}`).join('\r\n')}\r\n\r\n`;
}

/** A well-formed signature that is wrong. */
export const someSignature = () => ({ 'x-shopify-hmac-sha256': randomBytes(32).toString('base64') });

/**
 * Opens connections. `idle` ones send nothing; `endless` ones send all but the last byte of 9.9 MB;
 * `slow` ones send a byte of it every 100 ms. Closed ones aren't reopened.
 */
export function openCrowd(
  port: number,
  count: number,
  kind: 'idle' | 'endless' | 'slow',
  request?: CrowdRequest,
): Crowd {
  const sockets: Socket[] = [];
  let closed = 0;
  let over = false;
  const piece = Buffer.alloc(64 * 1024, '{');
  const behave = async (socket: Socket) => {
    if (kind === 'idle' || !request) return;
    socket.write(headOf(request, BODY_BYTES));
    for (let sent = 0; sent < BODY_BYTES - 1 && !over && !socket.destroyed; ) {
      const bytes = kind === 'slow' ? piece.subarray(0, 1) : piece.subarray(0, BODY_BYTES - 1 - sent);
      sent += bytes.length;
      if (!socket.write(bytes)) await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
      if (kind === 'slow') await wait(100);
    }
  };
  for (let i = 0; i < count; i++) {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', () => {});
    socket.on('close', () => closed++);
    socket.once('connect', () => void behave(socket));
  }
  return {
    closed: () => closed,
    close: () => {
      over = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** The memory a process uses right now, in MB. */
export function memoryOf(pid: number): number {
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(resident) / 1024;
}
