import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseSettings } from '../../../server/domain/settings/contract.ts';
import type { Db } from '../../../server/platform/database/db.ts';
import { createKeys } from '../../../server/platform/keys.ts';
import { noteSending } from '../../../server/store/consent/told-flags.ts';
import { noteAcceptedStates } from '../../../server/store/deliveries/entity-states.ts';
import { clearProblem, noteProblem, noteProof, type Refusal, saveSeen } from '../../../server/store/shops/proof.ts';
import { listChanges } from '../../../server/store/shops/setting-changes.ts';
import {
  type AcceptedSettings,
  loadSettings,
  removeGuid,
  saveSettings,
  whileItHas,
} from '../../../server/store/shops/settings.ts';
import { createShops, type Shop, type Shops } from '../../../server/store/shops/shops.ts';
import { testDatabase } from '../../fakes/database.ts';

const first = '3f2a91c4-7b0e-4d55-9a61-0c8de2f4b7a9';
const second = '9d41be07-52aa-4c1f-8e36-71f0a5cd1e02';
/** Ends like `first`. */
const alike = '0b1f6e2d-8c44-4a7e-9d3a-5e6f7081b7a9';
const t0 = Date.UTC(2026, 10, 20, 12);
const t1 = t0 + 60_000;

let db: Db;
let shops: Shops;
let made = 0;

beforeAll(async () => {
  db = await testDatabase();
  shops = createShops(db, createKeys([{ id: 'k1', bytes: Buffer.alloc(32, 7) }]));
});
afterAll(async () => await db.close());

async function newShop(): Promise<Shop> {
  made += 1;
  return await shops.ensure(`shop-${made}.myshopify.com`);
}

function accepted(document: object): AcceptedSettings {
  const parsed = parseSettings(document, { developmentStore: false });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed;
}

const save = async (shop: Shop, document: object, now = t0) =>
  await saveSettings(db, shop, accepted(document), { who: '42', now });
const problem = { error: '403 Forbidden', now: t0, probeAt: t1 };
const refused = async (shop: Shop, guid: string, refusal: Refusal = problem) =>
  await whileItHas(db, shop, guid, async (sql) => await noteProblem(sql, shop, refusal));
const taken = async (shop: Shop, guid: string) =>
  await whileItHas(db, shop, guid, async (sql) => await clearProblem(sql, shop));
const proven = async (shop: Shop, guid: string, now: number) =>
  await whileItHas(db, shop, guid, async (sql) => await noteProof(sql, shop, now));

describe('saved settings', () => {
  it('are null until something is saved', async () => {
    expect(await loadSettings(db, await newShop())).toBeNull();
  });

  it('are returned complete, without a GUID if none was given', async () => {
    const shop = await newShop();
    await save(shop, { sourceName: 'Snow', providerType: 7, listIds: ['31'], paused: true });
    expect(await loadSettings(db, shop)).toEqual({
      settings: accepted({ sourceName: 'Snow', providerType: 7, listIds: ['31'], paused: true }).settings,
      guid: null,
      guidLast4: null,
      account: 1,
      accountSince: null,
      problem: null,
      proven: null,
      seen: null,
      probeAt: null,
      probeDue: true,
      breaker: null,
    });
  });

  it('belong to one shop', async () => {
    const [one, other] = [await newShop(), await newShop()];
    await save(one, { guid: first });
    await save(other, { guid: second });
    expect(await loadSettings(db, one)).toMatchObject({ guid: first });
    expect(await loadSettings(db, other)).toMatchObject({ guid: second });
  });

  it('are completed with today’s defaults if an older version saved them', async () => {
    const shop = await newShop();
    await save(shop, {});
    await db.query(
      `UPDATE settings SET document = '{"sourceName": "Old", "send": {"orders": false}}' WHERE shop_id = $1`,
      [shop.id],
    );
    const { settings } = accepted({ sourceName: 'Old', send: { orders: false } });
    expect((await loadSettings(db, shop))?.settings).toEqual(settings);
  });

  it('saved by two people at the same moment don’t mix, and every change is recorded', async () => {
    const shop = await newShop();
    const names = ['A', 'B', 'C', 'D'];
    await Promise.all(names.map(async (sourceName) => await save(shop, { guid: first, sourceName, newAccount: true })));
    expect((await loadSettings(db, shop))?.account).toBe(2);
    const changes = (await listChanges(db, shop, 100)).filter((change) => change.field === 'sourceName');
    const links = changes.map((change) => [change.newValue, change.oldValue]);
    expect(links.slice(0, -1).map(([, old]) => old)).toEqual(links.slice(1).map(([now]) => now));
    expect(links).toHaveLength(4);
  });
});

describe('the GUID', () => {
  it('is nowhere in the database in plain text', async () => {
    const shop = await newShop();
    await save(shop, { guid: first });
    await save(shop, { guid: second });
    const tables = await db.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
    );
    expect(tables.map((table) => table.name)).toContain('settings');
    for (const { name } of tables) {
      const rows = await db.query<{ row: string }>(`SELECT t::text AS row FROM "${name}" AS t`);
      const all = rows.map((row) => row.row).join('\n');
      for (const guid of [first, second]) {
        expect(all).not.toContain(guid);
        expect(all).not.toContain(Buffer.from(guid).toString('hex'));
      }
    }
    expect((await loadSettings(db, shop))?.guid).toBe(second);
  });

  it('cannot be opened in another shop’s row', async () => {
    const [one, other] = [await newShop(), await newShop()];
    await save(one, { guid: first });
    await save(other, {});
    await db.query(`UPDATE settings SET guid = (SELECT guid FROM settings WHERE shop_id = $1) WHERE shop_id = $2`, [
      one.id,
      other.id,
    ]);
    await expect(loadSettings(db, other)).rejects.toThrow();
  });

  it('is kept when null is saved', async () => {
    const shop = await newShop();
    await save(shop, { guid: first });
    await save(shop, { guid: null, paused: true });
    expect(await loadSettings(db, shop)).toMatchObject({ guid: first, guidLast4: 'b7a9', settings: { paused: true } });
  });

  it.each([
    ['a changed GUID keeps the account', { guid: second }, 1, null],
    ['a changed GUID of a new account starts another account', { guid: second, newAccount: true }, 2, t1],
    ['the same GUID is no new account', { guid: first, newAccount: true }, 1, null],
    ['the kept GUID is no new account', { newAccount: true }, 1, null],
    ['the same GUID keeps the account', { guid: first }, 1, null],
  ])('decides which account it is: %s', async (_what, document, account, accountSince) => {
    const shop = await newShop();
    await save(shop, { guid: first });
    await save(shop, document, t1);
    expect(await loadSettings(db, shop)).toMatchObject({ account, accountSince });
  });

  it('of a second new account starts account 3, and a later save keeps it', async () => {
    const shop = await newShop();
    await save(shop, { guid: first, newAccount: true }, t0);
    await save(shop, { guid: second, newAccount: true }, t1);
    await save(shop, { paused: true }, t1 + 1);
    expect(await loadSettings(db, shop)).toMatchObject({ account: 3, accountSince: t1 });
  });

  it.each([
    ['the GUID', { guid: second, newAccount: true }],
    ['null, which keeps the GUID,', { newAccount: true }],
  ])('of a new account starts it once: %s saved again starts no other, whatever was sent', async (_what, again) => {
    const shop = await newShop();
    await save(shop, { guid: first });
    await save(shop, { guid: second, newAccount: true }, t1);
    const flag = { channel: 'email', address: 'a hash', attemptId: randomUUID(), value: true } as const;
    await noteSending(db, shop, 2, [flag]);
    await noteAcceptedStates(db, shop, [
      { kind: 'customer', entity: 'a hash', contentHash: 'a hash', account: 2, triggeredAt: t0 },
    ]);
    await save(shop, again, t1 + 1);
    expect(await loadSettings(db, shop)).toMatchObject({ account: 2, accountSince: t1 });
    expect((await listChanges(db, shop, 10)).filter(({ field }) => field === 'account')).toHaveLength(1);
  });

  it('is erased by disconnecting; everything else stays', async () => {
    const shop = await newShop();
    await save(shop, { guid: first, sourceName: 'Snow', newAccount: true });
    await refused(shop, first);
    await removeGuid(db, shop, { who: '43', now: t1 });
    expect(await loadSettings(db, shop)).toMatchObject({
      guid: null,
      guidLast4: null,
      problem: null,
      probeAt: null,
      probeDue: true,
      breaker: null,
      account: 2,
      settings: { sourceName: 'Snow' },
    });
    expect(await listChanges(db, shop, 1)).toEqual([
      { at: t1, who: '43', field: 'guid', oldValue: 'b7a9', newValue: null },
    ]);
  });

  it('may be missing when the shop disconnects', async () => {
    const shop = await newShop();
    await removeGuid(db, shop, { who: '43', now: t1 });
    await save(shop, {});
    await removeGuid(db, shop, { who: '43', now: t1 });
    expect(await listChanges(db, shop, 10)).toEqual([]);
  });
});

describe('a connection problem', () => {
  it('keeps the time it began, with the latest answer and probe', async () => {
    const shop = await newShop();
    await save(shop, { guid: first });
    await refused(shop, first);
    await refused(shop, first, { error: '404 Not Found', now: t1, probeAt: t1 + 900_000 });
    const problems = { problem: { since: t0, error: '404 Not Found' }, probeDue: false };
    expect(await loadSettings(db, shop)).toMatchObject(problems);
    await save(shop, { guid: first, paused: true });
    expect(await loadSettings(db, shop)).toMatchObject(problems);
  });

  it.each([
    ['a new GUID', async (shop: Shop) => await save(shop, { guid: second })],
    ['something accepted', async (shop: Shop) => await taken(shop, first)],
  ])('ends with %s', async (_what, end) => {
    const shop = await newShop();
    await save(shop, { guid: first });
    await refused(shop, first);
    await end(shop);
    expect(await loadSettings(db, shop)).toMatchObject({ problem: null, probeAt: null });
  });

  it.each([
    ['the new GUID', second],
    ['a new GUID that ends alike', alike],
  ])('of a GUID replaced meanwhile says nothing about %s', async (_what, now) => {
    const shop = await newShop();
    await save(shop, { guid: now });
    await refused(shop, first);
    expect(await loadSettings(db, shop)).toMatchObject({ problem: null, probeAt: null });
    await refused(shop, now);
    await taken(shop, first);
    expect(await loadSettings(db, shop)).toMatchObject({ problem: { error: '403 Forbidden' } });
  });
});

describe('the proof that Ascent360 accepts records', () => {
  it('has the first and the last acceptance, whatever order they are recorded in', async () => {
    const shop = await newShop();
    await save(shop, { guid: first });
    await proven(shop, first, t0);
    await proven(shop, first, t1);
    await proven(shop, first, t1 - 1);
    expect(await loadSettings(db, shop)).toMatchObject({ proven: { since: t0, at: t1 } });
    await save(shop, { paused: true });
    expect(await loadSettings(db, shop)).toMatchObject({ proven: { since: t0, at: t1 } });
  });

  it.each([
    ['a new GUID', async (shop: Shop) => await save(shop, { guid: second })],
    ['a new GUID that ends alike', async (shop: Shop) => await save(shop, { guid: alike })],
    ['disconnecting', async (shop: Shop) => await removeGuid(db, shop, { who: '43', now: t1 })],
  ])('and its answer end with %s', async (_what, end) => {
    const shop = await newShop();
    await save(shop, { guid: first });
    await proven(shop, first, t0);
    expect(await saveSeen(db, shop, 'yes', t1)).toBe(true);
    expect(await loadSettings(db, shop)).toMatchObject({ seen: { answer: 'yes', at: t1 } });
    await end(shop);
    expect(await loadSettings(db, shop)).toMatchObject({ proven: null, seen: null });
    await proven(shop, first, t1);
    expect(await saveSeen(db, shop, 'yes', t1)).toBe(false);
    expect(await loadSettings(db, shop)).toMatchObject({ proven: null, seen: null });
  });
});

describe('changes of the settings', () => {
  it('are recorded per field, newest first, with only the last four characters of a GUID', async () => {
    const shop = await newShop();
    await save(shop, { guid: first, consent: { email: { history: 'all' } } });
    await save(
      shop,
      {
        guid: second,
        newAccount: true,
        mapping: { gender: { from: 'tag', prefix: 'g:' } },
        consent: { email: { history: 'all' } },
      },
      t1,
    );
    const change = (at: number, field: string, oldValue: string | null, newValue: string | null) => ({
      at,
      who: '42',
      field,
      oldValue,
      newValue,
    });
    expect(await listChanges(db, shop, 100)).toEqual([
      change(t1, 'account', '1', '2'),
      change(t1, 'guid', 'b7a9', '1e02'),
      change(t1, 'mapping.gender', null, '{"from":"tag","prefix":"g:"}'),
      change(t0, 'guid', null, 'b7a9'),
      change(t0, 'consent.email.history', '"optOuts"', '"all"'),
    ]);
    expect(await listChanges(db, shop, 2)).toHaveLength(2);
  });

  it('are not recorded if the same is saved again', async () => {
    const shop = await newShop();
    const document = {
      guid: first,
      providerType: 7,
      listIds: ['31'],
      mapping: { interests: [{ prefix: 'i:', from: 'tag' }] },
    };
    await save(shop, document);
    const before = await listChanges(db, shop, 100);
    await save(shop, { ...document, mapping: { interests: [{ from: 'tag', prefix: 'i:' }] } }, t1);
    expect(await listChanges(db, shop, 100)).toEqual(before);
  });

  it('of very long values are shortened', async () => {
    const shop = await newShop();
    await save(shop, { providerType: 7, listIds: Array.from({ length: 50 }, (_, i) => `${i}`.padStart(100, 'é')) });
    const [change] = (await listChanges(db, shop, 100)).filter(({ field }) => field === 'listIds');
    expect(change?.newValue).toMatch(/^\["é.*…$/);
    expect(change?.newValue).toHaveLength(1000);
  });
});
