import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import express from 'express';
import request from 'supertest';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createAccess } from '../../server/admin/access.ts';
import { ShopFacts } from '../../server/admin/documents.generated.ts';
import { OAuthError } from '../../server/admin/oauth-error.ts';
import { exchangeOnCall } from '../../server/http/exchange-on-call.ts';
import {
  accessOf,
  dropLease,
  eraseTokens,
  keepRefreshed,
  loadToken,
  markRefused,
  takeLease,
} from '../../server/store/shops/admin-tokens.ts';
import { openProblems } from '../../server/store/shops/problems.ts';
import type { AdminBehaviour } from '../fakes/shopify-shop.ts';
import { adminScene, failureOf, SECRETS } from './scene.ts';

const scene = adminScene(() => {});

const state = async () => (await accessOf(scene.db, scene.shop)).state;
const tokenCalls = () => scene.fake.calls.filter(({ path }) => path === '/admin/oauth/access_token');

describe('token exchange', () => {
  it('exchanges the ID token for an expiring offline token, with the current secret, at the token’s shop', async () => {
    const idToken = await scene.idToken();
    expect(await scene.access.exchange(scene.shop, idToken)).toBe(true);
    expect(tokenCalls()).toMatchObject([{ shop: scene.shop.domain, method: 'POST' }]);
    expect(JSON.parse(tokenCalls()[0]?.body ?? '')).toEqual({
      client_id: 'client-id',
      client_secret: SECRETS[0],
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: idToken,
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      requested_token_type: 'urn:shopify:params:oauth:token-type:offline-access-token',
      expiring: '1',
    });
    expect(await state()).toBe('ok');
    expect((await scene.admin.run(scene.shop, ShopFacts, {})).data.shop.ianaTimezone).toBe('America/Denver');
  });

  it('uses the current secret even for an ID token signed with the previous one: what the previous one asked for would expire with it', async () => {
    const idToken = await scene.idToken(SECRETS[1]);
    expect(await scene.access.exchange(scene.shop, idToken)).toBe(true);
    expect(JSON.parse(tokenCalls()[0]?.body ?? '')).toMatchObject({
      client_secret: SECRETS[0],
      subject_token: idToken,
    });
  });

  it('happens once for many calls at once, and not while there is a token', async () => {
    const many = await Promise.all(Array.from({ length: 50 }, () => scene.install()));
    expect(many).toEqual(Array(50).fill(true));
    await scene.install();
    expect(scene.there.tokens.exchanges).toBe(1);
  });

  it.each([
    ['Shopify refuses the ID token', { status: 400, error: 'invalid_subject_token' }, 'invalid_subject_token'],
    ['Shopify is down', { status: 503, error: 'unavailable' }, 'unavailable'],
  ])('that fails leaves the shop without access, and says why: %s', async (_, refusal, failure) => {
    scene.there.tokens.refuseExchange = refusal;
    expect(await scene.install()).toBe(false);
    expect(await accessOf(scene.db, scene.shop)).toEqual({ state: 'missing', failure });
    expect(await failureOf(scene.access.token(scene.shop))).toBe('no_access');
    expect(await scene.admin.hasAccess(scene.shop)).toBe(false);
  });

  it.each([
    ['cuts the connection', { cut: true }, 'network'],
    ['answers with a page', { html: true }, 'unreadable'],
    ['answers with an outage page', { html: true, status: 502 }, 'unreadable'],
  ] as const)('is not repeated by every call if Shopify %s, and works later', async (_, behaviour, failure) => {
    scene.there.behaveTokens([behaviour]);
    expect(await scene.install()).toBe(false);
    expect(scene.access.isFailing(scene.shop)).toBe(true);
    expect(await scene.install()).toBe(false);
    expect(tokenCalls()).toHaveLength(1);
    expect((await accessOf(scene.db, scene.shop)).failure).toBe(failure);
    const another = scene.process();
    expect(await another.access.exchange(scene.shop, await scene.idToken())).toBe(true);
    expect(await accessOf(scene.db, scene.shop)).toEqual({ state: 'ok', failure: null });
  });

  it('that goes on failing rests for twice as long each time, for a minute at most, until one succeeds', async () => {
    let clock = Math.ceil(performance.now());
    const spy = vi.spyOn(performance, 'now').mockImplementation(() => clock);
    onTestFinished(() => void spy.mockRestore());
    const restBefore = async (attempt: AdminBehaviour) => {
      const [before, began] = [tokenCalls().length, clock];
      scene.there.behaveTokens([attempt]);
      for (;;) {
        await scene.install();
        if (tokenCalls().length > before) return (clock - began) / 1000;
        clock += 1000;
      }
    };
    const rests: number[] = [];
    for (const _ of Array(8)) rests.push(await restBefore({ cut: true }));
    expect(rests).toEqual([0, 1, 2, 4, 8, 16, 32, 60]);
    expect(await restBefore({})).toBe(60);
    expect([await state(), scene.access.isFailing(scene.shop)]).toEqual(['ok', false]);
    await eraseTokens(scene.db, scene.shop, Date.now(), false);
    expect([await restBefore({ cut: true }), await restBefore({ cut: true })]).toEqual([0, 1]);
  });

  it('is waited for by a call again once a failed one is minutes old: the app may have got, and lost, a token in another way since', async () => {
    let clock = Math.ceil(performance.now());
    const spy = vi.spyOn(performance, 'now').mockImplementation(() => clock);
    onTestFinished(() => void spy.mockRestore());
    const { db, admin, log, access, shop } = scene;
    const app = express().use(
      (_req, res, next) => {
        res.locals['merchant'] = { shop, userId: '42' };
        next();
      },
      exchangeOnCall({ db, admin, access, log }),
      async (_req, res) => void res.json(await state()),
    );
    /** What the app has when the call is answered. */
    const call = async () =>
      (
        await request(app)
          .get('/')
          .auth(await scene.idToken(), { type: 'bearer' })
      ).body;
    scene.there.behaveTokens([{ cut: true }]);
    expect(await call()).toBe('missing');
    expect(await scene.process().access.exchange(shop, await scene.idToken())).toBe(true);
    await eraseTokens(db, shop, Date.now(), false);
    clock += 120_000;
    scene.there.behaveTokens([{ delayMs: 200 }]);
    expect(await call()).toBe('ok');
  });

  it.each([
    ['uninstalled_at', 'meanwhile'],
    ['erased_at', 'meanwhile'],
    ['uninstalled_at', 'before it had a row for the token'],
    ['uninstalled_at', 'once more'],
  ])('that ends after the shop got its %s, %s, keeps no token, and the next one does', async (column, when) => {
    const change = async (value: string) =>
      await scene.db.query(`UPDATE shops SET ${column} = ${value} WHERE id = $1`, [scene.shop.id]);
    if (when === 'once more') await change(`now() - interval '1 hour'`);
    const exchange: typeof scene.oauth.exchange = async (domain, idToken) => {
      const granted = await scene.oauth.exchange(domain, idToken);
      await change('now()');
      if (when !== 'before it had a row for the token') await eraseTokens(scene.db, scene.shop, Date.now(), false);
      return granted;
    };
    const access = createAccess({ ...scene, oauth: { ...scene.oauth, exchange }, now: Date.now });
    expect(await access.exchange(scene.shop, await scene.idToken())).toBe(false);
    expect(await loadToken(scene.db, scene.shop)).toBeNull();
    await change('NULL');
    expect(await scene.install()).toBe(true);
  });

  it('ends by itself if it is never answered', async () => {
    const hasty = scene.process(100);
    scene.there.behaveTokens([{ delayMs: 60_000 }]);
    expect(await hasty.access.exchange(scene.shop, await scene.idToken())).toBe(false);
    expect((await accessOf(scene.db, scene.shop)).failure).toBe('timeout');
  });
});

describe('an application-only token', () => {
  const gaining = (forApp: typeof scene.oauth.forApp) =>
    createAccess({ ...scene, oauth: { ...scene.oauth, forApp }, now: Date.now });

  it('is asked for once, and again shortly before it ends', async () => {
    let asked = 0;
    const access = gaining(async () => {
      asked += 1;
      return { accessToken: `app-${asked}`, refreshToken: null, accessLifetime: 3_600_000, refreshLifetime: null };
    });
    expect([await access.gain(scene.shop), await access.gain(scene.shop)]).toEqual([true, true]);
    expect((await loadToken(scene.db, scene.shop))?.access).toBe('app-1');
    await scene.expireIn(60_000);
    expect(await access.gain(scene.shop)).toBe(true);
    expect((await loadToken(scene.db, scene.shop))?.access).toBe('app-2');
    expect(tokenCalls()).toEqual([]);
  });

  it('that Shopify doesn’t give keeps nobody who opens the app from an exchange', async () => {
    const access = gaining(async () => {
      throw new OAuthError(true, 'invalid_client');
    });
    expect([await access.gain(scene.shop), access.isFailing(scene.shop)]).toEqual([false, false]);
    expect(await accessOf(scene.db, scene.shop)).toEqual({ state: 'missing', failure: 'invalid_client' });
    expect(await access.exchange(scene.shop, await scene.idToken())).toBe(true);
  });
});

describe('secrets', () => {
  it('never appear in a log or an error, whatever fails', async () => {
    const said: unknown[] = [];
    const say = (...what: unknown[]) => void said.push(what);
    const log = { debug: say, info: say, warn: say, error: say, fatal: say };
    const forged = await scene.idToken('a guessed secret');
    const right = await scene.idToken();
    const failing = () => scene.process(undefined, log);
    expect(await failing().access.exchange(scene.shop, forged)).toBe(false);
    for (const behaviour of [{ cut: true }, { html: true }, { status: 400 }, { status: 503 }] as const) {
      scene.there.behaveTokens([behaviour]);
      expect(await failing().access.exchange(scene.shop, right)).toBe(false);
    }
    await scene.install();
    const token = await loadToken(scene.db, scene.shop);
    scene.there.behave(() => ({ status: 401 }));
    scene.there.tokens.revoke();
    const process = failing();
    await process.admin.run(scene.shop, ShopFacts, {}).catch(say);
    await process.oauth.refresh(scene.shop.domain, token?.refresh ?? '').catch(say);
    await process.oauth.exchange(scene.shop.domain, forged).catch(say);
    expect(said).toHaveLength(9);
    const all = inspect(said, { depth: 9, showHidden: true });
    for (const secret of [forged, right, token?.access, token?.refresh, ...SECRETS]) {
      expect(all.includes(secret ?? '')).toBe(false);
    }
  });
});

describe('the stored pair', () => {
  it('is sealed: neither token is in the database in plain text', async () => {
    await scene.install();
    const token = await loadToken(scene.db, scene.shop);
    const [row] = await scene.db.query<{ whole: string }>(
      `SELECT row_to_json(t)::text || encode(pair, 'escape') AS whole FROM admin_tokens t
       WHERE shop_id = $1`,
      [scene.shop.id],
    );
    expect(token?.access).toMatch(/^shpat_/);
    expect(row?.whole).not.toContain(token?.access);
    expect(row?.whole).not.toContain(token?.refresh);
  });

  it.each([
    ['uninstalled', false, 0],
    ['uninstalled before it was installed again', true, 0],
    ['uninstalled and the pair was created after that', true, -60_000],
  ])('is erased if the app was %s', async (_, again, offset) => {
    await scene.install();
    await eraseTokens(scene.db, scene.shop, Date.now() + 1000 + offset, again);
    expect(await state()).toBe(offset < 0 ? 'ok' : 'missing');
  });
});

describe('a refresh', () => {
  beforeEach(() => scene.install());

  it('happens shortly before the token expires, and not a second earlier', async () => {
    await scene.access.token(scene.shop);
    await scene.expireIn(6 * 60_000);
    await scene.access.token(scene.shop);
    expect(scene.there.tokens.refreshes).toBe(0);
    await scene.expireIn(4 * 60_000);
    await scene.access.token(scene.shop);
    expect(scene.there.tokens.refreshes).toBe(1);
    await scene.access.token(scene.shop);
    expect(scene.there.tokens.refreshes).toBe(1);
  });

  it('happens once for 50 callers in two processes, who all get the new token', async () => {
    const other = scene.process();
    scene.there.tokens.expireAccess();
    await scene.expireIn(-1000);
    scene.there.behaveTokens([{ delayMs: 300 }]);
    const tokens = await Promise.all(
      Array.from({ length: 50 }, (_, i) => (i % 2 ? scene : other).access.token(scene.shop)),
    );
    expect(scene.there.tokens.refreshes).toBe(1);
    expect(new Set(tokens.map(({ access }) => access))).toEqual(
      new Set([(await loadToken(scene.db, scene.shop))?.access]),
    );
    expect((await scene.admin.run(scene.shop, ShopFacts, {})).denied).toEqual([]);
  });

  it('that died after Shopify issued the new pair is repeated with the old refresh token', async () => {
    const old = await loadToken(scene.db, scene.shop);
    await scene.oauth.refresh(scene.shop.domain, old?.refresh ?? '');
    await scene.db.query(
      `UPDATE admin_tokens SET lease_owner = gen_random_uuid(), lease_until = now() - interval '1 ms'`,
    );
    await scene.expireIn(-1000);
    await scene.access.token(scene.shop);
    expect((await scene.admin.run(scene.shop, ShopFacts, {})).data.shop.name).toBe(scene.there.facts.name);
  });

  it('whose answer names no new refresh token leaves the one that we have', async () => {
    await scene.expireIn(-1000);
    scene.there.behaveTokens([{ text: '{"access_token":"shpat_soon_over"}' }]);
    expect((await scene.access.token(scene.shop)).version).toBe(2);
    await scene.expireIn(-1000);
    expect(await scene.admin.hasAccess(scene.shop)).toBe(true);
    expect((await scene.admin.run(scene.shop, ShopFacts, {})).data.shop.name).toBe(scene.there.facts.name);
    expect((await scene.access.token(scene.shop)).version).toBe(3);
  });

  it('is of the version that it began with, and counts only while its process still has the lease', async () => {
    const { db, shop } = scene;
    const { version = 0 } = (await loadToken(db, shop)) ?? {};
    const [one, another] = [randomUUID(), randomUUID()];
    const granted = { accessToken: 'late', refreshToken: null, accessLifetime: null, refreshLifetime: null };
    expect(await takeLease(db, shop, version - 1, one)).toBe(false);
    expect(await takeLease(db, shop, version, one)).toBe(true);
    await dropLease(db, shop, another, 'timeout');
    expect(await takeLease(db, shop, version, another)).toBe(false);
    expect(await keepRefreshed(db, shop, another, granted)).toBe(false);
    expect(await loadToken(db, shop)).toMatchObject({ version, access: expect.stringMatching(/^shpat_/) });
    expect([await markRefused(db, shop, version - 1, 'x'), await markRefused(db, shop, version, 'x')]).toEqual([
      false,
      true,
    ]);
    expect(await markRefused(db, shop, version, 'x')).toBe(false);
  });

  it('may fail as long as the token can still be used', async () => {
    await scene.expireIn(60_000);
    scene.there.behaveTokens([{ status: 503 }, { status: 503 }]);
    expect((await scene.access.token(scene.shop)).version).toBe(1);
    await scene.expireIn(-1000);
    expect(await failureOf(scene.access.token(scene.shop))).toBe('later');
    expect(await state()).toBe('ok');
    expect((await scene.access.token(scene.shop)).version).toBe(2);
  });

  it.each([
    ['does not know the app’s secret', 401, '{"error":"invalid_client"}', 'invalid_client'],
    ['does not know the app', 400, '{"error":"application_cannot_be_found"}', 'application_cannot_be_found'],
    ['blocks the call', 403, '{"errors":"Forbidden"}', 'status_403'],
  ])('that fails because Shopify %s says nothing of the token: it is tried again', async (_, status, text, code) => {
    await scene.expireIn(-1000);
    scene.there.behaveTokens([{ status, text }]);
    const error = await scene.access.token(scene.shop).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ failure: 'later', why: code });
    expect(await state()).toBe('ok');
    expect((await scene.access.token(scene.shop)).version).toBe(2);
  });

  it('that goes on failing is told about, until Shopify can be read again', async () => {
    await scene.expireIn(-1000);
    scene.there.behaveTokens([{ status: 503 }]);
    expect(await failureOf(scene.admin.run(scene.shop, ShopFacts, {}))).toBe('later');
    expect(await openProblems(scene.db, scene.shop)).toMatchObject([
      { kind: 'shopify_failing', detail: { code: 'status_503' } },
    ]);
    await scene.admin.run(scene.shop, ShopFacts, {});
    expect(await openProblems(scene.db, scene.shop)).toEqual([]);
  });

  it('that failed for a token that has ended is not needed once somebody opens the app', async () => {
    await scene.expireIn(-1000);
    scene.there.behaveTokens([{ status: 503 }]);
    expect(await failureOf(scene.access.token(scene.shop))).toBe('later');
    await scene.install();
    expect(scene.there.tokens).toMatchObject({ exchanges: 2, refreshes: 0 });
    expect((await scene.access.token(scene.shop)).version).toBe(2);
  });

  it('that Shopify refuses because another process has replaced the pair meanwhile gives that one’s token', async () => {
    await scene.expireIn(-1000);
    const other = scene.process();
    const refresh: typeof scene.oauth.refresh = async () => {
      // This process stood still for longer than its lease.
      await scene.db.query(`UPDATE admin_tokens SET lease_until = now() - interval '1 ms'`);
      await other.access.token(scene.shop);
      throw new OAuthError(true, 'invalid_grant');
    };
    const access = createAccess({ ...scene, oauth: { ...scene.oauth, refresh }, now: Date.now });
    expect((await access.token(scene.shop)).version).toBe(2);
    expect(await state()).toBe('ok');
    expect(await openProblems(scene.db, scene.shop)).toEqual([]);
  });

  it('that Shopify refuses means that the app has to be opened; opening it restores access', async () => {
    scene.there.tokens.revoke();
    await scene.expireIn(-1000);
    expect(await failureOf(scene.access.token(scene.shop))).toBe('no_access');
    expect(await failureOf(scene.access.token(scene.shop))).toBe('no_access');
    expect(await accessOf(scene.db, scene.shop)).toEqual({ state: 'needs_opening', failure: 'invalid_grant' });
    expect(await openProblems(scene.db, scene.shop)).toMatchObject([{ kind: 'admin_access', count: 1 }]);
    expect(tokenCalls()).toHaveLength(2);
    await scene.install();
    expect(await state()).toBe('ok');
    expect(await openProblems(scene.db, scene.shop)).toEqual([]);
  });
});

describe('a 401 from Shopify', () => {
  beforeEach(() => scene.install());
  const run = () => scene.admin.run(scene.shop, ShopFacts, {});

  it('leads to one refresh, and the call succeeds', async () => {
    scene.there.tokens.expireAccess();
    expect((await run()).data.shop.name).toBe(scene.there.facts.name);
    expect(scene.there.tokens.refreshes).toBe(1);
  });

  it('to several calls at once leads to one refresh for all of them', async () => {
    scene.there.tokens.expireAccess();
    const other = scene.process();
    const runs = Array.from({ length: 20 }, (_, i) => (i % 2 ? scene : other).admin.run(scene.shop, ShopFacts, {}));
    expect((await Promise.all(runs)).map(({ denied }) => denied)).toEqual(Array(20).fill([]));
    expect(scene.there.tokens.refreshes).toBe(1);
  });

  it('that soon passes after a refresh ends nothing: the new token may not be known everywhere yet', async () => {
    scene.there.behave(Array(4).fill({ status: 401 }));
    expect((await run()).data.shop.name).toBe(scene.there.facts.name);
    expect(scene.there.tokens.refreshes).toBe(1);
    expect(await state()).toBe('ok');
    expect(await openProblems(scene.db, scene.shop)).toEqual([]);
  });

  it('that goes on after a refresh is an outage like any other: the pair that Shopify has just issued is kept, and works afterwards', async () => {
    scene.there.behave(() => ({ status: 401 }));
    expect(await failureOf(run())).toBe('later');
    expect(scene.there.tokens.refreshes).toBe(1);
    expect(await state()).toBe('ok');
    expect(await openProblems(scene.db, scene.shop)).toMatchObject([
      { kind: 'shopify_failing', detail: { code: 'status_401' } },
    ]);
    scene.there.behave([]);
    expect((await run()).data.shop.name).toBe(scene.there.facts.name);
    expect(await openProblems(scene.db, scene.shop)).toEqual([]);
  });

  it('that goes on after a refresh has another token exchanged once somebody opens the app', async () => {
    scene.there.behave(() => ({ status: 401 }));
    expect(await failureOf(run())).toBe('later');
    await scene.install();
    expect(scene.there.tokens).toMatchObject({ exchanges: 2, refreshes: 1 });
    scene.there.behave([]);
    await run();
    await scene.install();
    expect(scene.there.tokens).toMatchObject({ exchanges: 2, refreshes: 1 });
  });

  it('without one, a 403 that goes on has another token exchanged, too: Shopify gives that answer to a token that may no longer be used', async () => {
    scene.there.behave(() => ({ status: 403 }));
    expect(await failureOf(run())).toBe('later');
    scene.there.behave([]);
    await scene.install();
    await run();
    await scene.install();
    expect(scene.there.tokens).toMatchObject({ exchanges: 2, refreshes: 0 });
  });

  it('after an uninstallation we don’t know about yet means that the app has to be opened', async () => {
    scene.there.tokens.revoke();
    expect(await failureOf(run())).toBe('no_access');
    expect(await state()).toBe('needs_opening');
    expect(await scene.install()).toBe(true);
    expect((await run()).data.shop.name).toBe(scene.there.facts.name);
  });
});
