/**
 * The least that accepts webhooks durably: node:http, HMAC, batched INSERTs. Encrypts nothing and
 * wakes nobody.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import pg from 'pg';

const [port, databaseUrl, secret = ''] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: databaseUrl, max: 20 });
const MAX_ROWS = 200;
const WRITERS = 2;
type Row = { id: string; shop: string; topic: string; body: Buffer; answer(status: number): void };
const waiting: Row[] = [];
let writing = 0;

async function write(): Promise<void> {
  writing++;
  while (waiting.length > 0) {
    const batch = waiting.splice(0, MAX_ROWS);
    const columns = [
      batch.map((r) => r.id),
      batch.map((r) => r.shop),
      batch.map((r) => r.topic),
      batch.map((r) => r.body),
    ];
    const text = `INSERT INTO webhooks (webhook_id, shop, topic, raw)
      SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[]) ON CONFLICT DO NOTHING`;
    const status = await pool.query({ name: 'insert', text, values: columns }).then(
      () => 200,
      () => 503,
    );
    for (const row of batch) row.answer(status);
  }
  writing--;
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
    const answer = (status: number) => response.writeHead(status, { 'content-length': 0 }).end();
    const expected = createHmac('sha256', secret).update(body).digest();
    const header = (name: string) => String(request.headers[name] ?? '');
    const given = Buffer.from(header('x-shopify-hmac-sha256'), 'base64');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return void answer(401);
    waiting.push({
      id: header('x-shopify-webhook-id'),
      shop: header('x-shopify-shop-domain'),
      topic: header('x-shopify-topic'),
      body,
      answer,
    });
    if (writing < WRITERS) setImmediate(() => void (writing < WRITERS && write()));
  });
});
server.listen(Number(port), '127.0.0.1', () => process.send?.('ready'));
process.on('disconnect', () => process.exit());
