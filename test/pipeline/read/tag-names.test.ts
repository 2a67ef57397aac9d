/** A tag may have any name, even one that every JavaScript object has as a property. */
import { expect, it } from 'vitest';
import { emailOf } from '../../fakes/shopify-shop.ts';
import { ago, customer, MINUTE, SECOND } from '../bodies.ts';
import { home, homeRead } from './home.ts';
import { readScene } from './scene.ts';

const scene = readScene();

const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', 'prototype'];
const mapping = (name: string) => ({
  interests: [{ from: 'tag', prefix: name.slice(0, 2) }],
  addressPermission: { optIn: `mail ${name}`, optOut: name },
});
const tagged = (change: 'added' | 'removed', name: string) =>
  [`customer.tags_${change}`, { customerId: 'gid://shopify/Customer/1', tags: [name], occurredAt: ago(0) }] as const;

/** A new customer who has these tags in Shopify, while one of this name is mapped. */
async function begin(name: string, tags: string[]): Promise<void> {
  await scene.begin({ mapping: mapping(name) });
  scene.shopify.setCustomer({
    id: 1,
    updatedAt: ago(MINUTE),
    defaultEmailAddress: emailOf('person1@example.com'),
    defaultAddress: homeRead,
    tags,
  });
  await scene.receive('customers/create', customer(1, { default_address: home }));
}

it.each(names)('a tag called %s that is read from Shopify is kept, sent, and counts as a permission', async (name) => {
  await begin(name, [name]);
  await scene.read();
  expect(await scene.send()).toMatchObject([{ Interests: [name.slice(2)], AddressPermission: false }]);
});

it.each(names)('a tag called %s that was added survives a read, and is gone once removed', async (name) => {
  await begin(name, [name]);
  await scene.receive(...tagged('added', name), scene.base.now - SECOND);
  await scene.read();
  const [first] = await scene.send();
  expect(first).toMatchObject({ Interests: [name.slice(2)], AddressPermission: false });
  await scene.receive(...tagged('removed', name));
  const [second] = await scene.send();
  expect(second).not.toHaveProperty('Interests');
});

it.each(names)('a person without tags has made no choice, whatever the mapped tag is called: %s', async (name) => {
  await begin(name, ['vip']);
  await scene.read();
  const [payload] = await scene.send();
  expect(payload).not.toHaveProperty('AddressPermission');
  expect(payload).not.toHaveProperty('Interests');
});
