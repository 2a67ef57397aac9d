import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasSignature, openSigned, openWebhook, verifyWebhook } from '../../server/shopify/verify-webhook.ts';

const rawBody = Buffer.from('{"id":1}');
const sign = (secret: string, body: Buffer = rawBody) => createHmac('sha256', secret).update(body).digest('base64');
const good = sign('current');

describe('a signature', () => {
  it.each([
    ['made with the current secret', good],
    ['made with the previous secret', sign('previous')],
  ])('%s is accepted', (_, hmacHeader) => {
    expect(verifyWebhook({ rawBody, hmacHeader, secrets: ['current', 'previous'] })).toBe(true);
  });

  /** The last character before the padding carries two bits that a lenient decoder ignores. */
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const sibling = `${good.slice(0, 42)}${ALPHABET.charAt(ALPHABET.indexOf(good.charAt(42)) ^ 1)}=`;

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['of another secret', sign('other')],
    ['of another body', sign('current', Buffer.from('{"id":2}'))],
    ['in hex', createHmac('sha256', 'current').update(rawBody).digest('hex')],
    ['without its padding', good.slice(0, -1)],
    ['with white space', ` ${good}`],
    ['with a line break', `${good}\n`],
    ['given twice', `${good}, ${good}`],
    ['of the same bytes in another spelling', sibling],
    ['of 31 bytes', Buffer.alloc(31).toString('base64')],
    ['of 33 bytes', Buffer.alloc(33).toString('base64')],
  ])('that is %s is refused', (_, hmacHeader) => {
    expect(verifyWebhook({ rawBody, hmacHeader, secrets: ['current', 'previous'] })).toBe(false);
  });

  it('of the same bytes in another spelling decodes to the same bytes, so only strictness refuses it', () => {
    expect(Buffer.from(sibling, 'base64')).toEqual(Buffer.from(good, 'base64'));
    expect(sibling).not.toBe(good);
  });

  it('is never accepted without a secret, or with an empty one', () => {
    expect(verifyWebhook({ rawBody, hmacHeader: sign(''), secrets: [] })).toBe(false);
    expect(verifyWebhook({ rawBody, hmacHeader: sign(''), secrets: [''] })).toBe(false);
  });

  it('covers every byte of the body', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, at, flip) => {
        const body = Buffer.from(bytes);
        const changed = Buffer.from(bytes);
        const index = at % changed.length;
        changed[index] = (changed[index] ?? 0) ^ flip;
        const hmacHeader = sign('current', body);
        expect(verifyWebhook({ rawBody: body, hmacHeader, secrets: ['current'] })).toBe(true);
        expect(verifyWebhook({ rawBody: changed, hmacHeader, secrets: ['current'] })).toBe(false);
      }),
    );
  });
});

describe('a verified webhook', () => {
  it('is made from the verified bytes, and only after verification', () => {
    expect(openWebhook({ rawBody, hmacHeader: good, secrets: ['current'] })?.rawBody).toBe(rawBody);
    expect(openWebhook({ rawBody, hmacHeader: good, secrets: ['other'] })).toBeNull();
  });

  it('is not a run of the Flow action, which is signed with the same secret for its own route', () => {
    const run = Buffer.from('{"action_run_id":"a"}');
    const request = { rawBody: run, hmacHeader: sign('current', run), secrets: ['current'] };
    expect(openSigned(request)?.rawBody).toBe(run);
    expect(openWebhook(request)).toBeNull();
  });

  it('is neither a token nor a query, even if signed with the app’s secret', () => {
    for (const text of ['abc.def', 'a=b&shop=snow.myshopify.com&timestamp=1']) {
      const body = Buffer.from(text);
      expect(openSigned({ rawBody: body, hmacHeader: sign('current', body), secrets: ['current'] })).toBeNull();
    }
  });

  it('needs a header in the form of a signature, which is checked before the body is read', () => {
    expect([good, undefined, 'abc', `${good} `].map(hasSignature)).toEqual([true, false, false, false]);
  });
});
