import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyOf } from '../../server/ascent360/body.ts';
import { validatePayload } from '../../server/ascent360/validate-payload.ts';
import { readXml } from '../fakes/read-xml.ts';

const GOOD = { SourceName: 'Shop', SourceType: 'Ecommerce', Email: 'ann@example.com' };

/**
 * What XML 1.0 can hold, one character at a time: the ranges of https://www.w3.org/TR/xml/#charsets
 * as numbers.
 */
const holds = (character: string) => {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd;
  return code < 0xd800 || (code >= 0xe000 && code <= 0xfffd) || code >= 0x10000;
};
const kept = (text: string) => [...text].filter(holds).join('');

/** Texts that cause trouble for XML writers, and any others. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('&', '<', '>', '"', "'", ']]>', '&amp;', '&#13;', '\r\n', '\r', '\t', '<!--', '<?x?>', '</Data>'),
      fc.constantFrom('\u0000', '\u0001', '\u000b', '\u001f', '\u007f', '\ufffe', '\uffff', '\ud800', '\udfff', '😀'),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => parts.join('').trim())
  .filter((value) => value !== '');
const texts = fc.array(text, { minLength: 1, maxLength: 4 });
const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const moment = fc.constantFrom('2026-11-20T10:00:00Z', '2026-11-20T10:00:00-07:00');

/** A valid payload with any keys. */
const payloads = fc
  .record({
    SourceName: text.map((value) => [...value].slice(0, 20).join('').trim()),
    SourceType: fc.constant('Ecommerce'),
    FirstName: some(text),
    LastName: some(text),
    DateOfBirth: some(fc.constant('12-01-1980')),
    Gender: some(fc.constantFrom('male', 'female')),
    Email: fc.constantFrom('ann@example.com', 'o’neil&co@exämple.com', "o'neil<x>@example.com"),
    EmailPermission: some(fc.boolean()),
    Mobile: some(fc.constant('19801234567')),
    Address: some(fc.record({ Addressline1: text, City: some(text), Country: some(fc.constant('USA')) })),
    Activities: some(texts),
    Interests: some(texts),
    NewsLetters: some(texts),
    lists: some(fc.record({ ProviderType: fc.integer({ min: 1 }), ListIds: texts })),
    Order: some(
      fc.record({
        Id: fc.bigInt({ min: 1n, max: 2n ** 63n }).map(String),
        Name: some(text),
        Event: fc.constantFrom('created', 'updated', 'cancelled', 'import'),
        CreatedAt: some(moment),
        Total: some(fc.constant('19.90')),
        Test: some(fc.constant(true)),
        DiscountCodes: some(texts),
        Items: some(
          fc.array(
            fc.record({ Title: some(text), Quantity: fc.integer({ min: 1 }), Price: some(fc.constant('0.10')) }),
            {
              minLength: 1,
              maxLength: 3,
            },
          ),
        ),
      }),
    ),
  })
  .map(({ lists, ...rest }): object => JSON.parse(JSON.stringify({ ...rest, ...lists })));

/** The JSON of the same payload, as far as XML can hold it: written here without the app's code. */
function expected(value: unknown): unknown {
  if (typeof value === 'string') return kept(value);
  if (Array.isArray(value)) return value.map(expected);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, expected(held)]));
}

describe('a payload as XML', () => {
  it('has the root Data, elements named like the keys, lists as repeated elements, and true and false', () => {
    const payload = {
      ...GOOD,
      EmailPermission: true,
      SMSPermission: false,
      ListIds: ['1', '2'],
      Order: {
        Id: '1',
        Items: [
          { Title: 'Lift', Quantity: 2 },
          { Title: 'Ski & Board', Quantity: 1 },
        ],
      },
    };
    expect(bodyOf('xml', payload)).toEqual({
      contentType: 'application/xml; charset=utf-8',
      text:
        '<?xml version="1.0" encoding="UTF-8"?><Data><SourceName>Shop</SourceName><SourceType>Ecommerce</SourceType>' +
        '<Email>ann@example.com</Email><EmailPermission>true</EmailPermission><SMSPermission>false</SMSPermission>' +
        '<ListIds>1</ListIds><ListIds>2</ListIds><Order><Id>1</Id><Items><Title>Lift</Title><Quantity>2</Quantity></Items>' +
        '<Items><Title>Ski &amp; Board</Title><Quantity>1</Quantity></Items></Order></Data>',
    });
  });

  it('read strictly equals the JSON of the same payload, for 1,000 generated ones', () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        expect(validatePayload(payload)).toMatchObject({ ok: true });
        expect(readXml(bodyOf('xml', payload).text)).toEqual(expected(JSON.parse(bodyOf('json', payload).text)));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['isn’t well-formed', '<Data><Email>a</Data>', /unexpected close tag/],
    ['has another root', '<data/>', /the root is data/],
    ['repeats an element that isn’t a list', '<Data><Email>a</Email><Email>b</Email></Data>', /Email is repeated/],
    ['writes a permission in other words', '<Data><EmailPermission>True</EmailPermission></Data>', /not true or false/],
    ['has attributes', '<Data x="1"/>', /Data has attributes/],
    ['has text between elements', '<Data> <Email>a</Email></Data>', /text between/],
    ['has a character that XML can’t hold', '<Data><Email>a\u0001</Email></Data>', /disallowed character/],
    ['declares a document type', '<!DOCTYPE Data><Data/>', /no doctype/],
  ])('is refused by the stand-in if it %s', (_, xml, message) => {
    expect(() => readXml(xml)).toThrow(message);
  });
});
