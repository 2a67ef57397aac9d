/**
 * The straight way to deliver, which the app is compared with: each of 50 loops claims one row, posts it and marks it. No
 * translation, no ledger, no record of the attempt.
 */
import pg from 'pg';
import { Pool } from 'undici';

const [, databaseUrl, receiverUrl = ''] = process.argv.slice(2);
const CONCURRENCY = 50;
const pool = new pg.Pool({ connectionString: databaseUrl, max: 20 });
const receiver = new Pool(receiverUrl, { connections: CONCURRENCY });

async function loop(): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ id: string; guid: string; body: string }>(
      `UPDATE jobs SET state = 'sending', claimed_at = now() WHERE id =
         (SELECT id FROM jobs WHERE state = 'waiting' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, guid, body`,
    );
    const [job] = rows;
    if (!job) return;
    const { statusCode, body } = await receiver.request({
      method: 'POST',
      path: `/V1/Data/${job.guid}`,
      headers: { 'content-type': 'application/json' },
      body: job.body,
    });
    await body.text();
    const state = statusCode < 300 ? 'accepted' : 'failed';
    await pool.query(`UPDATE jobs SET state = $2, settled_at = now() WHERE id = $1`, [job.id, state]);
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
