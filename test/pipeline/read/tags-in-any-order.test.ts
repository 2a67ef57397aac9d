/** Tags and what Shopify answers about them may arrive in any order: the newest word counts. */
import { describe, expect, it } from 'vitest';
import { emailOf } from '../../fakes/shopify-shop.ts';
import { ago, customer, MINUTE, SECOND } from '../bodies.ts';
import { home, homeRead } from './home.ts';
import { readScene } from './scene.ts';

const scene = readScene(begin);

/** From now on, Shopify says that the customer, last changed then, has these tags. */
const hasSince = (updatedAt: string, ...tags: string[]) =>
  scene.shopify.setCustomer({
    id: 1,
    updatedAt,
    defaultEmailAddress: emailOf('person1@example.com'),
    defaultAddress: homeRead,
    tags,
  });
const has = (...tags: string[]) => hasSince(ago(0), ...tags);

async function tell(change: 'added' | 'removed', tag: string, msAgo: number): Promise<string> {
  const body = { customerId: 'gid://shopify/Customer/1', tags: [tag], occurredAt: ago(msAgo) };
  return await scene.receive(`customer.tags_${change}`, body, Date.now() - msAgo);
}

/** The flags that go out now. */
async function flags(): Promise<unknown[]> {
  const sent: { AddressPermission?: boolean }[] = await scene.send();
  return sent.flatMap(({ AddressPermission }) => AddressPermission ?? []);
}

async function begin(): Promise<void> {
  await scene.begin({ mapping: { addressPermission: { optIn: 'mail-ok', optOut: 'mail-stop' } } });
}

describe('a word about a tag that is older than what Shopify has answered, and arrives after the answer,', () => {
  const create = async () => void (await scene.receive('customers/create', customer(1, { default_address: home })));

  it.each([true, false])('opts nobody in by a tag that is gone; access: %s', async (access) => {
    has();
    await create();
    await scene.read();
    expect(await flags()).toEqual([]);
    scene.access = access;
    await tell('added', 'mail-ok', MINUTE);
    await scene.read();
    expect(await flags()).toEqual([]);
  });

  it.each([true, false])('ends no opt-out by a tag that is there; access: %s', async (access) => {
    has('mail-ok', 'mail-stop');
    await create();
    await tell('added', 'mail-ok', 30 * SECOND);
    await scene.read();
    expect(await flags()).toEqual([false]);
    scene.access = access;
    await tell('removed', 'mail-stop', MINUTE);
    await scene.read();
    expect(await flags()).toEqual([]);
  });

  it('counts if Shopify says the same when it is asked again', async () => {
    has();
    await create();
    await scene.read();
    expect(await flags()).toEqual([]);
    has('mail-ok');
    await tell('added', 'mail-ok', MINUTE);
    await scene.read();
    expect(await flags()).toEqual([true]);
  });

  it('counts if the customer was changed before it when Shopify answered: the answer is older', async () => {
    hasSince(ago(2 * MINUTE));
    await create();
    await scene.read();
    expect(await flags()).toEqual([]);
    await tell('added', 'mail-ok', MINUTE);
    expect(await flags()).toEqual([true]);
  });

  it('is asked about once', async () => {
    has();
    await create();
    await scene.read();
    scene.asked = [];
    await tell('added', 'mail-ok', MINUTE);
    await scene.read();
    await scene.read();
    expect(scene.asked).toHaveLength(1);
  });

  it('dates a tag that Shopify has named without a date', async () => {
    has('mail-ok');
    await create();
    await scene.read();
    expect(await flags()).toEqual([]);
    await tell('added', 'mail-ok', MINUTE);
    expect(await flags()).toEqual([true]);
  });
});

it.each([0, 5])(
  'a tag that Shopify no longer names is gone, with our clock %i minutes behind Shopify’s',
  async (behind) => {
    has('mail-ok');
    await scene.receive('customers/create', customer(1, { default_address: home }));
    await tell('added', 'mail-stop', SECOND - behind * MINUTE);
    hasSince(ago(-behind * MINUTE), 'mail-ok');
    scene.base.now += MINUTE;
    await scene.read();
    expect(await flags()).toEqual([]);
  },
);

it.each([0, 5])(
  'a tag that was gone when Shopify answered opts nobody in if its change is handled only then, with our clock %i minutes behind Shopify’s',
  async (behind) => {
    has();
    await scene.receive('customers/create', customer(1, { default_address: home }));
    const ahead = SECOND - behind * MINUTE;
    const added = { customerId: 'gid://shopify/Customer/1', tags: ['mail-ok'], occurredAt: ago(ahead) };
    await scene.store('customer.tags_added', added, Date.now() - ahead);
    scene.base.now += MINUTE;
    hasSince(ago(-10 * MINUTE));
    await scene.read();
    await scene.read();
    expect(await flags()).toEqual([]);
  },
);

describe('of a tag added and removed at the same moment, in either order,', () => {
  it.each([
    ['the opt-out stands', 'mail-stop', [false]],
    ['an opt-in does not', 'mail-ok', []],
  ])('%s', async (_, tag, sent) => {
    scene.access = false;
    const moment = Date.now() - SECOND;
    const occurredAt = new Date(moment).toISOString();
    for (const changes of [
      ['added', 'removed'],
      ['removed', 'added'],
    ]) {
      await scene.begin({ mapping: { addressPermission: { optIn: 'mail-ok', optOut: 'mail-stop' } } });
      scene.access = false;
      await scene.receive('customers/create', customer(1, { default_address: home }));
      for (const change of changes) {
        await scene.receive(`customer.tags_${change}`, { customerId: 1, tags: [tag], occurredAt }, moment);
      }
      expect(await flags()).toEqual(sent);
    }
  });
});
