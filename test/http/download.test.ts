import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import express, { type ErrorRequestHandler, type Express } from 'express';
import { afterEach, describe, expect, it } from 'vitest';
import { download } from '../../server/http/download.ts';

let server: Server | null = null;
/** What the app's error handler was given, which logs it. */
let thrown: string[] = [];
/** When the route is through. */
let closed: Promise<void> = Promise.resolve();
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Serves the chunks as `/file`, and returns the answer as soon as its headers are there. */
async function served(pieces: () => AsyncGenerator<string>): Promise<IncomingMessage> {
  const app: Express = express();
  app.get('/file', async (_req, res) => {
    const done = download(res, { name: 'all.json', type: 'json' }, pieces());
    closed = done.catch(() => {});
    await done;
  });
  thrown = [];
  app.use(((error: Error, _req, res, _next) => {
    thrown.push(error.message);
    if (res.headersSent) res.destroy();
    else res.sendStatus(500);
  }) satisfies ErrorRequestHandler);
  server = createServer(app).listen(0);
  await once(server, 'listening');
  const address = server.address();
  const request = get({ port: typeof address === 'object' ? address?.port : 0, path: '/file' });
  const [answer] = await once(request, 'response');
  return answer;
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer) text += chunk;
  return text;
}

describe('a file generated while it is downloaded', () => {
  it('arrives complete, as an attachment that nothing on the way caches', async () => {
    const answer = await served(async function* () {
      for (let i = 0; i < 100; i++) yield 'x'.repeat(10_000);
    });
    expect(answer.headers).toMatchObject({
      'content-disposition': 'attachment; filename="all.json"',
      'cache-control': 'no-store',
      'content-type': 'application/json; charset=utf-8',
    });
    expect(await textOf(answer)).toHaveLength(1_000_000);
  });

  it('is not generated any further once the client has gone, which is no error of ours', async () => {
    const { promise: end, resolve: ended } = Promise.withResolvers<void>();
    const answer = await served(async function* () {
      try {
        for (;;) yield 'x'.repeat(100_000);
      } finally {
        ended();
      }
    });
    await once(answer, 'data');
    answer.destroy();
    await end;
    await closed;
    expect(thrown).toEqual([]);
  });

  it('breaks off if it cannot be finished, so that half of it doesn’t pass for the whole, and the error is not lost', async () => {
    const answer = await served(async function* () {
      yield 'half';
      await new Promise((resolve) => setTimeout(resolve, 10));
      throw new Error('the database went away');
    });
    await expect(textOf(answer)).rejects.toThrow('aborted');
    await expect.poll(() => thrown).toEqual(['the database went away']);
  });

  it('gives an ordinary error if not even its beginning can be generated', async () => {
    const answer = await served(async function* () {
      yield await Promise.reject<string>(new Error('the database is away'));
    });
    expect(answer.statusCode).toBe(500);
    answer.destroy();
  });
});
