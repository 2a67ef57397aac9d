/**
 * A tag that opts out was added and has gone again. Nobody opted in by that: a tag that opts in
 * counts only if it was added since.
 */
import { expect, it } from 'vitest';
import { emailOf } from '../../fakes/shopify-shop.ts';
import { ago, customer, MINUTE } from '../bodies.ts';
import { type ReadScene, readScene } from '../read/scene.ts';

const home = { address1: '1 Main St', city: 'Vail', province_code: 'CO', zip: '81657', country_code: 'US' };

const scene: ReadScene = readScene(async () => {
  await scene.begin({ mapping: { addressPermission: { optIn: 'mail-ok', optOut: 'mail-stop' } } });
  scene.access = false;
  await scene.receive('customers/create', customer(1, { default_address: home, updated_at: ago(9 * MINUTE) }));
  await scene.send();
});

type Change = [change: 'added' | 'removed', tag: 'mail-ok' | 'mail-stop', minutesAgo: number];

/** The flags that go out after each change. */
async function flagsAfter(...changes: Change[]): Promise<unknown[][]> {
  const flags: unknown[][] = [];
  for (const [change, tag, minutes] of changes) {
    const body = { customerId: 1, tags: [tag], occurredAt: ago(minutes * MINUTE) };
    await scene.receive(`customer.tags_${change}`, body, Date.now() - minutes * MINUTE);
    const sent: { AddressPermission?: boolean }[] = await scene.send();
    flags.push(sent.flatMap(({ AddressPermission }) => AddressPermission ?? []));
  }
  return flags;
}

it('an older opt-in does not undo it', async () => {
  const flags = await flagsAfter(['added', 'mail-ok', 5], ['added', 'mail-stop', 4], ['removed', 'mail-stop', 3]);
  expect(flags).toEqual([[true], [false], []]);
  expect(await flagsAfter(['added', 'mail-ok', 1])).toEqual([[true]]);
});

it('an opt-in that was added while the opt-out was there counts once that is gone', async () => {
  const flags = await flagsAfter(['added', 'mail-stop', 5], ['added', 'mail-ok', 4], ['removed', 'mail-stop', 3]);
  expect(flags).toEqual([[false], [], [true]]);
});

it('the same in whatever order that is told', async () => {
  const flags = await flagsAfter(['removed', 'mail-stop', 3], ['added', 'mail-stop', 4], ['added', 'mail-ok', 5]);
  expect(flags).toEqual([[], [], []]);
});

it('the same if only a read shows that it is gone', async () => {
  await flagsAfter(['added', 'mail-ok', 5], ['added', 'mail-stop', 4]);
  scene.access = true;
  scene.shopify.setCustomer({ id: 1, tags: ['mail-ok'], defaultEmailAddress: emailOf('person1@example.com') });
  await scene.receive('customers/update', customer(1, { default_address: home }));
  await scene.read();
  expect((await scene.send()).filter((payload) => 'AddressPermission' in payload)).toEqual([]);
});

it('the same if its addition is told after a read in which it is gone already', async () => {
  scene.access = true;
  const tagged = { id: 1, tags: ['mail-ok'], defaultEmailAddress: emailOf('person1@example.com') };
  scene.shopify.setCustomer({ ...tagged, updatedAt: ago(3 * MINUTE) });
  await scene.receive('customers/update', customer(1, { default_address: home }));
  await scene.read();
  await scene.send();
  scene.access = false;
  expect(await flagsAfter(['added', 'mail-stop', 4], ['added', 'mail-ok', 5])).toEqual([[], []]);
});
