import { describe, expect, it } from 'vitest';
import { isFlowRun, isTokenOrQuery } from '../../server/shopify/signed-otherwise.ts';

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const header = part({ alg: 'HS256', typ: 'JWT' });
const claims = part({ iss: 'https://snow.myshopify.com/admin', dest: 'https://snow.myshopify.com' });
/** In base64 it has the two characters that the alphabets write differently. */
const oddHeader = Buffer.from('{"kid": "\xfb\xff\xbf"}', 'latin1');
const padded = (text: string) => text.padEnd(Math.ceil(text.length / 4) * 4, '=');

describe('a signed text that a stranger can get hold of', () => {
  it.each([
    ['the signed part of an ID token', `${header}.${claims}`],
    ['any base64url.base64url', 'abc.def'],
    ['base64url with all its characters', 'a-b_0.C-D_9'],
    ['the same between white space', ' a-b_0.C-D_9\n'],
    ['base64url that begins like a number', '3.14e'],
    ['base64url that begins with a number', '3.14abc'],
    ['a token with its signature', `${header}.${claims}.${claims}`],
    ['a token with nothing after its header', `${header}.`],
    ['a token with a fourth part', `${header}.${claims}.${claims}.x`],
    ['a token whose header has white space before it', `${Buffer.from(' {"alg":"HS256"}').toString('base64url')}.a/b`],
    ['a padded token', `${padded(header)}.${padded(claims)}`],
    ['a token in the other base64 alphabet', `${header}.a+b/c`],
    ['a padded token whose header has every character', `${oddHeader.toString('base64')}.a=`],
    ['the same in the alphabet of URLs', `${oddHeader.toString('base64url')}.a=`],
    ['a token between white space', `\n ${header}.${claims}\r\n`],
    ['a token broken into lines', `${header.slice(0, 8)}\n${header.slice(8)}.\n${claims}`],
    ['a token behind a byte order mark', `\uFEFF${header}.${claims}`],
    ['a token whose claims aren’t encoded', `${header}.{"b64":false}`],
    ['a launch query', 'embedded=1&host=YWJj&shop=snow.myshopify.com&timestamp=1760000000'],
    ['any a=b&c=d', 'a=b&c=d'],
    ['an OAuth callback', 'code=0907&host=YWJj&shop=snow.myshopify.com&state=0.6&timestamp=1337178173'],
    ['a query with a list', 'ids[]=1&ids[]=2&shop=snow.myshopify.com&timestamp=1'],
    ['a query with spaces', 'my key=a b&shop=snow.myshopify.com&timestamp=1'],
    ['a query with one pair', 'a=b'],
    ['a query behind white space', '\n a=b'],
    ['a query behind an ampersand', '&a=b'],
    ['an app proxy’s call, without ampersands', 'path_prefix=/apps/xshop=snow.myshopify.comtimestamp=1317327555'],
    ['a query whose first name is a JSON object', '\n{"id":1,"x":"=&shop=snow.myshopify.com&timestamp=1&zz="}'],
    ['the same of a shop with a number', '\n{"id":1,"x":"=&shop=snow-2-go.myshopify.com&timestamp=1&zz="}'],
    ['the same, URL-encoded', '%0A%7B%22id%22%3A1%7D=&shop=snow.myshopify.com&timestamp=1'],
  ])('is never taken for a webhook: %s', (_, text) => {
    expect(isTokenOrQuery(Buffer.from(text))).toBe(true);
  });

  it.each<readonly [string, string | Buffer]>([
    ['an object', '{"id":1}'],
    ['an object whose texts look like a query', '{"note":"a=b&shop=snow.myshopify.com&timestamp=1&c=d"}'],
    ['an object whose text looks like a token', `{"note":"${header}.${claims}"}`],
    ['an object with white space before it', ' \n{"id":1}'],
    ['the header of a token alone', header],
    ['an address', 'www.example.com'],
    ['a word and a full stop', 'closed.'],
    ['three words with periods between them', 'no.such.shop'],
    ['a path', 'a/b.html'],
    ['a JSON text that looks like a token', '"abc.def"'],
    ['an address and words', 'www.example.com is closed'],
    ['a byte order mark inside a word', 'abc\uFEFF.def'],
    ['an array whose words look like a header', '[{"eyes":"1.5"}]'],
    ['words that begin like a header', 'eyes: 1.5'],
    ['words with an equals sign', 'Our shop = closed'],
    ['an equals sign before everything', '=b'],
    ...[...'<>"\'{}'].map((sign): [string, string] => [`a name with ${sign}`, ` ${sign}a=b`]),
    ['a time without a shop', '["timestamp=1"]'],
    ['a shop and a time that is none', '["shop=snow.myshopify.com&timestamp=now"]'],
    ['a shop without a time', '["shop=snow.myshopify.com"]'],
    ['half an object', '{"id":'],
    ['an array', '[1]'],
    ['an array with an equals sign', '["a=b"]'],
    ['a text', '"a=b"'],
    ['a number', '5'],
    ['a number with decimals', '3.14'],
    ['a number with an exponent', ' -2.50e+3\n'],
    ['a number with a small exponent', '1.5e-3'],
    ['a number with an exponent without a sign', '1.5E30'],
    ['a full stop and a word', '.def'],
    ['null', 'null'],
    ['nothing', ''],
    ['a page', '<html lang="en">The shop = closed.</html>'],
    ['words', 'Not json. At all.'],
    ['bytes that aren’t text', Buffer.of(0xff, 0xfe, 0, 1)],
  ])('differs from what only Shopify can have signed: %s', (_, text) => {
    expect(isTokenOrQuery(Buffer.from(text))).toBe(false);
  });
});

describe('a run of the Flow action', () => {
  it.each([
    ['a run', '{"shop_id":1,"action_run_id":"a-b","handle":"send-to-ascent360"}', true],
    ['a run behind white space', ' {"action_run_id":"a-b"}', true],
    ['a body with that word in a nested object', '{"id":1,"note":{"action_run_id":"a"}}', false],
    ['a body with that word as a value', '{"id":1,"note_attributes":[{"name":"action_run_id"}]}', false],
    ['no JSON', '{"action_run_id"', false],
  ])('is recognised by its own top-level field alone: %s', (_, text, is) => {
    expect(isFlowRun(Buffer.from(text))).toBe(is);
  });
});
