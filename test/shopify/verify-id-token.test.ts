import { createHmac, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { verifyIdToken } from '../../server/shopify/verify-id-token.ts';
import { signIdToken } from '../fakes/id-token.ts';

const now = Date.UTC(2026, 10, 20, 12);
const seconds = now / 1000;
const secret = 'the secret of now';
const previous = 'the secret of before';
const app = { apiKey: 'client-id', secrets: [secret, previous], now };
const shop = 'snow-shop.myshopify.com';
const right = { apiKey: app.apiKey, secret, shop, userId: '9007199254740993', now };
const caller = { shop, userId: '9007199254740993', issued: { earliest: now, latest: now } };

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const hmac = (text: string) => createHmac('sha256', secret).update(text).digest('base64url');
const claims = {
  iss: `https://${shop}/admin`,
  dest: `https://${shop}`,
  aud: app.apiKey,
  sub: '1',
  exp: seconds + 60,
  nbf: seconds,
};

describe('an ID token', () => {
  it('made by hand with the right claims is trusted, so each refusal below has a single cause', async () => {
    const head = `${part({ alg: 'HS256' })}.${part(claims)}`;
    expect(await verifyIdToken(`${head}.${hmac(head)}`, app)).toEqual({
      shop,
      userId: '1',
      issued: { earliest: now, latest: now },
    });
  });

  it.each([
    ['the current secret', secret],
    ['the previous secret', previous],
  ])('signed with %s is trusted', async (_which, by) => {
    expect(await verifyIdToken(await signIdToken({ ...right, secret: by }), app)).toEqual(caller);
  });

  it.each<[string, Record<string, unknown>, number, number]>([
    ['fetched for this call: within the second it names', { iat: seconds - 1 }, -1000, -1],
    ['kept for longer: at the start of the second it names', { iat: seconds - 30 }, -30_000, -30_000],
    ['from a clock that is ahead: now', { iat: seconds + 5 }, 0, 0],
    ['without iat: when it became valid', { iat: undefined, nbf: seconds - 20 }, -20_000, -20_000],
  ])('has the time of issue of a token %s', async (_what, when, earliest, latest) => {
    const issued = { earliest: now + earliest, latest: now + latest };
    expect(await verifyIdToken(await signIdToken({ ...right, claims: when }), app)).toMatchObject({ issued });
  });

  it.each<[string, Record<string, unknown>]>([
    ['exp just past', { exp: seconds - 9 }],
    ['nbf just ahead', { nbf: seconds + 10 }],
  ])('is trusted within ten seconds of clock skew: %s', async (_what, wrong) => {
    expect(await verifyIdToken(await signIdToken({ ...right, claims: wrong }), app)).toEqual(caller);
  });

  it.each<[string, Record<string, unknown>]>([
    ['exp past', { exp: seconds - 11 }],
    ['exp missing', { exp: undefined }],
    ['exp as text', { exp: `${seconds + 60}` }],
    ['nbf ahead', { nbf: seconds + 11 }],
    ['nbf missing', { nbf: undefined }],
    ['nbf as text', { nbf: `${seconds}` }],
    ['iat ahead', { iat: seconds + 11 }],
    ['iat of no moment', { iat: -1e300 }],
    ['without iat, nbf of no moment', { iat: undefined, nbf: -1e300 }],
    ['iat as text', { iat: `${seconds}` }],
    ['aud of another app', { aud: 'another-id' }],
    ['aud missing', { aud: undefined }],
    ['aud a list, even with ours in it', { aud: [app.apiKey] }],
    ['dest missing', { dest: undefined }],
    ['dest without https', { dest: `http://${shop}` }],
    ['dest without a scheme', { dest: shop }],
    ['dest with as many other characters in place of https://', { dest: `wss://x.${shop}` }],
    ['dest with a path', { dest: `https://${shop}/` }],
    ['dest with a port', { dest: `https://${shop}:443` }],
    ['dest a list', { dest: [`https://${shop}`] }],
    ['iss missing', { iss: undefined }],
    ['iss of another shop', { iss: 'https://other-shop.myshopify.com/admin' }],
    ['iss without /admin', { iss: `https://${shop}` }],
    ['iss with a slash at the end', { iss: `https://${shop}/admin/` }],
    ['sub missing', { sub: undefined }],
    ['sub empty', { sub: '' }],
    ['sub a word', { sub: 'admin' }],
    ['sub no text', { sub: 1 }],
    ['sub more than a number', { sub: '1x' }],
    ['sub a negative number', { sub: '-1' }],
    ['sub a global id', { sub: 'gid://shopify/User/1' }],
  ])('is refused if one claim is wrong: %s', async (_what, wrong) => {
    expect(await verifyIdToken(await signIdToken({ ...right, claims: wrong }), app)).toBeNull();
  });

  it.each([
    'snow-shop.example.com',
    'myshopify.com',
    '.myshopify.com',
    'a.b.myshopify.com',
    '-a.myshopify.com',
    'snow_shop.myshopify.com',
    'snow-shop.myshopify.com.example.com',
    'snow-shop.myshopify.com\n',
    'me@snow-shop.myshopify.com',
    'Snow-Shop.myshopify.com',
    `${'x'.repeat(242)}.myshopify.com`,
  ])('is refused for a shop that isn’t exactly name.myshopify.com: %j', async (name) => {
    expect(await verifyIdToken(await signIdToken({ ...right, shop: name }), app)).toBeNull();
  });

  const unsigned = `${part({ alg: 'none' })}.${part(claims)}`;
  const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  it.each<[string, () => string | Promise<string>]>([
    ['another secret', () => signIdToken({ ...right, secret: 'guessed' })],
    ['HS512', () => signIdToken({ ...right, secret: secret.repeat(4), header: { alg: 'HS512' } })],
    ['RS256', () => new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(rsa())],
    ['none, without a signature', () => `${unsigned}.`],
    ['none, with a signature', () => `${unsigned}.${hmac(unsigned)}`],
  ])('signed with %s is refused', async (_how, token) => {
    const secrets = [secret, secret.repeat(4)];
    expect(await verifyIdToken(await token(), { ...app, secrets })).toBeNull();
  });

  it('whose claims were changed after signing is refused', async () => {
    const [header = '', , signature = ''] = (await signIdToken(right)).split('.');
    const other = 'https://other-shop.myshopify.com';
    expect(
      await verifyIdToken(`${header}.${part({ ...claims, dest: other, iss: `${other}/admin` })}.${signature}`, app),
    ).toBeNull();
  });

  it('that isn’t a token at all is refused without a crash', async () => {
    const signed = (payload: string) => {
      const head = `${part({ alg: 'HS256' })}.${Buffer.from(payload).toString('base64url')}`;
      return `${head}.${hmac(head)}`;
    };
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json().map(signed), fc.string().map(signed)), async (token) => {
        expect(await verifyIdToken(token, app)).toBeNull();
      }),
    );
  });
});
