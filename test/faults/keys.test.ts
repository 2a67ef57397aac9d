import { describe, expect, it } from 'vitest';
import { until } from '../fakes/connector.ts';
import { KEY_1 } from '../fakes/connector-process.ts';
import {
  countRepeats,
  judge,
  SURVIVED,
  sendAll,
  sendUntilTaken,
  settled,
  someCustomer,
  startTraffic,
  unansweredAttempts,
} from '../fakes/fault-oracle.ts';
import { worldOfTest } from '../fakes/world-of-test.ts';

const k1 = `k1:${KEY_1.toString('base64')}`;
const k2 = `k2:${Buffer.alloc(32, 2).toString('base64')}`;
const NEW_SHOP = 'new-shop.myshopify.com';

describe('encryption keys', () => {
  it('row 24: rotated under traffic: everything stays readable, and new data uses the new key', async () => {
    const world = await worldOfTest();
    const old = await world.run({ ENCRYPTION_KEYS: k1 });
    await world.connect(old, { sourceName: 'Before' });
    let current = old;
    const traffic = startTraffic(() => current, { lines: 3, pauseMs: 20 });
    await until('some are accepted', async () => world.ascent360.received.length > 20 || undefined);
    await old.terminate();
    current = await world.run({ ENCRYPTION_KEYS: `${k2},${k1}` });
    await world.connect(current, { sourceName: 'After' }, NEW_SHOP);
    const beside = await sendUntilTaken(() => current, someCustomer(NEW_SHOP));
    await until('more are accepted', async () => world.ascent360.received.length > 60 || undefined);
    const sent = [...(await traffic.stop()), beside];
    // On a busy machine a lease may run out, or the first process may end before it has recorded an
    // answer.
    const { answerLost, repeats } = countRepeats(() => true);
    expect(judge(sent, await settled(world, current, sent), world.ascent360, answerLost)).toEqual(SURVIVED);
    expect((await current.api('GET', '/settings')).body).toMatchObject({ sourceName: 'Before' });
    await current.terminate();
    expect(repeats()).toBeLessThanOrEqual(await unansweredAttempts(world));
    const wrapped = await world.read(
      async (db) => await db.query('SELECT wrap_key_id, count(*) AS shops FROM shops GROUP BY 1'),
    );
    expect(wrapped).toEqual([{ wrap_key_id: 'k2', shops: 2 }]);
    // Nothing needs the old key any more, so it can be removed; what it once wrapped stays
    // readable.
    const without = await world.run({ ENCRYPTION_KEYS: k2 });
    expect((await without.api('GET', '/settings')).body).toMatchObject({ sourceName: 'Before' });
    const [first] = sent;
    const found = await without.api('GET', `/activity?q=${first?.webhookId}`);
    expect(found.body).toMatchObject({ items: [{ summary: { who: expect.any(String) } }] });
  });

  it('row 24: with a key missing, the start is refused and names it; what was waiting is delivered once it is back', async () => {
    const world = await worldOfTest();
    const first = await world.run({ ENCRYPTION_KEYS: k1 });
    const guid = await world.connect(first, { paused: true });
    const sent = await sendAll(
      () => first,
      Array.from({ length: 20 }, () => someCustomer()),
    );
    await first.terminate();
    const without = await world.launch({ ENCRYPTION_KEYS: k2 });
    expect(await without.ended).toBe(1);
    expect(without.output()).toContain('"k1"');
    const again = await world.run({ ENCRYPTION_KEYS: `${k2},${k1}` });
    expect((await again.api('PUT', '/settings', { guid, paused: false })).status).toBe(200);
    expect(judge(sent, await settled(world, again, sent), world.ascent360)).toEqual(SURVIVED);
  });
});
