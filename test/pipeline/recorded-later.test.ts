import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import type { Db } from '../../server/platform/database/db.ts';
import { startConnector, until } from '../fakes/connector.ts';
import { testDatabase } from '../fakes/database.ts';
import { ago, EMAIL, emailConsent, SECOND } from './bodies.ts';

/** A database that is away so many times when an attempt is to be recorded. */
function awayWhenRecording(db: Db, times: number): Db {
  let left = times;
  const over = (shared: Db): Db => ({
    ...shared,
    within: (ms) => over(shared.within(ms)),
    transaction: async (work) =>
      await shared.transaction(
        async (sql) =>
          await work({
            query: async (text, params) => {
              if (!text.startsWith('UPDATE deliveries d SET lease_until = NULL') || left === 0)
                return await sql.query(text, params);
              left--;
              throw Object.assign(new Error('The database is away'), { code: '57P01' });
            },
          }),
      ),
  });
  return over(db);
}

it('what Ascent360 accepted while the database was away is recorded once it is back, and not sent again', async () => {
  const connector = await startConnector({ LEASE: '1h' }, awayWhenRecording(await testDatabase(), 3));
  onTestFinished(connector.stop);
  await connector.connect();
  const webhookId = randomUUID();
  await connector.send(EMAIL, emailConsent(1, 'subscribed', ago(SECOND)), { webhookId });
  await until('it is recorded', async () =>
    (await connector.event(webhookId))?.state === 'accepted' ? true : undefined,
  );
  expect(connector.ascent360.received.map(({ body }) => body)).toMatchObject([{ EmailPermission: true }]);
});
