import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { call, download } from '../../app/api.ts';

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('window', { shopify: { idToken: async () => 'token' }, setTimeout, clearTimeout });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Never answers, and ends like the browser's once it is aborted. */
const silent = async (_url: string, { signal }: RequestInit) =>
  await new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason));
  });

it('a question to the server that gets no answer fails after 20 seconds, so that no page loads for ever', async () => {
  vi.stubGlobal('fetch', silent);
  const failed = vi.fn();
  call('GET', '/overview').catch(failed);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(failed).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ kind: 'offline' }));
});

it('and so it does if the answer begins and then never ends', async () => {
  vi.stubGlobal('fetch', async (url: string, options: RequestInit) => ({
    ok: true,
    status: 200,
    json: async () => await silent(url, options),
  }));
  const failed = vi.fn();
  call('GET', '/overview').catch(failed);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(failed).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ kind: 'offline' }));
});

it('a page that is left gives up its question as left, not as failed', async () => {
  vi.stubGlobal('fetch', silent);
  const leaving = new AbortController();
  const failed = vi.fn();
  call('GET', '/overview', { signal: leaving.signal }).catch(failed);
  await vi.advanceTimersByTimeAsync(1000);
  leaving.abort();
  await vi.advanceTimersByTimeAsync(0);
  expect(failed).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ name: 'AbortError' }));
});

it('an address of a page that names what can’t be is not found: nothing was to be saved there', async () => {
  vi.stubGlobal('fetch', async () => new Response(JSON.stringify({ errors: [] }), { status: 422 }));
  await expect(call('GET', '/activity?state=none')).rejects.toMatchObject({ kind: 'missing' });
  await expect(call('PUT', '/settings', { body: {} })).rejects.toMatchObject({ kind: 'refused' });
});

it.each([
  [401, 'token'],
  [404, 'missing'],
  [409, 'conflict'],
  [422, 'refused'],
  [429, 'too_many'],
  [500, 'server'],
  [503, 'server'],
  [418, 'server'],
])('an answer with status %i is %s, with the faults that are in our words', async (status, kind) => {
  const fault = { field: 'a', message: 'x', text: { code: 'fault.json' } };
  const body = JSON.stringify({ errors: [fault, { message: 'of a proxy' }] });
  vi.stubGlobal('fetch', async () => new Response(body, { status }));
  await expect(call('POST', '/imports', { body: {} })).rejects.toMatchObject({ kind, status, faults: [fault] });
  vi.stubGlobal('fetch', async () => new Response('<html>', { status }));
  await expect(call('POST', '/imports', { body: {} })).rejects.toMatchObject({
    kind,
    status,
    faults: [],
    message: kind,
  });
});

it('a call has a token, and one that Shopify’s header asks for is tried again with another, once', async () => {
  const tokens = ['old', 'new', 'none'];
  vi.stubGlobal('window', { shopify: { idToken: async () => tokens.shift() }, setTimeout, clearTimeout });
  const calls: [string, RequestInit | undefined][] = [];
  const refused = { status: 401, headers: { 'X-Shopify-Retry-Invalid-Session-Request': '1' } };
  vi.stubGlobal('fetch', async (url: string, options?: RequestInit) => {
    calls.push([url, options]);
    return new Response('{}', refused);
  });
  await expect(call('PUT', '/settings', { body: { paused: true } })).rejects.toMatchObject({ kind: 'token' });
  const sent = { method: 'PUT', body: '{"paused":true}' };
  const headers = (token: string) => ({ authorization: `Bearer ${token}`, 'content-type': 'application/json' });
  expect(calls).toEqual([
    ['/api/settings', { ...sent, headers: headers('old') }],
    ['/api/settings', { ...sent, headers: headers('new') }],
  ]);
});

it('a refusal that a new token would not change is not tried again', async () => {
  const asked = vi.fn(async () => new Response('{}', { status: 401 }));
  vi.stubGlobal('fetch', asked);
  await expect(call('POST', '/imports')).rejects.toMatchObject({ kind: 'token' });
  expect(asked).toHaveBeenCalledOnce();
});

it('what changes something waits as long as it takes: given up, nobody would know whether it happened', async () => {
  vi.stubGlobal('fetch', silent);
  const failed = vi.fn();
  call('POST', '/imports', { body: {} }).catch(failed);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(failed).not.toHaveBeenCalled();
});

/** A file of which a piece arrives every 15 seconds, and none after these; ends as the browser's once it is aborted. */
const slowFile = (pieces: number, isComplete: boolean) => async (_url: string, options: RequestInit) => {
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    start: (file) => options.signal?.addEventListener('abort', () => file.error(options.signal?.reason)),
    pull: async (file) => {
      if (sent === pieces && !isComplete) await new Promise<never>(() => {});
      if (sent === pieces) return file.close();
      await new Promise((passed) => setTimeout(passed, 15_000));
      sent += 1;
      file.enqueue(new TextEncoder().encode('piece '));
    },
  });
  return new Response(body);
};

it.each([
  ['that takes long as a whole arrives', slowFile(10, true), 160_000, 'saved piece piece piece piece'],
  ['that stops in the middle fails after 20 seconds', slowFile(2, false), 51_000, 'offline'],
  ['that never begins fails after 20 seconds', silent, 20_000, 'offline'],
])('a file %s', async (_, fetched, after, ends) => {
  vi.stubGlobal('fetch', fetched);
  const saved: Blob[] = [];
  vi.spyOn(URL, 'createObjectURL').mockImplementation((file) => {
    if (file instanceof Blob) saved.push(file);
    return 'blob:1';
  });
  vi.stubGlobal('document', { createElement: () => ({ click: () => {} }) });
  const ended = vi.fn();
  download('/activity.csv', 'activity.csv').then(
    async () => ended(`saved ${(await saved[0]?.text())?.slice(0, 23)}`),
    ({ kind }) => ended(kind),
  );
  await vi.advanceTimersByTimeAsync(after);
  await vi.waitFor(() => expect(ended).toHaveBeenCalledExactlyOnceWith(ends));
});

it('a downloaded file can be read for a while after the click, which is when Safari reads it, and is released in the end', async () => {
  vi.stubGlobal('fetch', async () => new Response('file'));
  vi.spyOn(URL, 'createObjectURL').mockReturnValue('blob:1');
  const letGo = vi.spyOn(URL, 'revokeObjectURL').mockReturnValue();
  vi.stubGlobal('document', { createElement: () => ({ click: () => {} }) });
  await download('/activity.csv', 'activity.csv');
  await vi.advanceTimersByTimeAsync(30_000);
  expect(letGo).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(letGo).toHaveBeenCalledExactlyOnceWith('blob:1');
});
