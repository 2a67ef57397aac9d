/** Erasing a customer takes nothing from another who had the same address. */
import { expect, it } from 'vitest';
import { ago, customer, EMAIL, emailConsent, MINUTE } from '../../pipeline/bodies.ts';
import { readScene } from '../../pipeline/read/scene.ts';

const scene = readScene();

const SHARED = 'person1@example.com';

it.each([
  ['waits is sent', false, [{ Email: SHARED, EmailPermission: false }]],
  ['was told is not told again', true, []],
])('the opt-out of the other that %s', async (_, isSent, sent) => {
  scene.access = false;
  const optOut = emailConsent(2, 'unsubscribed', ago(MINUTE), { email_address: SHARED });
  await scene.receive(EMAIL, optOut, Date.now() - MINUTE);
  if (isSent) expect(await scene.send()).toMatchObject([{ EmailPermission: false }]);
  await scene.receive('customers/create', customer(1));
  if (isSent) await scene.send();
  await scene.receive('customers/redact', { customer: { id: 1, email: SHARED } });
  if (isSent) await scene.receive(EMAIL, { ...optOut }, Date.now() - MINUTE);
  expect(await scene.send()).toMatchObject(sent);
});
