import { afterEach, expect, it } from 'vitest';
import { until } from '../../fakes/connector.ts';
import { customer, type ImportBody, type Scene, startScene } from './scene.ts';

let scene: Scene;
afterEach(async () => await scene.stop());

const MOMENT = '\\d{4}-\\d\\d-\\d\\d at \\d\\d:\\d\\d UTC';
const emailOf = (body: unknown) => (body as { Email?: string }).Email ?? '';

/** Resolves once the import waits for exactly these reasons. */
const waitingFor = async (id: string, reasons: string[]): Promise<ImportBody['waits']> =>
  await until(`the import waits for ${reasons.join(', ')}`, async () => {
    const { waits } = await scene.get(id);
    return JSON.stringify(waits.map(({ reason }) => reason)) === JSON.stringify(reasons) ? waits : undefined;
  });

/** A speed from before it waited. */
const noteSpeed = async () => await scene.connector.db.query('UPDATE imports SET rate = 5');

/** An import of five that has begun, after setting up Ascent360's behaviour. */
async function begun(): Promise<string> {
  for (let n = 0; n < 5; n++) scene.shop.setCustomer(customer(n));
  const { id, waits } = await scene.counted({ kind: 'customers' });
  expect(waits).toEqual([]);
  await scene.post(`/imports/${id}/start`);
  return id;
}

it('an import whose last records wait for a retry says how many, until when, and what Ascent360 answered, but no time left', async () => {
  scene = await startScene({}, { RETRY_SCHEDULE: '1h' });
  scene.connector.ascent360.behave(({ body }) => (/robin[34]/.test(emailOf(body)) ? { status: 503 } : { status: 200 }));
  const id = await begun();
  const [wait] = await waitingFor(id, ['retrying']).then(async () =>
    until('both wait', async () => {
      const { waits } = await scene.get(id);
      return waits[0]?.count === 2 ? waits : undefined;
    }),
  );
  expect(wait?.message).toMatch(
    new RegExp(`^2 records are waiting for a retry, the next on ${MOMENT}\\. Ascent360 answered with HTTP 503\\.$`),
  );
  await noteSpeed();
  const { body } = await scene.connector.api('GET', '/overview');
  expect(body).toMatchObject({ imports: [{ id, state: 'running', waits: [wait], secondsLeft: null }] });
  scene.connector.ascent360.behave('accept');
  await scene.connector.db.query(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE open`);
  await scene.connector.settled();
  expect((await scene.reaches(id, 'done')).waits).toEqual([]);
});

it('an import whose record waits behind a webhook to the same address says so, and what that one waits for', async () => {
  scene = await startScene({}, { RETRY_SCHEDULE: '1h' });
  scene.connector.ascent360.behave(({ body }) => (emailOf(body) === 'robin1@example.com' ? { status: 500 } : {}));
  await scene.connector.send('orders/create', {
    id: 1,
    name: '#1',
    email: 'robin1@example.com',
    updated_at: '2024-03-01T10:00:00Z',
    line_items: [],
  });
  await until('the webhook waits for a retry', async () => {
    const rows = await scene.connector.db.query('SELECT 1 FROM deliveries WHERE attempts > 0 AND due_at > now()');
    return rows.length > 0 ? true : undefined;
  });
  const id = await begun();
  const [wait] = await waitingFor(id, ['behind_earlier']);
  expect(wait).toMatchObject({ count: 1 });
  expect(wait?.message).toMatch(
    new RegExp(
      `^1 record is waiting for an earlier one with the same address, which we retry on ${MOMENT}\\. Ascent360 answered with HTTP 500\\.$`,
    ),
  );
});

it('an import says so while sending is paused, the shop is disconnected or the GUID is refused, and where to fix it, but no time left', async () => {
  scene = await startScene();
  scene.connector.ascent360.behave({ status: 404 });
  const id = await begun();
  const [refused] = await waitingFor(id, ['connection_problem']);
  expect(refused).toMatchObject({
    action: 'settings',
    message: expect.stringContaining('doesn’t accept the connection'),
  });
  await noteSpeed();
  expect(await scene.get(id)).toMatchObject({ rate: null, secondsLeft: null });
  await scene.connector.api('PUT', '/settings', { paused: true });
  expect(await waitingFor(id, ['paused'])).toMatchObject([{ action: 'settings' }]);
  await scene.connector.api('DELETE', '/settings/guid');
  expect(await waitingFor(id, ['not_connected'])).toMatchObject([{ action: 'settings' }]);
});

it('an import says so while Ascent360 accepts nothing, but no time left', async () => {
  scene = await startScene({}, { RETRY_SCHEDULE: '1h', BREAKER_PROBE: '1h' });
  for (let n = 5; n < 30; n++) scene.shop.setCustomer(customer(n));
  scene.connector.ascent360.behave({ status: 503 });
  const id = await begun();
  const waits = await waitingFor(id, ['down', 'retrying']);
  expect(waits[0]?.message).toMatch(/^Ascent360 isn’t accepting records right now\./);
  await noteSpeed();
  expect(await scene.get(id)).toMatchObject({ rate: null, secondsLeft: null });
});
