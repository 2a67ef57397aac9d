/**
 * The straightforward way to receive webhooks, for comparison: express, HMAC, a session lookup, the
 * body parsed, one INSERT per request on a pool of 20.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import express from 'express';
import pg from 'pg';

const [port, databaseUrl, secret = ''] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: databaseUrl, max: 20 });
const app = express();
app.post('/webhooks', express.raw({ type: () => true, limit: '10mb' }), async (req, res) => {
  const body: unknown = req.body;
  if (!Buffer.isBuffer(body)) return void res.status(400).end();
  const expected = createHmac('sha256', secret).update(body).digest();
  const given = Buffer.from(req.get('x-shopify-hmac-sha256') ?? '', 'base64');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return void res.status(401).end();
  const shop = req.get('x-shopify-shop-domain') ?? '';
  const { rows } = await pool.query('SELECT * FROM sessions WHERE id = $1', [`offline_${shop}`]);
  if (rows.length === 0) return void res.status(404).end();
  const order: { id?: unknown } = JSON.parse(body.toString('utf8'));
  await pool.query(
    `INSERT INTO webhooks (webhook_id, shop, topic, object_id, body) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
    [req.get('x-shopify-webhook-id'), shop, req.get('x-shopify-topic'), String(order.id), body.toString('utf8')],
  );
  res.status(200).end();
});
app.listen(Number(port), '127.0.0.1', () => process.send?.('ready'));
process.on('disconnect', () => process.exit());
