/**
 * A stand-in for `https://{shop}/admin/…`: the app's calls come here when SHOPIFY_ADMIN_ORIGIN names it, with the shop in
 * `X-Forwarded-Host`. It exchanges ID tokens for expiring offline tokens
 * (https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/token-exchange) and answers 501 to GraphQL.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';

export type AdminCall = { shop: string | null; method: string; path: string; body: string };

export type FakeShopifyAdmin = {
  /** For SHOPIFY_ADMIN_ORIGIN. */
  url: string;
  /** What came, oldest first. */
  calls: AdminCall[];
  close(): Promise<void>;
};

type Answer = { status: number; body: object };

const HOUR = 3600;
const SCOPE = 'read_customers,read_orders,read_customer_merge';

const token = (kind: 'shpat' | 'shprt') => `${kind}_${randomBytes(16).toString('hex')}`;

/** Form-encoded or JSON: Shopify takes both. */
function readParameters(contentType: string, body: string): URLSearchParams {
  if (!contentType.includes('json')) return new URLSearchParams(body);
  const parsed: unknown = JSON.parse(body);
  const entries = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [];
  return new URLSearchParams(entries.map(([key, value]) => [key, String(value)]));
}

/** An exchange and a refresh answer the same: a new pair. */
function accessToken(contentType: string, body: string): Answer {
  const asked = readParameters(contentType, body);
  const exchange = asked.get('grant_type') === 'urn:ietf:params:oauth:grant-type:token-exchange';
  const given = asked.get(exchange ? 'subject_token' : 'refresh_token');
  if (!given || (!exchange && asked.get('grant_type') !== 'refresh_token')) {
    return { status: 400, body: { error: 'invalid_subject_token' } };
  }
  return {
    status: 200,
    body: {
      access_token: token('shpat'),
      scope: SCOPE,
      expires_in: HOUR,
      refresh_token: token('shprt'),
      refresh_token_expires_in: 90 * 24 * HOUR,
    },
  };
}

function answer(method: string, path: string, contentType: string, body: string): Answer {
  if (method === 'POST' && path === '/admin/oauth/access_token') return accessToken(contentType, body);
  if (method === 'POST' && /^\/admin\/api\/[^/]+\/graphql\.json$/.test(path)) {
    return { status: 501, body: { errors: 'The stand-in has no GraphQL yet' } };
  }
  return { status: 404, body: { errors: 'Not Found' } };
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

export async function startShopifyAdmin(): Promise<FakeShopifyAdmin> {
  const calls: AdminCall[] = [];
  const server = createServer((request, response) => {
    readText(request)
      .then((body) => {
        const { method = '', url = '', headers } = request;
        const path = url.replace(/\?.*$/, '');
        calls.push({ shop: String(headers['x-forwarded-host'] ?? '') || null, method, path, body });
        const { status, body: answered } = answer(method, path, headers['content-type'] ?? '', body);
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answered));
      })
      .catch(() => response.writeHead(400).end());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Not listening on a port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls,
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
