/**
 * Whoever just bought something is read before what can wait, comparisons and imports, and soon even
 * if the process that was reading died.
 */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Connector, SHOP, startConnector, until } from '../../fakes/connector.ts';
import { emailOf } from '../../fakes/shopify-shop.ts';
import { ago, MINUTE, order } from '../bodies.ts';

let connector: Connector;
beforeEach(async () => {
  connector = await startConnector({ READ_WAIT: '1h' });
});
afterEach(async () => await connector.stop());

it('a new customer is read, and the opt-out is sent, while every place for comparisons and imports waits for a Shopify that does not answer', async () => {
  const slow = Array.from({ length: 10 }, (_, n) => `slow-${n}.myshopify.com`);
  for (const shop of slow) {
    await connector.connect({}, shop);
    connector.admin.shop(shop).behave(() => ({ delayMs: 600_000 }));
  }
  for (const shop of slow) await connector.api('POST', '/imports', { kind: 'customers' }, shop);
  await connector.db.query(
    `UPDATE reconciliations SET due_at = now() - interval '1 second', consent_due_at = now() - interval '1 second'`,
  );
  const leases = async (chore: string) =>
    (await connector.db.query('SELECT 1 FROM chore_leases WHERE chore = $1 AND lease_until > now()', [chore])).length;
  await until('comparisons and imports wait for an answer', async () =>
    (await leases('reconciliation')) >= 4 && (await leases('import')) >= 4 ? true : undefined,
  );

  const shop = 'live.myshopify.com';
  await connector.connect({}, shop);
  connector.admin.shop(shop).setCustomer({
    id: 1,
    defaultEmailAddress: emailOf('person1@example.com', {
      marketingState: 'UNSUBSCRIBED',
      marketingUpdatedAt: ago(MINUTE),
    }),
  });
  // Without being read, the delivery would wait for an hour.
  await connector.deliver('orders/create', order(1, { customer: { id: 1, email: 'person1@example.com' } }), { shop });
  expect(connector.ascent360.lastAccepted('person1@example.com', 'EmailPermission')).toBe(false);
});

it('a process that dies while it reads a shop keeps others from it for 15 s at most', async () => {
  await connector.connect();
  connector.admin.shop(SHOP).behave(() => ({ delayMs: 600_000 }));
  await connector.send('customers/create', { id: 1, email: 'person1@example.com' });
  const heldMs = await until('the shop is being read', async () => {
    const [lease] = await connector.db.query<{ ms: number }>(
      `SELECT extract(epoch FROM lease_until - now())::float8 * 1000 AS ms FROM chore_leases WHERE chore = 'read'`,
    );
    return lease?.ms;
  });
  expect(heldMs).toBeLessThanOrEqual(15_000);
});
