/**
 * The straightforward ways to deliver, for comparison: each of 50 loops claims one row, posts it
 * and marks it. `plain` posts the order as it arrived: no translation, no ledger, no record of the
 * attempt. `honest` also parses the order, builds a payload from it and records the attempt. Usage:
 * straight-worker.ts <port> <database> <receiver> plain|honest
 */
import pg from 'pg';
import { Pool } from 'undici';
import { mapOrder } from './map-order.ts';

const [, databaseUrl, receiverUrl = '', how] = process.argv.slice(2);
const isHonest = how === 'honest';
const CONCURRENCY = 50;
const pool = new pg.Pool({ connectionString: databaseUrl, max: 20 });
const receiver = new Pool(receiverUrl, { connections: CONCURRENCY });

async function mark(id: string, status: number, ms: number): Promise<void> {
  const state = status < 300 ? 'accepted' : 'failed';
  // The attempt is part of the marking statement: one commit for both.
  if (isHonest) {
    await pool.query(
      `WITH attempt AS (INSERT INTO job_attempts (job_id, at, status, ms) VALUES ($1, now(), $3, $4))
       UPDATE jobs SET state = $2, settled_at = now() WHERE id = $1`,
      [id, state, status, Math.round(ms)],
    );
  } else await pool.query(`UPDATE jobs SET state = $2, settled_at = now() WHERE id = $1`, [id, state]);
}

async function loop(): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ id: string; guid: string; body: string }>(
      `UPDATE jobs SET state = 'sending', claimed_at = now() WHERE id =
         (SELECT id FROM jobs WHERE state = 'waiting' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, guid, body`,
    );
    const [job] = rows;
    if (!job) return;
    const began = performance.now();
    const { statusCode, body } = await receiver.request({
      method: 'POST',
      path: `/V1/Data/${job.guid}`,
      headers: { 'content-type': 'application/json' },
      body: isHonest ? mapOrder(job.body) : job.body,
    });
    await body.text();
    await mark(job.id, statusCode, performance.now() - began);
  }
}

process.on('message', () => {
  const began = performance.now();
  void Promise.all(Array.from({ length: CONCURRENCY }, loop)).then(() =>
    process.send?.((performance.now() - began) / 1000),
  );
});
process.send?.('ready');
process.on('disconnect', () => process.exit());
