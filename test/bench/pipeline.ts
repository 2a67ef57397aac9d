import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { insertEvents } from '../../server/store/events/insert-events.ts';
import type { Shop } from '../../server/store/shops/shops.ts';
import { cutOrderBody } from './order-body.ts';
import { type AppDatabase, ask, type Server } from './world.ts';

const AT_ONCE = 100;

/** For a worker whose events have to wait until they are released: its sweep would find them. */
export const NO_SWEEP = { SWEEP_INTERVAL: '12h' };

/**
 * Stores `count` orders of different people as the app's inbox does; a worker with NO_SWEEP doesn't
 * notice them.
 */
export async function hold(app: AppDatabase, shops: readonly Shop[], count: number, first: number): Promise<void> {
  const at = Date.now();
  for (let done = 0; done < count; done += AT_ONCE) {
    const events = Array.from({ length: Math.min(AT_ONCE, count - done) }, (_, i) => {
      const shop = shops[(done + i) % shops.length];
      if (!shop) throw new Error('No shop');
      return {
        shop,
        source: 'webhook' as const,
        webhookId: randomUUID(),
        topic: 'orders/create',
        apiVersion: '2026-10',
        triggeredAt: at,
        receivedAt: at,
        body: cutOrderBody(first + done + i, new Date(at)),
      };
    });
    await insertEvents(app.db, events);
  }
  await app.db.query('VACUUM ANALYZE events');
}

/**
 * Wakes the shops whose events were held back and waits until all of them are accepted. @returns
 * seconds until the last one was recorded as accepted
 */
export async function release(
  app: AppDatabase,
  shops: readonly Shop[],
  { count, receiver }: { count: number; receiver: Server },
): Promise<number> {
  // Asks the receiver, which costs the database nothing, and at the end the smallest of its
  // indexes.
  const taken = async () => await ask<number>(receiver, 'taken');
  const isOver = async () => {
    const [row] = await app.db.query<{ over: boolean }>(
      `SELECT NOT EXISTS (SELECT 1 FROM deliveries WHERE lease_until IS NOT NULL)
         AND NOT EXISTS (SELECT 1 FROM events WHERE state = 'received') AS over`,
    );
    return row?.over ?? false;
  };
  const before = await taken();
  const began = performance.now();
  for (const shop of shops) app.queue.wake(shop.id);
  for (;;) {
    const done = (await taken()) - before;
    const over = done >= count && (await isOver());
    const ms = performance.now() - began;
    if (over) return ms / 1000;
    if (ms > 300_000) throw new Error(`Only ${done} of ${count} events were taken within 5 minutes`);
    await wait(done < count * 0.9 ? 100 : 10);
  }
}
