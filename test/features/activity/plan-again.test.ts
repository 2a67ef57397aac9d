import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { planAgain } from '../../../server/features/activity/plan-again.ts';
import { customer, openScene, order, type Scene } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
beforeEach(async () => await scene.begin({}));
afterAll(async () => await scene.close());

const plan = async (...ids: string[]) => {
  const { sends, joins, translate, refused } = await planAgain(scene.db, scene.shop, ids);
  const codes = [...refused].map(([id, { code }]) => [id, code]);
  return { sends: sends.map(({ eventId }) => eventId), joins, translate, refused: Object.fromEntries(codes) };
};
const nothing = { sends: [], joins: [], translate: [], refused: {} };
const erase = async (event: string, what: 'body' | 'subject') =>
  await scene.db.query(
    what === 'body'
      ? 'UPDATE events SET body = NULL WHERE id = $1'
      : 'UPDATE deliveries SET subject = NULL WHERE event_id = $1',
    [event],
  );
async function sent(topic: string, body: Record<string, unknown>): Promise<string> {
  const id = await scene.receive(topic, body);
  await scene.work();
  return id;
}

it('what was sent is resent from what its delivery holds, even if its body was erased', async () => {
  const id = await sent('customers/create', customer(1, 0));
  expect(await plan(id)).toEqual({ ...nothing, sends: [id] });
  await erase(id, 'body');
  expect(await plan(id)).toEqual({ ...nothing, sends: [id] });
});

it('what its delivery held was erased: it can’t be resent', async () => {
  const id = await sent('customers/create', customer(1, 0));
  await erase(id, 'subject');
  expect(await plan(id)).toEqual({ ...nothing, refused: { [id]: 'refusal.erased' } });
  await erase(id, 'body');
  expect(await plan(id)).toEqual({ ...nothing, refused: { [id]: 'refusal.erased' } });
});

it('an event about an erased person can’t be resent, whatever is left of it', async () => {
  const id = await sent('customers/create', customer(1, 0));
  await scene.db.query(`UPDATE events SET state = 'skipped', reason = 'redacted' WHERE id = $1`, [id]);
  expect(await plan(id)).toEqual({ ...nothing, refused: { [id]: 'refusal.erased' } });
});

it('an older state is resent as the newest, and not at all if that was erased', async () => {
  const older = await sent('orders/create', order(1, 0));
  const newer = await sent('orders/updated', order(1, 1, { total_price: '7.00' }));
  expect(await plan(older)).toMatchObject({ sends: [older], refused: {} });
  await erase(newer, 'subject');
  expect(await plan(older)).toEqual({ ...nothing, refused: { [older]: 'refusal.erased' } });
});

it('a merged event is resent as the one sent for it, however many were merged in turn; several of them once', async () => {
  await scene.save({ paused: true });
  const merged: string[] = [];
  for (let minute = 0; minute < 25; minute++) {
    merged.push(await scene.receive('customers/update', customer(1, minute)));
    await scene.process();
  }
  await scene.save({});
  await scene.work();
  const last = merged.at(-1);
  expect(await plan(...merged.slice(0, 1))).toEqual({ ...nothing, sends: [last] });
  expect(await plan(...merged)).toEqual({ ...nothing, sends: [last] });
});

it('events are resent in the order received, whatever order they are named in', async () => {
  const ids = [await sent('customers/create', customer(1, 0)), await sent('customers/create', customer(2, 0))];
  expect(await plan(...ids)).toEqual({ ...nothing, sends: ids });
  expect(await plan(...ids.toReversed())).toEqual({ ...nothing, sends: ids });
});

it.each(['customers/update', 'shop/redact', 'app/uninstalled'])(
  'what could not be read is translated again, whatever it is about: %s',
  async (topic) => {
    const id = await scene.receive(topic, '[]');
    await scene.process();
    expect(await plan(id)).toEqual({ ...nothing, translate: [id] });
    await erase(id, 'body');
    expect(await plan(id)).toEqual({ ...nothing, refused: { [id]: 'refusal.erased' } });
  },
);

it('what still waits is refused, and what another shop has is not found', async () => {
  const id = await scene.receive('customers/create', customer(1, 0));
  expect(await plan(id)).toEqual({ ...nothing, refused: { [id]: 'refusal.waiting' } });
  await scene.process();
  expect(await plan(id)).toEqual({ ...nothing, refused: { [id]: 'refusal.waiting' } });
  await scene.begin({});
  expect(await plan(id)).toEqual(nothing);
});
