import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MINUTE, SECOND } from '../durations.ts';
import { SHOP, until } from '../fakes/connector.ts';
import { sharedPostgres, type World } from '../fakes/connector-process.ts';
import {
  countRepeats,
  judge,
  type Sent,
  SURVIVED,
  sendAll,
  sendUntilTaken,
  settled,
  someChoice,
} from '../fakes/fault-oracle.ts';
import { emailOf } from '../fakes/shopify-shop.ts';
import { worldOfTest } from '../fakes/world-of-test.ts';
import { customer, order } from '../pipeline/bodies.ts';

const addressOf = (person: number) => `person${person}@example.com`;
const about = (topic: string, body: object) => ({
  webhookId: randomUUID(),
  shop: SHOP,
  topic,
  body,
  marker: null,
  choice: null,
});

/** The flags that reached Ascent360, whatever it answered, from that record on. */
const flagsSince = ({ ascent360 }: World, first: number) =>
  ascent360.received.slice(first).flatMap(({ body }) => {
    const { Email, EmailPermission } = body as { Email?: string; EmailPermission?: boolean };
    return EmailPermission === undefined ? [] : [{ Email, EmailPermission }];
  });

async function openDatabase({ databaseUrl }: World): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl ?? '' });
  await client.connect();
  onTestFinished(async () => await client.end());
  return client;
}

describe.skipIf(!sharedPostgres())('opt-outs that were acknowledged', () => {
  it('row 47: workers killed between translating an opt-in and the opt-out behind it: only the opt-out is sent', async () => {
    // Nobody is read: what counts is what was acknowledged.
    const world = await worldOfTest({ env: { SHOPIFY_ADMIN_ORIGIN: 'http://127.0.0.1:9' } });
    const web = await world.run({ ROLE: 'web' });
    await world.connect(web);
    const person = 71;
    const filler = (id: number) =>
      about('customers_whats_app_marketing_consent/update', { customer_id: id, phone_number: null });
    const optIn = someChoice(person, true, Date.now() - 2 * MINUTE);
    const optOut = someChoice(person, false, Date.now() - MINUTE);
    // A batch has a hundred events at most, so the opt-in is translated some batches before the opt-out.
    const fillers = (from: number, length: number) => Array.from({ length }, (_, i) => filler(from + i));
    const sent: Sent[] = [];
    for (const some of [
      [about('customers/create', customer(person))],
      [optIn],
      fillers(1000, 60),
      [about('shop/update', { id: 1, name: 'A shop' })],
      fillers(2000, 120),
      [optOut],
    ]) {
      sent.push(...(await sendAll(() => web, some, 8)));
    }
    const database = await openDatabase(world);
    const waiting = async () => {
      const { rows } = await database.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM events WHERE state = 'received'`,
      );
      return rows[0]?.n ?? 0;
    };
    // At once after a batch is committed, or when there was time to claim and to send.
    let killsAtOnce = false;
    for (let before = await waiting(); before > 0; before = await waiting()) {
      const worker = await world.launch({ ROLE: 'worker' });
      while (worker.alive() && (await waiting()) === before) await wait(2);
      expect(worker.alive()).toBe(true);
      if (!killsAtOnce) await wait(200);
      await worker.kill();
      killsAtOnce = !killsAtOnce;
    }
    await world.run({ ROLE: 'worker' });
    const standings = await settled(world, web, sent);
    expect(flagsSince(world, 0).filter(({ EmailPermission }) => EmailPermission)).toEqual([]);
    // One who was killed may have sent it, without our knowing.
    const { answerLost } = countRepeats(() => true);
    expect(judge(sent, standings, world.ascent360, answerLost)).toEqual(SURVIVED);
  });

  it('row 48: uninstalled while choices wait, killed, installed again: no opt-in is sent before Shopify was asked, every opt-out is', async () => {
    const env = { RETRY_SCHEDULE: Array(60).fill('1s').join(), READ_WAIT: '500ms', BREAKER_PROBE: '1s' };
    const world = await worldOfTest({ env });
    const shopify = world.admin.shop(SHOP);
    shopify.bulk.polls = 0;
    const says = (person: number, yes: boolean, at: number) =>
      shopify.setCustomer({
        id: person,
        createdAt: new Date(Date.now() - 5 * MINUTE).toISOString(),
        updatedAt: new Date(at).toISOString(),
        defaultEmailAddress: emailOf(addressOf(person), {
          marketingState: yes ? 'SUBSCRIBED' : 'UNSUBSCRIBED',
          marketingOptInLevel: yes ? 'SINGLE_OPT_IN' : null,
          marketingUpdatedAt: new Date(at).toISOString(),
        }),
      });
    const database = await openDatabase(world);
    let connector = await world.run();
    const guid = await world.connect(connector);
    const sent: Sent[] = [];
    const choose = async (person: number, yes: boolean) => {
      const at = Date.now() - MINUTE;
      says(person, yes, at);
      sent.push(await sendUntilTaken(() => connector, someChoice(person, yes, at)));
    };
    const [TOLD, WAITING_IN, WAITING_OUT] = [81, 82, 83];
    await choose(TOLD, true);
    await until('it is accepted', async () =>
      world.ascent360.lastAccepted(addressOf(TOLD), 'EmailPermission') === true ? true : undefined,
    );
    world.ascent360.behave(guid, { status: 503 });
    await choose(WAITING_IN, true);
    await choose(WAITING_OUT, false);
    await until(
      'both were tried',
      async () => new Set(flagsSince(world, 1).map(({ Email }) => Email)).size === 2 || undefined,
    );
    await connector.send('app/uninstalled', { id: 1 });
    await until('the app is uninstalled', async () => {
      const { rowCount } = await database.query('SELECT 1 FROM shops WHERE uninstalled_at IS NOT NULL');
      return rowCount === 1 ? true : undefined;
    });
    await connector.kill();
    // No webhook says so: the app is not installed.
    for (const person of [TOLD, WAITING_IN]) says(person, false, Date.now());
    const before = world.ascent360.received.length;
    connector = await world.run();
    world.ascent360.behave(guid, 'accept');
    // Tokens are issued at whole seconds: the first call whose token is newer than the uninstallation.
    await wait(SECOND - (Date.now() % SECOND) + 20);
    // Shopify is slow: the order of somebody whose opt-in waited goes out first.
    shopify.behave(() => ({ delayMs: 3000 }));
    expect((await connector.api('GET', '/overview')).status).toBe(200);
    await connector.kill();
    connector = await world.run();
    const buyer = { id: WAITING_IN, email: addressOf(WAITING_IN) };
    sent.push(
      await sendUntilTaken(() => connector, about('orders/create', order(1, { customer: buyer, email: buyer.email }))),
    );
    await until('all three opt-outs are accepted', async () =>
      [TOLD, WAITING_IN, WAITING_OUT].every(
        (person) => world.ascent360.lastAccepted(addressOf(person), 'EmailPermission') === false,
      )
        ? true
        : undefined,
    );
    await settled(world, connector, sent);
    expect(flagsSince(world, before).filter(({ EmailPermission }) => EmailPermission)).toEqual([]);
  });
});
