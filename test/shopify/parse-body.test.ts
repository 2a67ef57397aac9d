import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBody } from '../../server/shopify/parse-body.ts';

function parsed(text: string) {
  const result = parseBody(text);
  if (!result.ok) throw new Error(result.why);
  return result.body;
}

describe('a number', () => {
  it.each([
    ['12', 12],
    ['-0.5', -0.5],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', '9007199254740992'],
    ['9007199254740993', '9007199254740993'],
    ['-9007199254740993', '-9007199254740993'],
    ['820982911946154508', '820982911946154508'],
    ['1234567890123456789012345678901234567890', '1234567890123456789012345678901234567890'],
    ['123456789012.345', 123456789012.345],
    ['1234567890123.4567', '1234567890123.4567'],
    ['0.000000000000000012', 0.000000000000000012],
    ['1234567890.1234567e3', '1234567890.1234567e3'],
    ['9.50', '9.50'],
    ['9.50e1', '9.50e1'],
    ['9.50E1', '9.50E1'],
    ['9.5E1', 95],
    ['1.2345678901234567E3', '1.2345678901234567E3'],
    ['0.0001234567890123', 0.0001234567890123],
    ['-0.10', '-0.10'],
    ['0.0', '0.0'],
    ['100', 100],
    ['10.05', 10.05],
  ])('written as %s becomes %j', (written, value) => {
    expect(parsed(`{"a":{"b":[${written}]}}`)).toEqual({ a: { b: [value] } });
  });

  it('inside a text is left as it is', () => {
    const texts = { a: 'say "12345678901234567890" \\', b: '12345678901234567890', '12345678901234567890': '\\"' };
    expect(parsed(JSON.stringify(texts))).toEqual(texts);
  });

  it('is read as by a parser that sees its source', () => {
    const number = fc.oneof(fc.integer(), fc.double({ noDefaultInfinity: true, noNaN: true }), fc.bigInt());
    const value = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        number.map((n) => ({ written: typeof n === 'bigint' ? String(n) : JSON.stringify(n) })),
        fc.string({ unit: fc.constantFrom('"', '\\', '1', '12345678901234567', ' ', '\n', 'é', '\u0000') }),
        fc.array(tie('node'), { maxLength: 4 }),
      ),
    })).node;
    fc.assert(
      fc.property(value, (node) => {
        const text = `{"a":${write(node)}}`;
        const reference = JSON.parse(text, (_key, read: unknown, context?: { source?: string }) =>
          typeof read === 'number' && context?.source !== undefined && isInexact(context.source)
            ? context.source
            : read,
        );
        expect(parsed(text)).toEqual(reference);
      }),
      { numRuns: 500 },
    );
  });
});

/**
 * Independent of the code under test: a number is inexact if printing it again loses digits,
 * including zeros at the end.
 */
function isInexact(source: string): boolean {
  if (/^-?\d+$/.test(source)) return BigInt(source) > 2n ** 53n - 1n || BigInt(source) < -(2n ** 53n - 1n);
  if (/\.\d*0(?:e.*)?$/i.test(source)) return true;
  return source.replace(/e.*/i, '').replace(/[-.]/g, '').replace(/^0+/, '').length > 15;
}

function write(node: unknown): string {
  if (Array.isArray(node)) return `[${node.map(write).join(',')}]`;
  if (typeof node === 'object' && node !== null && 'written' in node) return String(node.written);
  return JSON.stringify(node);
}

describe('a body', () => {
  it.each([
    ['a list', '[]', 'not_an_object'],
    ['null', 'null', 'not_an_object'],
    ['a text', '"x"', 'not_an_object'],
    ['a number', '12345678901234567890', 'not_an_object'],
    ['nothing', '', 'not_json'],
    ['cut off', '{"email":"ada@example.com"', 'not_json'],
    ['a form', 'id=1', 'not_json'],
    ['an unquoted key that quoting would repair', '{12345678901234567890:1}', 'not_json'],
    ['two numbers that quoting would not separate', '{"a":12345678901234567890 1}', 'not_json'],
  ])('that is %s is unreadable, and the reason does not quote it', (_, text, why) => {
    expect(parseBody(text)).toEqual({ ok: false, why });
    expect(parseBody(Buffer.from(text))).toEqual({ ok: false, why });
  });

  it('that is not valid UTF-8 is unreadable', () => {
    expect(parseBody(Buffer.from('{"a":"é"}', 'latin1'))).toEqual({ ok: false, why: 'not_utf8' });
  });

  it('may start with a byte order mark', () => {
    expect(parsed('\uFEFF{"a":1}')).toEqual({ a: 1 });
    expect(parseBody(Buffer.from('\uFEFF{"a":1}'))).toEqual({ ok: true, body: { a: 1 } });
    expect(parsed('{"a":"\uFEFF"}')).toEqual({ a: '\uFEFF' });
  });

  it('keeps the last of duplicate keys, including exact numbers', () => {
    expect(parsed('{"id":1,"id":12345678901234567891,"a":1,"a":2}')).toEqual({ id: '12345678901234567891', a: 2 });
  });

  it.each([
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('nested 10,000 levels deep in %s keeps its long ids exact', (_, open, close) => {
    const deep = open.repeat(10_000) + (open === '[' ? '' : '0') + close.repeat(10_000);
    expect(parsed(`{"deep":${deep},"id":820982911946154508}`).id).toBe('820982911946154508');
  });

  it.each([
    '{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1}}}',
    '{"__proto__":{"polluted":12345678901234567890}}',
  ])('cannot reach a prototype: %s', (text) => {
    const body = parsed(text);
    expect(Object.getPrototypeOf(body)).toBe(Object.prototype);
    expect('polluted' in {}).toBe(false);
    expect('polluted' in body).toBe(false);
  });

  it('of any bytes is either an object or unreadable', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(typeof parseBody(bytes).ok).toBe('boolean');
      }),
    );
  });

  it('of any JSON object is read unchanged', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ noUnicodeString: false })), (object) => {
        const text = JSON.stringify(object);
        fc.pre(!/\d[\d.]{15}/.test(text));
        expect(parsed(text)).toEqual(JSON.parse(text));
      }),
    );
  });
});
