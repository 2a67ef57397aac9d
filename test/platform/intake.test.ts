import { randomBytes } from 'node:crypto';
import { type ClientRequest, createServer, IncomingMessage, request, ServerResponse } from 'node:http';
import { connect, Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { createIntake } from '../../server/platform/intake.ts';
import { until } from '../fakes/connector.ts';

const KB = 1024;

/** A server that accepts bodies of up to 400 kB, 1 MB in all, and answers with what it received. */
async function serve(limits: { bodyMs?: number } = {}) {
  const intake = createIntake(() => ({}), { bytes: 1024 * KB, bodyMs: 60_000, ...limits });
  const bodies: Buffer[] = [];
  const answered: number[] = [];
  let arrived = 0;
  const server = createServer((req, res) => {
    res.once('finish', () => answered.push(res.statusCode));
    if (req.url === '/unanswered') return;
    req.once('end', () => arrived++);
    intake.guard(req, res, async () => {
      const body = await intake.read(req, res, 400 * KB);
      if (!body) return;
      bodies.push(body);
      res.end(String(body.length));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Not listening on a port');
  onTestFinished(() => server.closeAllConnections());
  const statuses: (number | undefined)[] = [];
  const begin = (pieces: readonly Buffer[]): ClientRequest => {
    const req = request({ port: address.port, method: 'POST' }, (res) => {
      statuses.push(res.statusCode);
      res.resume();
    });
    req.on('error', () => statuses.push(undefined));
    for (const piece of pieces) req.write(piece);
    return req;
  };
  const post = async (pieces: readonly Buffer[]) => {
    const req = begin([]);
    const answered = new Promise<number>((resolve, reject) => {
      req.on('response', (res) => resolve(res.statusCode ?? 0));
      req.on('error', reject);
    });
    for (const piece of pieces) {
      req.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    req.end();
    return await answered;
  };
  return { begin, post, bodies, statuses, answered, arrived: () => arrived, port: address.port };
}

it.each([
  ['in one piece', [5 * KB]],
  ['of nothing', []],
  ['in pieces of one byte', Array(200).fill(1)],
  ['in pieces that don’t fill a page', Array(30).fill(13 * KB - 1)],
  ['of the maximum size', [400 * KB]],
])('a body %s arrives byte for byte', async (_, sizes) => {
  const { post, bodies } = await serve();
  const pieces = sizes.map((size) => randomBytes(size));
  expect(await post(pieces)).toBe(200);
  expect(bodies).toEqual([Buffer.concat(pieces)]);
});

it('many bodies at once stay separate', async () => {
  const { post, bodies } = await serve();
  const wanted = Array.from({ length: 4 }, (_, i) => Array.from({ length: 10 }, () => Buffer.alloc(12 * KB, i)));
  expect(await Promise.all(wanted.map(post))).toEqual(Array(4).fill(200));
  expect(bodies.sort(Buffer.compare)).toEqual(wanted.map((pieces) => Buffer.concat(pieces)));
});

it('a body over its limit gets 413', async () => {
  const { begin, statuses } = await serve();
  begin([Buffer.alloc(401 * KB)]);
  await until('it is answered', async () => statuses[0]);
  expect(statuses).toEqual([413]);
});

it.each([
  ['that declares more than its limit', `Content-Length: ${2000 * KB}\r\n\r\n`],
  ['that grows beyond its limit', `Transfer-Encoding: chunked\r\n\r\n${(2000 * KB).toString(16)}\r\n`],
  ['whose sender wants the connection closed', `Connection: close\r\nContent-Length: ${2000 * KB}\r\n\r\n`],
])('the sender of a body %s may send the rest of it before reading the 413', async (_, head) => {
  const { port, answered } = await serve();
  const socket = connect(port, '127.0.0.1').pause();
  onTestFinished(() => void socket.destroy());
  const cut = new Promise<never>((_resolve, reject) => socket.once('error', reject));
  const send = (bytes: number) =>
    Promise.race([cut, new Promise((resolve) => socket.write(Buffer.alloc(bytes), resolve))]);
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\n${head}`);
  await send(500 * KB);
  await until('it is answered', async () => answered[0]);
  for (let kb = 500; kb < 2000; kb += 100) await send(100 * KB);
  const answer = new Promise((resolve) => socket.once('data', (data) => resolve(String(data).split('\r\n')[0])));
  socket.resume();
  expect(await Promise.race([answer, cut])).toBe('HTTP/1.1 413 Payload Too Large');
});

it('bodies that never end push each other out, the oldest of the largest first, and a body that arrives at once gets through', async () => {
  const { begin, post, statuses } = await serve();
  for (let i = 0; i < 12; i++) begin([Buffer.alloc(300 * KB)]);
  // Two of them fit into 1 MB, with what may be read ahead of each.
  await until('most were refused', async () => (statuses.length >= 9 ? true : undefined));
  expect(new Set(statuses)).toEqual(new Set([503]));
  for (let i = 0; i < 5; i++) expect(await post([Buffer.alloc(399 * KB)])).toBe(200);
});

it('large bodies that arrive at once take their pieces in turn, so that what comes beside them waits for few', async () => {
  const intake = createIntake(() => ({}));
  const pieces = Array.from({ length: 10 }, () => randomBytes(64 * KB));
  let taken = 0;
  const arriving = Array.from({ length: 20 }, async () => {
    const req = new IncomingMessage(new Socket());
    for (const piece of pieces) req.push(piece);
    req.push(null);
    const res = new ServerResponse(req);
    res.assignSocket(req.socket);
    const body = intake.read(req, res, 1024 * KB);
    req.on('data', () => taken++);
    return await body;
  });
  let whole = false;
  const bodies = Promise.all(arriving).finally(() => {
    whole = true;
  });
  const inTurn: number[] = [];
  while (!whole) {
    taken = 0;
    await nextTurn();
    inTurn.push(taken);
  }
  const sent = Buffer.concat(pieces);
  expect((await bodies).map((body) => body?.equals(sent))).toEqual(Array(20).fill(true));
  const [begun = 0, ...later] = inTurn;
  expect(begun).toBeLessThanOrEqual(2 * 20);
  expect(Math.max(...later)).toBeLessThan(20);
});

it('a body whose sender went away before it is read is none', async () => {
  const intake = createIntake(() => ({}));
  const read: Promise<Buffer | null>[] = [];
  const server = createServer((req, res) => {
    res.once('close', () => setImmediate(() => read.push(intake.read(req, res, 400 * KB))));
    req.socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => server.closeAllConnections());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Not listening on a port');
  request({ port: address.port, method: 'POST' })
    .on('error', () => {})
    .end('{}');
  expect(await until('it is read', async () => read[0])).toBeNull();
});

it('a body that takes too long gets 408, and its connection is closed', async () => {
  const { begin, statuses } = await serve({ bodyMs: 300 });
  const req = begin([Buffer.alloc(10)]);
  const closed = new Promise((resolve) => req.once('close', resolve));
  await until('it is answered', async () => statuses[0]);
  expect(statuses[0]).toBe(408);
  await closed;
});

it('a body that goes on after its 408 takes nothing from those that come later', async () => {
  const { begin, post, statuses } = await serve({ bodyMs: 300 });
  const late = [1, 2].map(() => begin([Buffer.alloc(390 * KB)]));
  const closed = late.map((req) => new Promise((resolve) => req.once('close', resolve)));
  await until('they are answered', async () => (statuses.length === late.length ? true : undefined));
  expect(statuses).toEqual([408, 408]);
  for (const req of late) req.write('{');
  await Promise.all(closed);
  expect(await post([Buffer.alloc(200 * KB)])).toBe(200);
});

it('a body behind a request that isn’t answered yet takes nothing from others, however long its own answer has to wait', async () => {
  const { port, arrived, post } = await serve();
  for (let i = 0; i < 2; i++) {
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.write('GET /unanswered HTTP/1.1\r\nHost: x\r\n\r\n');
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${390 * KB}\r\n\r\n`);
    socket.write(Buffer.alloc(390 * KB));
  }
  await until('both have arrived', async () => arrived() === 2 || undefined);
  expect(await post([Buffer.alloc(200 * KB)])).toBe(200);
});
