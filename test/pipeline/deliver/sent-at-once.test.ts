/** A flag about a person is sent with two of their addresses at once: whichever is answered first. */
import { expect, it } from 'vitest';
import type { ReadyDelivery } from '../../../server/pipeline/deliver/lease-and-note.ts';
import { ago, customer, EMAIL, emailConsent, MINUTE } from '../bodies.ts';
import { readScene } from '../read/scene.ts';

const scene = readScene(async () => {
  await scene.begin({ mapping: { addressPermission: { optIn: 'mail-ok', optOut: 'mail-stop' } } });
  scene.access = false;
});

const home = { address1: '1 Main St', city: 'Vail', province_code: 'CO', zip: '81657', country_code: 'US' };
const tag = async (change: 'added' | 'removed', name: string, minutes: number) =>
  await scene.receive(
    `customer.tags_${change}`,
    { customerId: 1, tags: [name], occurredAt: ago(minutes * MINUTE) },
    Date.now() - minutes * MINUTE,
  );
async function claimOne(): Promise<ReadyDelivery> {
  const [one, another] = await scene.base.claim();
  if (!one || another) throw new Error('Not one delivery is sent');
  return one;
}

it('one that was sent later, and may have arrived, is corrected although the earlier one was accepted since', async () => {
  await scene.receive('customers/create', customer(1, { default_address: home }));
  await scene.send();
  await tag('added', 'mail-ok', 6);
  const first = await claimOne();
  expect(JSON.parse(first.body.text)).toMatchObject({ Email: 'person1@example.com', AddressPermission: true });
  await tag('added', 'mail-stop', 5);
  const old = emailConsent(1, 'unsubscribed', ago(5 * MINUTE), { email_address: 'old@example.com' });
  await scene.receive(EMAIL, old, Date.now() - 5 * MINUTE);
  const second = await claimOne();
  expect(JSON.parse(second.body.text)).toMatchObject({ Email: 'old@example.com', AddressPermission: false });
  await scene.base.record(second, { class: 'retry', flags: 'unknown', status: 503 });
  await scene.base.record(first);
  await tag('removed', 'mail-stop', 4);
  await tag('added', 'mail-ok', 3);
  const sent: { AddressPermission?: boolean }[] = await scene.send();
  expect(sent.flatMap(({ AddressPermission }) => AddressPermission ?? [])).toEqual([true]);
});
