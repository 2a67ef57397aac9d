import { describe, expect, it, onTestFinished } from 'vitest';
import { exportAudits } from '../bench/export-audits.ts';
import { SHOP, until } from '../fakes/connector.ts';
import { clientOf } from '../fakes/connector-process.ts';
import {
  acrossEnds,
  allArrived,
  countRepeats,
  judge,
  SURVIVED,
  sendUntilTaken,
  settled,
  someCustomer,
  startTraffic,
  unansweredAttempts,
} from '../fakes/fault-oracle.ts';
import { startTcpProxy } from '../fakes/tcp-proxy.ts';
import { worldOfTest } from '../fakes/world-of-test.ts';
import { customer } from '../pipeline/bodies.ts';

describe('a process that is killed', () => {
  it('row 3: after the commit and before the answer: Shopify’s retry is recognised, and delivered once', async () => {
    const world = await worldOfTest();
    const first = await world.run();
    const wire = await startTcpProxy(first.port);
    onTestFinished(wire.close);
    wire.decide((bytes, way) => {
      if (way === 'there' || !bytes.toString('latin1').startsWith('HTTP/1.1 200')) return 'pass';
      first.child.kill('SIGKILL');
      return 'cut';
    });
    const webhook = someCustomer();
    const unanswered = await sendUntilTaken(() => clientOf(`http://127.0.0.1:${wire.port}`), webhook, { tries: 1 });
    expect(unanswered.statuses).toEqual(['no answer']);
    await first.ended;
    const second = await world.run();
    expect([...(await world.standings(second)).keys()]).toEqual([webhook.webhookId]);
    const sent = await sendUntilTaken(() => second, webhook, { tries: 1 });
    expect(sent.statuses).toEqual([200]);
    await world.connect(second);
    const standings = await settled(world, second, [sent]);
    expect(standings.size).toBe(1);
    expect(judge([sent], standings, world.ascent360)).toEqual(SURVIVED);
    expect(world.ascent360.received).toHaveLength(1);
  });

  it('row 4: with the answer on its way: the next process delivers what it had stored', async () => {
    const world = await worldOfTest();
    const first = await world.run();
    await world.connect(first);
    const wire = await startTcpProxy(first.port);
    onTestFinished(wire.close);
    wire.decide((bytes, way) => {
      if (way === 'back' && bytes.toString('latin1').startsWith('HTTP/1.1 200')) first.child.kill('SIGKILL');
      return 'pass';
    });
    const sent = await sendUntilTaken(() => clientOf(`http://127.0.0.1:${wire.port}`), someCustomer(), { tries: 1 });
    expect(sent.statuses).toEqual([200]);
    await first.ended;
    const end = await allArrived();
    const second = await world.run();
    const standings = await settled(world, second, [sent]);
    expect(judge([sent], standings, world.ascent360, acrossEnds([end]))).toEqual(SURVIVED);
  });

  it('row 5: in the middle of a POST: the delivery is sent again once its lease has run out', async () => {
    const world = await worldOfTest();
    const first = await world.run();
    await world.connect(first);
    world.ascent360.behave(['hang', 'accept']);
    const sent = await sendUntilTaken(() => first, someCustomer());
    await world.ascent360.until(1);
    await first.kill();
    const second = await world.run();
    const standings = await settled(world, second, [sent]);
    expect(judge([sent], standings, world.ascent360)).toEqual(SURVIVED);
    expect(world.ascent360.received.map(({ accepted }) => accepted)).toEqual([false, true]);
  });

  it('under load, again and again: nothing acknowledged is lost, no choice goes back, only what a kill left unanswered is sent twice, and the audit log fits', async () => {
    const world = await worldOfTest();
    let current = await world.run();
    await world.connect(current);
    const ends: number[] = [];
    const traffic = startTraffic(() => current, { lines: 4, pauseMs: 25 });
    for (let i = 0; i < 3; i++) {
      const { length } = traffic.sent;
      await until('it takes webhooks', async () => traffic.sent.length > length + 20 || undefined);
      await current.kill();
      ends.push(await allArrived());
      current = await world.run();
    }
    const sent = await traffic.stop();
    const standings = await settled(world, current, sent);
    const { answerLost, repeats } = countRepeats(acrossEnds(ends));
    expect(judge(sent, standings, world.ascent360, answerLost)).toEqual(SURVIVED);
    expect(sent.length).toBeGreaterThan(50);
    await current.kill();
    expect(repeats()).toBeLessThanOrEqual(await unansweredAttempts(world));
    // The audit log is whole, and has every flag that Ascent360 took.
    const [audit] = await world.read(async (db) => {
      const shops = await db.query<{ id: number; domain: string }>('SELECT id, domain FROM shops');
      return await exportAudits(db, shops, null);
    });
    expect(audit?.verdict).toMatchObject({ ok: true, first: 1, last: audit?.entries });
    const logged = (audit?.text ?? '').split('\n').filter((line) => /"kind":"attempt"/.test(line));
    for (const value of [true, false]) {
      const taken = world.ascent360.received.filter(
        ({ accepted, body }) => accepted && Reflect.get(Object(body), 'EmailPermission') === value,
      );
      const attempts = logged.filter((line) => line.includes(`"email":${value}`) && /"(accepted|unknown)"/.test(line));
      expect(taken.length).toBeGreaterThan(0);
      expect(attempts.length).toBeGreaterThanOrEqual(taken.length);
    }
  });
});

describe('a receiver that never answers', () => {
  it('row 14: holds up neither another address of the same shop nor another shop', async () => {
    // Shorter than what the events are waited for: after a hiccup of the database, the shop goes on
    // once what hangs was given up.
    const world = await worldOfTest({ env: { DELIVERY_TIMEOUT: '60s', LEASE: '75s' } });
    const connector = await world.run();
    const other = 'second-shop.myshopify.com';
    await world.connect(connector);
    await world.connect(connector, {}, other);
    world.ascent360.behave((record) => (record.raw.includes('"Robin"') ? 'hang' : 'accept'));
    const stuck = { ...someCustomer(), topic: 'customers/create', body: customer(900), marker: null };
    await sendUntilTaken(() => connector, stuck);
    await world.ascent360.until(1);
    const sent = [];
    // For longer than a shop has its turn.
    for (const began = performance.now(); performance.now() - began < 8000; ) {
      for (const shop of [SHOP, other]) sent.push(await sendUntilTaken(() => connector, someCustomer(shop)));
      await settled(world, connector, sent);
    }
    expect((await world.standings(connector)).get(stuck.webhookId)?.state).toMatch(/^(open|sending|retrying)$/);
    expect(judge(sent, await settled(world, connector, sent), world.ascent360)).toEqual(SURVIVED);
  });
});

describe('SIGTERM', () => {
  it('row 13: under load: it stops accepting, ends within 10 s, and nothing is lost or sent twice', async () => {
    const world = await worldOfTest({ env: { DELIVERY_CONCURRENCY_PER_SHOP: '40', LEASE: '60s' } });
    const first = await world.run();
    await world.connect(first);
    world.ascent360.behave(() => ({ delayMs: 200 }));
    let current = first;
    const traffic = startTraffic(() => current, { lines: 4, pauseMs: 40 });
    await until('some are being sent', async () => world.ascent360.received.length > 20 || undefined);
    const { code, ms } = await first.terminate();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(10_000);
    await expect(first.send('customers/create', {})).rejects.toThrow();
    current = await world.run();
    const { length } = traffic.sent;
    await until('the next one takes webhooks', async () => traffic.sent.length > length + 10 || undefined);
    const sent = await traffic.stop();
    expect(judge(sent, await settled(world, current, sent), world.ascent360)).toEqual(SURVIVED);
  });

  it('row 13: with a receiver that never answers: it ends within 10 s, and what was being sent goes out again', async () => {
    const world = await worldOfTest({ env: { DELIVERY_TIMEOUT: '60s', LEASE: '90s' } });
    const first = await world.run();
    await world.connect(first);
    world.ascent360.behave(['hang', 'hang']);
    const sent = [await sendUntilTaken(() => first, someCustomer()), await sendUntilTaken(() => first, someCustomer())];
    await world.ascent360.until(2);
    const { code, ms } = await first.terminate();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(10_000);
    const second = await world.run();
    const standings = await settled(world, second, sent);
    expect(judge(sent, standings, world.ascent360)).toEqual(SURVIVED);
    expect(world.ascent360.received).toHaveLength(4);
  });
});
