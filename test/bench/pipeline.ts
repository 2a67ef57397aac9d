import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { createInbox } from '../../server/store/events/inbox.ts';
import type { Shop } from '../../server/store/shops/shops.ts';
import { orderBody } from './order-body.ts';
import type { AppDatabase } from './world.ts';

/** More at once would wait longer than the inbox lets anything wait. */
const AT_ONCE = 500;

/** Stores `count` orders of different people through the app's own inbox, held back from the worker under a state of their own. */
export async function hold(app: AppDatabase, shops: readonly Shop[], count: number, first: number): Promise<void> {
  // From the very insert on, or a sweep would find some of them before the clock starts.
  await app.db.query(
    `CREATE OR REPLACE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.state := 'held'; RETURN NEW; END $$`,
  );
  await app.db.query(
    `CREATE OR REPLACE TRIGGER hold BEFORE INSERT ON events FOR EACH ROW WHEN (NEW.state = 'received') EXECUTE FUNCTION hold()`,
  );
  const inbox = createInbox(app.db);
  const at = Date.now();
  for (let done = 0; done < count; done += AT_ONCE) {
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - done) }, async (_, i) => {
        const shop = shops[(done + i) % shops.length];
        if (!shop) throw new Error('No shop');
        await inbox.store({
          shop,
          webhookId: randomUUID(),
          topic: 'orders/create',
          shopifyEventId: null,
          apiVersion: '2026-10',
          triggeredAt: at,
          receivedAt: at,
          body: orderBody(first + done + i, new Date(at)),
        });
      }),
    );
  }
  await app.db.query('VACUUM ANALYZE events');
}

/**
 * Lets go what was held and waits until all of it is accepted.
 * @returns seconds from the commit that let it go to the last one recorded as accepted
 */
export async function release(app: AppDatabase, shops: readonly Shop[], count: number): Promise<number> {
  // Recorded in the same transaction as the event's end, and a small table beside a large backlog of events.
  const accepted = async () => {
    const [row] = await app.db.query<{ n: number }>(`SELECT count(*) AS n FROM attempts WHERE class = 'accepted'`);
    return row?.n ?? 0;
  };
  const before = await accepted();
  await app.db.query(`UPDATE events SET state = 'received' WHERE state = 'held'`);
  const began = performance.now();
  for (const shop of shops) app.queue.wake(shop.id);
  for (let done = 0; ; ) {
    // Closely towards the end: all the time it would cost more than it tells.
    await wait(done < count * 0.9 ? 100 : 10);
    done = (await accepted()) - before;
    const ms = performance.now() - began;
    if (done >= count) return ms / 1000;
    if (ms > 300_000) throw new Error(`Only ${done} of ${count} events were accepted within 5 minutes`);
  }
}
