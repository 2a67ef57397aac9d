import { expect, it } from 'vitest';
import { accessOf } from '../../server/store/shops/admin-tokens.ts';
import { openProblems } from '../../server/store/shops/problems.ts';
import { adminScene } from './scene.ts';

const scene = adminScene(async ({ db }) => {
  await db.query(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$`);
});

/**
 * While this holds, a process would die between the token and the problem: nothing of the problem
 * can be written.
 */
async function withoutEntries(work: () => Promise<unknown>): Promise<void> {
  await scene.db.query('CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON problems FOR EACH ROW EXECUTE FUNCTION fail()');
  await work().catch(() => {});
  await scene.db.query('DROP TRIGGER fail ON problems');
}

it('a token is never refused without the problem that says so, nor replaced with the problem still open', async () => {
  const { db, shop, there, process, idToken, install, expireIn } = scene;
  const stands = async () => ({
    access: (await accessOf(db, shop)).state,
    problems: (await openProblems(db, shop)).map(({ kind }) => kind),
  });
  const refresh = async () => await process().access.token(shop);
  const exchange = async () => await process().access.exchange(shop, await idToken());
  await install();
  there.tokens.revoke();
  await expireIn(-1000);

  await withoutEntries(refresh);
  expect(await stands()).toEqual({ access: 'ok', problems: [] });
  await db.query('UPDATE admin_tokens SET lease_until = NULL WHERE shop_id = $1', [shop.id]);
  await expect(refresh()).rejects.toMatchObject({ failure: 'no_access' });
  expect(await stands()).toEqual({ access: 'needs_opening', problems: ['admin_access'] });

  await withoutEntries(exchange);
  expect(await stands()).toEqual({ access: 'needs_opening', problems: ['admin_access'] });
  expect(await exchange()).toBe(true);
  expect(await stands()).toEqual({ access: 'ok', problems: [] });
});
