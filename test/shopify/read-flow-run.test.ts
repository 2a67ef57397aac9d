import { expect, it } from 'vitest';
import { readFlowRun } from '../../server/shopify/read-flow-run.ts';

const run = {
  shopify_domain: 'snow.myshopify.com',
  action_run_id: 'run-1',
  handle: 'send-to-ascent360',
  properties: { customer_id: 7 },
};
const read = (body: object | string) =>
  readFlowRun(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
const asRead = { shop: 'snow.myshopify.com', runId: 'run-1', handle: 'send-to-ascent360', customerId: '7' };

it.each([
  ['as Flow posts it', {}, {}],
  ['with its shop in upper case', { shopify_domain: 'SNOW.myshopify.com' }, {}],
  ['with an id that is a number', { action_run_id: 12 }, { runId: '12' }],
  ['with an id of 200 characters', { action_run_id: 'r'.repeat(200) }, { runId: 'r'.repeat(200) }],
  ['with a customer as a reference', { properties: { customer_id: 'gid://shopify/Customer/7' } }, {}],
  ['without a handle', { handle: undefined }, { handle: '' }],
])('a run is read %s', (_, change, expected) => {
  expect(read({ ...run, ...change })).toEqual({ ok: true, run: { ...asRead, ...expected } });
});

const noShop = 'shopify_domain is not name.myshopify.com';
const noRun = 'action_run_id is missing or too long';
const noCustomer = 'properties.customer_id names no customer';
it.each([
  ['no shop', { shopify_domain: undefined }, [noShop]],
  ['a shop that isn’t Shopify’s', { shopify_domain: 'snow.example.com' }, [noShop]],
  ['no id', { action_run_id: undefined }, [noRun]],
  ['an id of more than 200 characters', { action_run_id: 'r'.repeat(201) }, [noRun]],
  ['no fields', { properties: undefined }, [noCustomer]],
  ['a customer that isn’t an id', { properties: { customer_id: 'everybody' } }, [noCustomer]],
  ['an order in place of the customer', { properties: { customer_id: 'gid://shopify/Order/7' } }, [noCustomer]],
  [
    'nothing of it',
    { shopify_domain: undefined, action_run_id: undefined, properties: {} },
    [noShop, noRun, noCustomer],
  ],
])('a run with %s is refused, and everything that is wrong is named', (_, change, faults) => {
  expect(read({ ...run, ...change })).toEqual({ ok: false, faults });
});

it.each([
  ['[1, 2', 'The body is not json'],
  ['[1, 2]', 'The body is not an object'],
])('a body that is no object is refused: %s', (body, fault) => {
  expect(read(body)).toEqual({ ok: false, faults: [fault] });
});
