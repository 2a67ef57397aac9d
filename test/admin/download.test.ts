import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AdminError } from '../../server/admin/admin.ts';
import { downloadBulkFile } from '../../server/admin/bulk-download.ts';
import { BulkCustomers, BulkOperation, RunBulkQuery } from '../../server/admin/documents.generated.ts';
import { inlineVariables } from '../../server/admin/inline-variables.ts';
import { createTransport } from '../../server/admin/transport.ts';
import { adminScene } from './scene.ts';

const scene = adminScene(async ({ install, there }) => {
  await install();
  there.bulk.generated = {
    count: 2000,
    line: (index) => JSON.stringify({ id: `gid://shopify/Customer/${index}` }),
  };
  there.bulk.polls = 0;
});

const whole = () => Array.from({ length: 2000 }, (_, i) => `{"id":"gid://shopify/Customer/${i}"}\n`).join('');

async function operation(): Promise<{ operationId: string; url: string }> {
  const query = inlineVariables(BulkCustomers, {});
  const { data } = await scene.admin.run(scene.shop, RunBulkQuery, { query, groupObjects: true });
  const operationId = data.bulkOperationRunQuery?.bulkOperation?.id ?? '';
  const read = await scene.admin.run(scene.shop, BulkOperation, { id: operationId });
  return { operationId, url: read.data.bulkOperation?.url ?? '' };
}
const file = async () => (await operation()).url;

async function read(url: string, from = 0, signal?: AbortSignal): Promise<string> {
  return await textOf(scene.admin.download(url, from, signal));
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks = [];
  for await (const some of bytes) chunks.push(some);
  return Buffer.concat(chunks).toString();
}

describe("a bulk operation's file", () => {
  it('is read completely, without the token', async () => {
    expect(await read(await file())).toBe(whole());
    expect(scene.there.bulk.ranges).toEqual([null]);
  });

  it('can be read from any byte on', async () => {
    expect(await read(await file(), 12_345)).toBe(whole().slice(12_345));
    expect(scene.there.bulk.ranges).toEqual(['bytes=12345-']);
  });

  it('is continued where it was cut, and nothing comes twice', async () => {
    scene.there.bulk.cutAfterBytes = 30_000;
    const url = await file();
    expect(await read(url, 100)).toBe(whole().slice(100));
    const [first, second] = scene.there.bulk.ranges;
    expect(first).toBe('bytes=100-');
    expect(Number(/\d+/.exec(second ?? '')?.[0])).toBeGreaterThan(100);
  });

  it('is continued however often it is cut, as long as each part brings more', async () => {
    const { bulk } = scene.there;
    const url = await file();
    bulk.others = Array.from({ length: 8 }, () => (response: ServerResponse) => {
      const from = Number(/\d+/.exec(bulk.ranges.at(-1) ?? '')?.[0] ?? 0);
      response.writeHead(206).write(whole().slice(from, from + 1000), () => response.destroy());
    });
    expect(await read(url)).toBe(whole());
    expect(bulk.ranges).toHaveLength(9);
  });

  it.each<[string, number, Record<string, string>, string]>([
    ['a page', 200, { 'content-type': 'text/html; charset=utf-8' }, '<!DOCTYPE html>\n<p>Sign in</p>\n'],
    ['another part of it', 206, { 'content-range': 'bytes 0-9/100' }, '{"id":"gid'],
  ])('is not mistaken for %s, and is asked for again', async (_, status, headers, text) => {
    const url = await file();
    scene.there.bulk.others = [(response) => void response.writeHead(status, headers).end(text)];
    expect(await read(url, 100)).toBe(whole().slice(100));
    expect(scene.there.bulk.ranges).toEqual(['bytes=100-', 'bytes=100-']);
  });

  it('is refused once it has expired', async () => {
    const url = await file();
    scene.there.bulk.expired = true;
    const failure = await read(url).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AdminError);
    expect(failure).toMatchObject({ failure: 'refused' });
  });

  it.each([400, 401, 403, 404, 410])('is refused when its address gives %i: it has expired', async (status) => {
    const url = await file();
    scene.there.bulk.others = [(response) => void response.writeHead(status).end()];
    await expect(read(url)).rejects.toMatchObject({ failure: 'refused', why: `status_${status}` });
  });

  it.each<[string, string, number, object]>([
    ['read on at the address that Shopify names then', 'once', 1, { text: whole().slice(100) }],
    ['refused', 'at the address that Shopify names then, too', 2, { failure: 'refused', why: 'status_403' }],
  ])('is %s if its address is refused %s', async (_, _when, times, expected) => {
    const { bulk } = scene.there;
    const known = await operation();
    bulk.others = [
      (response) => void response.writeHead(206).write(whole().slice(100, 1100), () => response.destroy()),
      ...Array.from({ length: times }, () => (response: ServerResponse) => void response.writeHead(403).end()),
    ];
    const asking = { admin: scene.admin, shop: scene.shop, signal: new AbortController().signal };
    const read = textOf(downloadBulkFile(asking, known, 100, Date.now())).then((text) => ({ text }));
    expect(await read.catch((error: unknown) => error)).toMatchObject(expected);
  });

  it.each([429, 500, 503])('is asked for again when its address gives %i', async (status) => {
    const url = await file();
    scene.there.bulk.others = [(response) => void response.writeHead(status).end()];
    expect(await read(url, 100)).toBe(whole().slice(100));
  });

  it('has no more where nothing is left', async () => {
    expect(await read(await file(), whole().length)).toBe('');
    const url = await file();
    scene.there.bulk.others = [(response) => void response.writeHead(416).end()];
    expect(await read(url, whole().length)).toBe('');
    expect(scene.there.bulk.ranges).toHaveLength(2);
  });

  it('is left for later if its server is away', async () => {
    const failure = await read('http://127.0.0.1:9/x.jsonl').catch((error: unknown) => error);
    expect(failure).toMatchObject({ failure: 'later' });
  });

  it('is no longer read once the reader is aborted', async () => {
    const ending = new AbortController();
    ending.abort(new Error('the process stops'));
    await expect(read(await file(), 0, ending.signal)).rejects.toThrow('the process stops');
  });

  it('is fetched over https only, except in tests', async () => {
    await expect(createTransport(undefined).open('http://127.0.0.1:9/x.jsonl')).rejects.toThrow('https');
  });
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

it.each([301, 302, 303, 307, 308])(
  'an answer with %i is not followed: a shop’s token and the app’s secret go to nobody else',
  async (status) => {
    const followed: (string | undefined)[] = [];
    const elsewhere = await serve((req, res) => {
      followed.push(req.url);
      res.end();
    });
    const shopify = await serve((_req, res) => void res.writeHead(status, { location: elsewhere }).end());
    const transport = createTransport(shopify);
    const url = 'https://snow.myshopify.com/admin/api/graphql.json';
    const init = { method: 'POST', headers: { 'x-shopify-access-token': 'shpat_1' }, body: '{"client_secret":"s"}' };
    expect(await transport.ask(url, init)).toMatchObject({ status });
    const opened = await transport.open(url);
    await opened.body?.cancel();
    expect([opened.status, followed]).toEqual([status, []]);
    transport.close();
  },
);
