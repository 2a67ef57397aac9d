import { expect, it } from 'vitest';
import { createKeys } from '../../../server/platform/keys.ts';
import { createShops } from '../../../server/store/shops/shops.ts';
import { testDatabase } from '../../fakes/database.ts';

const k1 = { id: 'k1', bytes: Buffer.alloc(32, 1) };
const k2 = { id: 'k2', bytes: Buffer.alloc(32, 2) };
const SHOP = 'test-shop.myshopify.com';

it('a different key under the same id opens nothing, and the error says how to fix it', async () => {
  const db = await testDatabase();
  await createShops(db, createKeys([k1])).ensure(SHOP);
  const other = createShops(db, createKeys([{ ...k1, bytes: Buffer.alloc(32, 3) }]));
  await expect(other.checkKeys()).rejects.toThrow(
    /^The key "k1" is not the one that a shop's data was encrypted with: put that one back into ENCRYPTION_KEYS/,
  );
  await db.close();
});

it('the keys of all shops are rewrapped once, in as many batches as it takes', async () => {
  const db = await testDatabase();
  const keys = createKeys([k1]);
  const domains = [SHOP, ...Array.from({ length: 1200 }, (_, i) => `shop-${i}.myshopify.com`)];
  await db.query(
    `INSERT INTO shops (domain, wrapped_key, wrap_key_id)
     SELECT domain, wrapped_key, 'k1' FROM unnest($1::text[], $2::bytea[]) AS u (domain, wrapped_key)
     UNION ALL SELECT 'erased:' || n, NULL, NULL FROM generate_series(1, 3) AS n`,
    [domains, domains.map((domain) => keys.create(domain).wrappedKey)],
  );
  const rotated = createShops(db, createKeys([k2, k1]));
  expect(await rotated.rewrapKeys()).toBe(1201);
  expect(await rotated.rewrapKeys()).toBe(0);
  await createShops(db, createKeys([k2])).checkKeys();
  const rows = await db.query('SELECT wrap_key_id, count(*) AS shops FROM shops GROUP BY 1 ORDER BY 1');
  expect(rows).toEqual([
    { wrap_key_id: 'k2', shops: 1201 },
    { wrap_key_id: null, shops: 3 },
  ]);
  await db.close();
});
