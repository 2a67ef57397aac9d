import { describe, expect, it } from 'vitest';
import * as fields from '../../server/shopify/fields.ts';

describe('a field', () => {
  const { text, textOrNumber, decimal, moment, flag, count, id, customerId, tags, texts } = fields;
  const kinds = { text, textOrNumber, decimal, moment, flag, count, id, customerId, tags, texts };
  it.each([
    ['text', ' a ', 'a'],
    ['text', '  ', undefined],
    ['text', 'a\u0000b', 'a b'],
    ['text', '\u0000ab\u0000', 'ab'],
    ['text', 'a\ud800b', 'a\ufffdb'],
    ['text', '\u200b\u3164', undefined],
    ['text', '\u200ba\u200db\u2800', 'a\u200db'],
    ['textOrNumber', '\u200e80202\u200e', '80202'],
    ['text', 1, undefined],
    ['textOrNumber', 80202, '80202'],
    ['textOrNumber', Number.POSITIVE_INFINITY, undefined],
    ['decimal', '10.00', '10.00'],
    ['decimal', '-3.50', '-3.50'],
    ['decimal', 10.5, '10.5'],
    ['decimal', 1e21, undefined],
    ['decimal', 'example string', undefined],
    ['decimal', '1,50', undefined],
    ['moment', '2026-11-20', undefined],
    ['moment', 5, undefined],
    ['flag', true, true],
    ['flag', 'true', undefined],
    ['flag', 0, undefined],
    ['customerId', 7, '7'],
    ['customerId', ' gid://shopify/Customer/7 ', '7'],
    ['customerId', 'gid://shopify/Order/7', undefined],
    ['texts', 'Ski, Races\nSki\r\nBike\rSnow\u2028Ice\u0085Sun', ['Ski', 'Races', 'Bike', 'Snow', 'Ice', 'Sun']],
    ['texts', ['Ski, Races', 2026, null, { a: 1 }, 'Ski, Races'], ['Ski, Races']],
    ['texts', { a: 'Ski' }, []],
    ['count', 0, 0],
    ['count', null, undefined],
    ['count', '', undefined],
    ['count', false, undefined],
    ['count', [], undefined],
    ['count', '3', 3],
    ['count', ' 3.00 ', 3],
    ['count', '3.5', undefined],
    ['count', '3 pairs', undefined],
    ['count', '0x10', undefined],
    ['count', '1e3', undefined],
    ['count', -1, undefined],
    ['count', 1.5, undefined],
    ['id', 123, '123'],
    ['id', '820982911946154508', '820982911946154508'],
    ['id', 'gid://shopify/Customer/820982911946154508', '820982911946154508'],
    ['id', 820982911946154500, undefined],
    ['id', '820982911946154508.0', '820982911946154508'],
    ['id', '7001.50', undefined],
    ['id', 0, undefined],
    ['id', '0.0', undefined],
    ['id', -5, undefined],
    ['id', 1.5, undefined],
    ['id', 'example string', undefined],
    ['id', 'gid://other/Customer/1', undefined],
    ['id', '123 and more', undefined],
    ['id', 'see gid://shopify/Customer/1', undefined],
    ['id', 'gid://shopify/Customer/1/more', undefined],
    ['id', 'gid://shopify/Customer/1?namespace=a', '1'],
    ['tags', ['a', ' b ', 1, '', 'a'], ['a', 'b']],
    ['tags', 'a, b,,c', ['a', 'b', 'c']],
    ['tags', {}, []],
  ] as const)('of kind %s reads %j as %j', (kind, value, read) => {
    expect(kinds[kind].parse(value)).toEqual(read);
  });

  it.each(Object.keys(kinds))('of kind %s is absent when it is missing', (kind) => {
    const schema = fields.body({ field: kinds[kind as keyof typeof kinds] });
    expect(schema.parse({}).field).toBeUndefined();
  });
});

it.each([null, 'text', 7, [{ id: 1 }]])('a body that is no object (%j) has no fields', (value) => {
  expect(fields.body({ id: fields.id }).parse(value)).toEqual({});
});

describe('an id given twice, as a number and as a gid', () => {
  it.each([
    ['5', '5', '5'],
    ['5', undefined, '5'],
    [undefined, '5', '5'],
    [undefined, undefined, undefined],
    ['5', '6', '5'],
    ['820982911946154500', '820982911946154508', '820982911946154508'],
    ['820982911946154508', '820982911946154508', '820982911946154508'],
    ['820982911946154508', '720982911946154508', '820982911946154508'],
  ])('number %s and gid %s mean %s', (numeric, gid, id) => {
    expect(fields.exactId(numeric, gid)).toBe(id);
  });
});

describe('the paths of a schema', () => {
  it('use dots, through objects and lists alike', () => {
    const schema = fields.body({
      id: fields.id,
      list: fields.listOf({ a: fields.text, b: fields.section({ c: fields.flag }) }),
    });
    expect(fields.fieldPaths(schema)).toEqual(['id', 'list.a', 'list.b.c']);
  });
});
