import { expect, it } from 'vitest';
import { type Fields, isAnswerTo } from '../../server/admin/shape.ts';

const fields: Fields = {
  name: { is: 'text' },
  count: { is: 'number', orNull: true },
  open: { is: 'boolean', maybe: true },
  cost: { is: 'any' },
  nodes: { is: 'list', of: { is: 'object', fields: { id: { is: 'text' } }, on: { Order: { total: { is: 'text' } } } } },
};
const order = { __typename: 'Order', id: '1', total: '2.00' };
const whole = { name: 'a', count: 1, open: true, cost: { any: 'thing' }, nodes: [order, { ...order, id: '2' }] };
const { open: _, ...withoutOpen } = whole;

it.each<[string, unknown]>([
  ['all that was asked for', whole],
  ['more', { ...whole, more: 1 }],
  ['null where Shopify may say so', { ...whole, count: null }],
  ['nothing where that was asked for on a condition', withoutOpen],
  ['an empty list', { ...whole, nodes: [] }],
  [
    'a node of another type, whose fields were not asked for',
    { ...whole, nodes: [{ __typename: 'Customer', id: '1' }] },
  ],
])('an answer with %s is one', (_, data) => {
  expect(isAnswerTo(data, fields)).toBe(true);
});

it.each<[string, unknown]>([
  ['nothing', null],
  ['a list', [whole]],
  ['a text', 'data'],
  ['no name', { ...whole, name: undefined }],
  ['null for a name', { ...whole, name: null }],
  ['a number for a name', { ...whole, name: 1 }],
  ['a text for a number', { ...whole, count: '1' }],
  ['a text for yes or no', { ...whole, open: 'true' }],
  ['null where anything else would do', { ...whole, cost: null }],
  ['an object for a list', { ...whole, nodes: { 0: order } }],
  ['one thing in a list that is none', { ...whole, nodes: [order, '2'] }],
  ['null in a list', { ...whole, nodes: [null, order] }],
  ['a node without an id', { ...whole, nodes: [{ __typename: 'Order', total: '2.00' }] }],
  ['a node of no type', { ...whole, nodes: [{ id: '1', total: '2.00' }] }],
  ['a node without a field of its type', { ...whole, nodes: [{ __typename: 'Order', id: '1' }] }],
  ['a field that only its prototype has', Object.create(whole)],
])('an answer with %s is none, and is ignored as a whole', (_, data) => {
  expect(isAnswerTo(data, fields)).toBe(false);
});
