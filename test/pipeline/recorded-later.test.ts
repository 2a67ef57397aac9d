import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import type { Db } from '../../server/platform/database/db.ts';
import { startConnector, until } from '../fakes/connector.ts';
import { testDatabase } from '../fakes/database.ts';
import { ago, EMAIL, emailConsent, SECOND } from './bodies.ts';

/** A database whose next statements like this fail. */
function failing(db: Db, fault: { like: string; code: string; times: number }): Db {
  const over = (shared: Db): Db => ({
    ...shared,
    within: (ms) => over(shared.within(ms)),
    transaction: async (work) =>
      await shared.transaction(
        async (sql) =>
          await work({
            query: async (text, params) => {
              if (fault.times === 0 || !text.includes(fault.like)) return await sql.query(text, params);
              fault.times--;
              throw Object.assign(new Error('It fails'), { code: fault.code });
            },
          }),
      ),
  });
  return over(db);
}

it('what Ascent360 accepted while the database was away is recorded once it is back, and not sent again', async () => {
  const away = { like: 'UPDATE deliveries d SET lease_until = NULL', code: '57P01', times: 3 };
  const connector = await startConnector({ LEASE: '1h' }, failing(await testDatabase(), away));
  onTestFinished(connector.stop);
  await connector.connect();
  const webhookId = randomUUID();
  await connector.send(EMAIL, emailConsent(1, 'subscribed', ago(SECOND)), { webhookId });
  await until('it is recorded', async () =>
    (await connector.event(webhookId))?.state === 'accepted' ? true : undefined,
  );
  expect(connector.ascent360.received.map(({ body }) => body)).toMatchObject([{ EmailPermission: true }]);
});

it('what Ascent360 accepted is recorded although claiming something else failed meanwhile', async () => {
  const refused = { like: 'FOR UPDATE OF d SKIP LOCKED', code: 'XX000', times: 0 };
  const connector = await startConnector({ LEASE: '1h' }, failing(await testDatabase(), refused));
  onTestFinished(connector.stop);
  await connector.connect();
  const { promise: after, resolve: answer } = Promise.withResolvers<void>();
  connector.ascent360.behave([{ after }]);
  const [first, second] = [randomUUID(), randomUUID()];
  await connector.send(EMAIL, emailConsent(1, 'subscribed', ago(SECOND)), { webhookId: first });
  await connector.ascent360.until(1);
  refused.times = 1;
  await connector.send(EMAIL, emailConsent(1, 'unsubscribed', ago(0)), { webhookId: second });
  await until('claiming failed', async () => (refused.times === 0 ? true : undefined));
  answer();
  await until('both are recorded', async () => {
    const ends = await Promise.all([first, second].map(async (id) => (await connector.event(id))?.state));
    return ends.every((state) => state === 'accepted') ? true : undefined;
  });
  expect(connector.ascent360.received.map(({ body }) => body)).toMatchObject([
    { EmailPermission: true },
    { EmailPermission: false },
  ]);
});

it('what can’t be recorded, since the database stays away, doesn’t keep the process from stopping', async () => {
  const away = { like: 'UPDATE deliveries d SET lease_until = NULL', code: '57P01', times: 1_000_000 };
  const { times } = away;
  const connector = await startConnector({ LEASE: '1h' }, failing(await testDatabase(), away));
  await connector.connect();
  await connector.send(EMAIL, emailConsent(1, 'subscribed', ago(SECOND)));
  await until('recording it failed', async () => (away.times < times ? true : undefined));
  await connector.stop();
  expect(connector.ascent360.received).toHaveLength(1);
});
