import { randomBytes } from 'node:crypto';
import type { LookupAddress } from 'node:dns';
import { createServer, type LookupFunction, type Server, type Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bodyOf } from '../../server/ascent360/body.ts';
import { type Ascent360Client, createAscent360Client } from '../../server/ascent360/client.ts';
import { type FakeAscent360, startAscent360 } from '../fakes/ascent360.ts';
import { until } from '../fakes/connector.ts';
import { selfSignedCertificate } from './self-signed-certificate.ts';

const GUID = '0b7e5c1a-1111-4222-8333-0123456789ab';
const PAYLOAD = { SourceName: 'Shop', SourceType: 'Ecommerce', Email: 'zoë@example.com' };
const BODY = bodyOf('json', PAYLOAD);

let fake: FakeAscent360;
const clients: Ascent360Client[] = [];
const client = (baseUrl: string, timeoutMs = 5_000, connections = 5) => {
  const made = createAscent360Client({ baseUrl, timeoutMs, connections });
  clients.push(made);
  return made;
};
beforeEach(async () => {
  fake = await startAscent360();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((made) => made.close()));
  await fake.close();
});

describe('an attempt', () => {
  it.each([[''], ['/'], ['//']])('posts the payload once as JSON, with the base URL ending in "%s"', async (slash) => {
    const attempt = await client(`${fake.url}${slash}`).send(GUID, BODY);
    expect(attempt).toMatchObject({
      class: 'accepted',
      flags: 'accepted',
      status: 200,
      error: null,
      retryAfterMs: null,
    });
    expect(fake.received).toHaveLength(1);
    expect(fake.received[0]).toMatchObject({
      method: 'POST',
      path: `/V1/Data/${GUID}`,
      contentType: 'application/json',
      body: PAYLOAD,
      faults: [],
    });
  });

  it.each([
    [
      { status: 503, retryAfter: 120 },
      { class: 'retry', flags: 'unknown', error: 'http_503', retryAfterMs: 120_000 },
    ],
    [
      { status: 429, retryAfter: -1 },
      { class: 'retry', flags: 'refused', error: 'http_429', retryAfterMs: null },
    ],
    [{ status: 422 }, { class: 'rejected', flags: 'refused', error: 'http_422' }],
    [{ status: 404 }, { class: 'connection_problem', flags: 'refused', error: 'http_404' }],
    [{ mode: 'html' as const }, { class: 'retry', flags: 'unknown', error: 'html_page', status: 200 }],
    [
      { contentType: 'text/html; charset=utf-8', answer: 'Please sign in' },
      { class: 'retry', error: 'html_page', excerpt: 'Please sign in' },
    ],
    [{ mode: 'cut' as const }, { class: 'retry', flags: 'unknown', error: 'connection_cut', status: 200 }],
    [{ mode: 'reset' as const }, { class: 'retry', flags: 'unknown', error: 'connection_cut', status: null }],
    [
      { mode: 'cut' as const, status: 300 },
      { class: 'connection_problem', flags: 'unknown', error: 'http_300' },
    ],
    [
      { mode: 'cut' as const, status: 422 },
      { class: 'rejected', flags: 'refused', error: 'http_422' },
    ],
  ])('that is answered with %j', async (behaviour, expected) => {
    fake.behave(behaviour);
    expect(await client(fake.url).send(GUID, BODY)).toMatchObject(expected);
  });

  it('keeps the path of the base URL, whatever slashes it has', async () => {
    await client(`${fake.url}/gate//way/`).send(GUID, BODY);
    expect(fake.received[0]).toMatchObject({ method: 'POST', path: `/gate//way/V1/Data/${GUID}` });
  });

  it.each([
    ['100 Continue', '200 OK', { class: 'accepted', flags: 'accepted', status: 200 }],
    ['100', '422 No', { class: 'rejected', flags: 'refused', status: 422 }],
    ['102 Processing\r\nRetry-After: 100', '503 Busy', { error: 'http_503', status: 503, retryAfterMs: null }],
    ['103 Early Hints\r\nContent-Type: text/html', '200 OK', { class: 'accepted', status: 200 }],
  ])('waits for the answer behind %j, whether or not it comes at once: %s', async (interim, final, expected) => {
    for (const together of [true, false]) {
      const server = await listen((socket) => {
        const [before, behind] = [`HTTP/1.1 ${interim}\r\n\r\n`, `HTTP/1.1 ${final}\r\nContent-Length: 2\r\n\r\nok`];
        socket.write(together ? before + behind : before);
        if (!together) setTimeout(() => socket.write(behind), 50);
      });
      const sender = client(server.url, 5_000, 1);
      expect(await sender.send(GUID, BODY)).toMatchObject({ excerpt: 'ok', ...expected });
      await server.close();
    }
  });

  it('waits for the answer behind `100 Continue`, wherever packets are split', async () => {
    const interim = 'HTTP/1.1 100 Continue\r\nDate: now\r\n\r\nHTTP/1.0 100\r\n\r\n';
    const whole = `${interim}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`;
    const attempts = Array.from({ length: whole.length - 1 }, async (_, index) => {
      const server = await listen((socket) => {
        socket.setNoDelay(true);
        socket.write(whole.slice(0, index + 1));
        setTimeout(() => socket.write(whole.slice(index + 1)), 100);
      });
      const attempt = await client(server.url, 10_000, 1).send(GUID, BODY);
      await server.close();
      return attempt;
    });
    for (const attempt of await Promise.all(attempts)) {
      expect(attempt).toMatchObject({ class: 'accepted', status: 200, excerpt: 'ok' });
    }
  });

  it('keeps what looks like `100 Continue` within the answer, on every request of a connection', async () => {
    const answer = (socket: Socket) => {
      socket.setNoDelay(true);
      socket.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n');
      setTimeout(() => socket.write('HTTP/1.1 100 Continue\r\n\r\n'), 100);
    };
    const server = await listen((socket) => {
      answer(socket);
      socket.on('data', (text) => {
        if (String(text).startsWith('POST')) answer(socket);
      });
    });
    const sender = client(server.url, 10_000, 1);
    for (const _ of ['first', 'second']) {
      expect(await sender.send(GUID, BODY)).toMatchObject({ status: 200, excerpt: 'HTTP/1.1 100 Continue\r\n\r\n' });
    }
    await server.close();
  });

  it.each([
    ['100 Continue', 'cut', 'connection_cut'],
    ['100 Continue', 'hang', 'timeout'],
    ['102 Processing\r\nRetry-After: 100', 'hang', 'timeout'],
    ['103 Early Hints', 'cut', 'connection_cut'],
  ])('behind whose %j nothing follows (%s) has no answer: %s', async (interim, how, error) => {
    const server = await listen((socket) => {
      socket.write(`HTTP/1.1 ${interim}\r\n\r\n`);
      if (how === 'cut') socket.end();
    });
    const attempt = await client(server.url, how === 'cut' ? 10_000 : 500).send(GUID, BODY);
    expect(attempt).toMatchObject({ class: 'retry', flags: 'unknown', status: null, error, retryAfterMs: null });
    await server.close();
  });

  it('goes by the first of several headers of one name', async () => {
    const twice = await listen((socket) =>
      socket.end('HTTP/1.1 503 Busy\r\nRetry-After: 5\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n'),
    );
    expect(await client(twice.url).send(GUID, BODY)).toMatchObject({ error: 'http_503', retryAfterMs: 5000 });
    await twice.close();
  });

  it.each([
    ['Mon, 23 Nov 2026 12:00:00 GMT', 'Mon, 23 Nov 2026 12:02:00 GMT', 120_000],
    ['Monday, 23-Nov-26 12:00:00 GMT', 'Mon Nov 23 12:00:30 2026', 30_000],
    ['Mon, 23 Nov 2026 12:02:00 GMT', 'Mon, 23 Nov 2026 12:00:00 GMT', null],
    ['today', 'Mon, 23 Nov 2026 12:02:00 GMT', null],
  ])('answered at %s waits until %s by the clock of who answered, not by ours: %j', async (date, until, wait) => {
    const busy = await listen((socket) =>
      socket.end(`HTTP/1.1 503 Busy\r\nDate: ${date}\r\nRetry-After: ${until}\r\nContent-Length: 0\r\n\r\n`),
    );
    const sender = createAscent360Client({
      baseUrl: busy.url,
      timeoutMs: 5_000,
      connections: 1,
      now: () => Date.UTC(2026, 10, 23, 12, 10),
    });
    clients.push(sender);
    expect(await sender.send(GUID, BODY)).toMatchObject({ error: 'http_503', retryAfterMs: wait });
    await busy.close();
  });

  it('closes the connection if it gives up, and the next attempt gets another', async () => {
    const posted: string[] = [];
    let closed = 0;
    const silent = await listen((socket, text) => {
      posted.push(text);
      socket.on('close', () => closed++);
      if (text.includes('second')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
    const sender = client(silent.url, 500, 1);
    expect(await sender.send(GUID, bodyOf('json', { FirstName: 'first' }))).toMatchObject({ error: 'timeout' });
    await until('its connection is closed', async () => (closed > 0 ? true : undefined));
    expect(await sender.send(GUID, bodyOf('json', { FirstName: 'second' }))).toMatchObject({ class: 'accepted' });
    expect(posted.map((text) => /first|second/.exec(text)?.[0])).toEqual(['first', 'second']);
    expect(posted[0]).toMatch(/^accept: \*\/\*\r$/im);
    // Firewalls refuse those who don't say what they are.
    expect(posted[0]).toMatch(/^user-agent: ascent360-connector\r$/im);
    await silent.close();
  });

  it('isn’t made once its time is over, however late its turn comes: a newer choice may have left since', async () => {
    const posted: string[] = [];
    const server = await listen((socket, text) => {
      posted.push(text);
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
    const local: LookupAddress[] = [{ address: '127.0.0.1', family: 4 }];
    let find: (() => void) | undefined;
    const sender = createAscent360Client({
      baseUrl: server.url.replace('127.0.0.1', 'receiver.test'),
      timeoutMs: 1_000,
      connections: 1,
      lookup: (_host, _options, done) => {
        if (find) done(null, local);
        else find = () => done(null, local);
      },
    });
    clients.push(sender);
    expect(await sender.send(GUID, bodyOf('json', { FirstName: 'first' }))).toMatchObject({ error: 'timeout' });
    const second = sender.send(GUID, bodyOf('json', { FirstName: 'second' }));
    find?.();
    expect(await second).toMatchObject({ class: 'accepted' });
    expect(posted.map((text) => /first|second/.exec(text)?.[0])).toEqual(['second']);
    await server.close();
  });

  it('takes an answer that arrived in time, although this process stood still until after the deadline', async () => {
    const prompt = await listen((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      standStill(400);
    });
    expect(await client(prompt.url, 200).send(GUID, BODY)).toMatchObject({ class: 'accepted', flags: 'accepted' });
    await prompt.close();
  });

  it('reads no more of an answer that is too long: it closes the connection', async () => {
    let closed = false;
    const endless = await listen((socket) => {
      socket.on('close', () => {
        closed = true;
      });
      socket.write(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n${'x'.repeat(16_384)}`);
    });
    // Far from its deadline.
    expect(await client(endless.url, 100_000).send(GUID, BODY)).toMatchObject({ class: 'accepted' });
    await until('the connection is closed', async () => (closed ? true : undefined));
    await endless.close();
  });

  it('reads an answer without its byte order mark', async () => {
    fake.behave({ status: 400, answer: '\uFEFFEmail is \uFEFF missing' });
    expect(await client(fake.url).send(GUID, BODY)).toMatchObject({ excerpt: 'Email is \uFEFF missing' });
  });

  it.each([
    ['least', 'utf16le'],
    ['most', 'utf16be'],
  ])('reads an answer in UTF-16, its %s significant byte first, and knows a page in it', async (_, charset) => {
    const page = Buffer.from('\uFEFF<!DOCTYPE html><p>Wartung für heute', 'utf16le');
    const body = charset === 'utf16le' ? page : page.swap16();
    const server = await listen((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
      socket.end(body);
    });
    const attempt = await client(server.url).send(GUID, BODY);
    expect(attempt).toMatchObject({ error: 'html_page', excerpt: '<!DOCTYPE html><p>Wartung für heute' });
    await server.close();
  });

  const PAGE = `<!DOCTYPE html><p>${'Maintenance. '.repeat(50)}`;
  it.each([
    ['gzip', gzipSync(PAGE), { error: 'html_page', excerpt: PAGE }],
    ['GZIP', gzipSync('Email is missing'), { class: 'accepted', excerpt: 'Email is missing' }],
    ['deflate', deflateSync(PAGE), { error: 'html_page', excerpt: PAGE }],
    ['br', brotliCompressSync(PAGE), { error: 'html_page', excerpt: PAGE }],
    ['gzip', gzipSync(randomBytes(20_000).toString('hex').padStart(60_000, '<html>')), { error: 'html_page' }],
    ['gzip', gzipSync('<html>'.repeat(2_500_000)), { error: 'html_page' }],
    [
      'br',
      brotliCompressSync('{}'.repeat(20_000_000)),
      { class: 'accepted', excerpt: expect.not.stringContaining('{}') },
    ],
    ['x-gzip', gzipSync(PAGE), { error: 'html_page', excerpt: PAGE }],
    ['zstd', zstdCompressSync(PAGE), { error: 'html_page', excerpt: PAGE }],
    ['zstd\r\nContent-Type: text/html', zstdCompressSync(randomBytes(20_000).toString('hex')), { error: 'html_page' }],
    ['deflate', deflateRawSync(PAGE), { error: 'html_page', excerpt: PAGE }],
    ['deflate, gzip', gzipSync(deflateSync(PAGE)), { error: 'html_page', excerpt: PAGE }],
    ['identity, gzip', gzipSync(PAGE), { error: 'html_page', excerpt: PAGE }],
    ['gzip\r\nContent-Encoding: br', brotliCompressSync(gzipSync(PAGE)), { error: 'html_page', excerpt: PAGE }],
    ['gzip', Buffer.from('OK'), { class: 'accepted', excerpt: 'OK' }],
    ['snappy', Buffer.from('OK'), { class: 'accepted', excerpt: 'OK' }],
  ])('reads an answer compressed with %s, though it asks for none: %#', async (encoding, body, expected) => {
    let asked = '';
    const server = await listen((socket, text) => {
      asked = text;
      socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: ${encoding}\r\nContent-Length: ${body.length}\r\n\r\n`);
      socket.end(body);
    });
    expect(await client(server.url).send(GUID, BODY)).toMatchObject(expected);
    expect(asked).toMatch(/^accept-encoding: identity\r$/im);
    await server.close();
  });

  it('shares no connection with another that is under way', async () => {
    fake.behave({ delayMs: 100 });
    const sender = client(fake.url, 5_000, 1);
    const attempts = [sender.send(GUID, BODY), sender.send(GUID, BODY)];
    await attempts[0];
    const [first, second] = await Promise.all(attempts);
    expect(fake.received).toHaveLength(2);
    expect([first?.class, second?.class]).toEqual(['accepted', 'accepted']);
    // The second was sent only when the first was answered.
    const [one, two] = fake.received;
    expect((two?.at ?? 0) - (one?.at ?? 0)).toBeGreaterThanOrEqual(95);
  });

  it('doesn’t follow a redirect to another host', async () => {
    const elsewhere = await startAscent360();
    fake.behave({ mode: 'redirect', location: `${elsewhere.url}/V1/Data/${GUID}` });
    const attempt = await client(fake.url).send(GUID, BODY);
    expect(attempt).toMatchObject({ class: 'connection_problem', flags: 'unknown', error: 'http_302' });
    expect(elsewhere.received).toEqual([]);
    await elsewhere.close();
  });

  it.each([
    ['never answers', 'hang' as const, null],
    ['drips one byte per second', 'drip' as const, 200],
    ['answers too late', { delayMs: 30_000 }, null],
  ])('ends at its deadline if the receiver %s', async (_, behaviour, status) => {
    fake.behave(behaviour);
    const attempt = await client(fake.url, 1_000).send(GUID, BODY);
    expect(attempt).toMatchObject({ class: 'retry', flags: 'unknown', error: 'timeout', status });
    expect(attempt.ms).toBeGreaterThanOrEqual(990);
    expect(attempt.ms).toBeLessThan(20_000);
    expect(fake.received[0]?.taken).toBe(true);
  });

  it('reads at most 16 kB of an answer and still judges it by its status', async () => {
    const endless = await listen((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n');
      socket.write('x'.repeat(40_000));
    });
    const attempt = await client(endless.url, 3_000).send(GUID, BODY);
    expect(attempt).toMatchObject({ class: 'accepted', status: 200 });
    expect(attempt.excerpt).toBe('x'.repeat(2_000));
    await endless.close();
  });

  it('never shows the GUID, even if an answer echoes it', async () => {
    fake.behave({ status: 400, answer: `No ${GUID} or ${GUID.toUpperCase()} or ${GUID.replaceAll('-', '')} here` });
    const attempt = await client(fake.url).send(GUID, BODY);
    expect(attempt.excerpt).toBe('No {GUID} or {GUID} or {GUID} here');
    expect(JSON.stringify(attempt).toLowerCase()).not.toContain('0b7e5c1a');
    // Where the excerpt ends in the middle of it, too.
    fake.behave({ status: 400, answer: 'x'.repeat(1990) + GUID });
    expect((await client(fake.url).send(GUID, BODY)).excerpt).toBe(`${'x'.repeat(1990)}{GUID}`);
  });

  it('works again after failures, and fails without throwing once the client is closed', async () => {
    fake.behave(['reset', 'cut', { status: 500 }]);
    const sender = client(fake.url);
    const classes = [];
    for (let n = 0; n < 4; n += 1) classes.push((await sender.send(GUID, BODY)).class);
    expect(classes).toEqual(['retry', 'retry', 'retry', 'accepted']);
    await sender.close();
    expect(await sender.send(GUID, BODY)).toMatchObject({ class: 'retry', status: null });
  });

  it('never exceeds the maximum of connections', async () => {
    let open = 0;
    let most = 0;
    const slow = await listen((socket) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      }, 50);
    });
    const sender = client(slow.url, 5_000, 2);
    const attempts = await Promise.all(Array.from({ length: 8 }, () => sender.send(GUID, BODY)));
    expect(attempts.map((attempt) => attempt.class)).toEqual(Array(8).fill('accepted'));
    expect(most).toBe(2);
    await slow.close();
  });
});

describe('a failure before the request was sent is named, and its flags were not taken', () => {
  it('connection refused', async () => {
    const gone = await startAscent360();
    await gone.close();
    expect(await client(gone.url).send(GUID, BODY)).toMatchObject({
      class: 'retry',
      flags: 'refused',
      error: 'connection_refused',
      status: null,
    });
  });

  it('an unknown name', async () => {
    const attempt = await client('https://nothing.invalid').send(GUID, BODY);
    expect(attempt).toMatchObject({ class: 'retry', flags: 'refused', status: null });
    // Which DNS failure it is depends on the machine's name server, if it has one.
    expect(attempt.text.code).toMatch(/^detail\.dns_/);
  });

  it('a name that isn’t found, looked up once for all connections: two threads look up every name there is', async () => {
    const asked: Parameters<LookupFunction>[2][] = [];
    const sender = createAscent360Client({
      baseUrl: `http://receiver.test:${fake.port}`,
      timeoutMs: 5_000,
      connections: 5,
      lookup: (_host, _options, done) => void asked.push(done),
    });
    clients.push(sender);
    const sendThree = async () => await Promise.all([1, 2, 3].map(async () => await sender.send(GUID, BODY)));
    const failing = sendThree();
    await until('the name is asked for', async () => asked[0]);
    asked[0]?.(Object.assign(new Error('No answer'), { code: 'EAI_AGAIN' }), []);
    const failed = { class: 'retry', flags: 'refused', error: 'dns_failed' };
    expect(await failing).toMatchObject([failed, failed, failed]);
    const sending = sendThree();
    await until('the name is asked for again', async () => asked[1]);
    asked[1]?.(null, [{ address: '127.0.0.1', family: 4 }]);
    expect((await sending).map(({ error }) => error)).toEqual([null, null, null]);
    expect(asked).toHaveLength(2);
  });

  const day = 86_400_000;
  const past = new Date(Date.now() - 10 * day);
  const yesterday = new Date(Date.now() - day);
  const future = new Date(Date.now() + 10 * day);
  it.each([
    ['self-signed', { host: '127.0.0.1', from: past, to: future }, false, 'tls_self_signed'],
    ['expired', { host: '127.0.0.1', from: past, to: yesterday }, true, 'tls_certificate_expired'],
    ['not yet valid', { host: '127.0.0.1', from: future, to: future }, true, 'tls_certificate_not_yet_valid'],
    ['issued for another host', { host: 'other.example', from: past, to: future }, true, 'tls_wrong_host'],
  ])('a certificate that is %s', async (_, made, trusted, error) => {
    const { attempt, received } = await sendOverTls(made, trusted);
    expect(attempt).toMatchObject({ class: 'retry', flags: 'refused', error, status: null });
    expect(received).toBe(0);
  });

  it('a good certificate is accepted', async () => {
    const { attempt, received } = await sendOverTls({ host: '127.0.0.1', from: past, to: future }, true);
    expect(attempt).toMatchObject({ class: 'accepted', error: null });
    expect(received).toBe(1);
  });
});

describe('an answer that can’t be read counts as unknown', () => {
  it('from a port that doesn’t speak TLS', async () => {
    const attempt = await client(fake.url.replace('http:', 'https:')).send(GUID, BODY);
    expect(attempt).toMatchObject({ class: 'retry', flags: 'unknown', error: 'tls_failed' });
  });

  it('from a port that doesn’t speak HTTP', async () => {
    const odd = await listen((socket) => socket.end('220 mail ready\r\n'));
    const attempt = await client(odd.url).send(GUID, BODY);
    expect(attempt).toMatchObject({ class: 'retry', flags: 'unknown', error: 'invalid_answer' });
    await odd.close();
  });
});

async function sendOverTls(made: { host: string; from: Date; to: Date }, trusted: boolean) {
  const certificate = selfSignedCertificate(made);
  const secure = await startAscent360({ tls: certificate });
  const before = getCACertificates('default');
  if (trusted) setDefaultCACertificates([...before, certificate.cert]);
  try {
    const attempt = await client(secure.url).send(GUID, BODY);
    return { attempt, received: secure.received.length };
  } finally {
    setDefaultCACertificates(before);
    await secure.close();
  }
}

/** As when the machine is too busy for this process, or it is stopped. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

async function listen(
  onRequest: (socket: Socket, text: string) => void,
): Promise<{ url: string; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('data', (text) => onRequest(socket, String(text)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Not listening');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
