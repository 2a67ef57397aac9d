import { cancelBulkRead, FILE_KEPT_MS, lookAtBulkRead, startBulkRead } from '../admin/bulk-read.ts';
import { BulkCustomers, BulkCustomersWithMetafields, BulkOrders } from '../admin/documents.generated.ts';
import { inlineVariables } from '../admin/inline-variables.ts';
import { metafieldKeys } from '../reads/why-read.ts';
import type { Shop } from '../shops.ts';
import { searchOf } from './contract.ts';
import { type CountDeps, settingsOf } from './count.ts';
import type { Import } from './import.ts';
import { changeState, postpone, urlBinding } from './store.ts';

const LOOK_AGAIN_MS = 2000;
const LATER_MS = 15_000;

/** Shopify makes no file when one of the fields may not be seen. */
const DENIED =
  'Shopify does not let the app see everything that an import reads. Whoever runs the app has to ask Shopify for access to protected customer data; until then, choose customers by their IDs or by a segment: they are read without what the app may not see.';
const failedBecause = (why: string) =>
  `Shopify could not read everything (${why}). Begin again; if it stays, choose fewer customers or a later day.`;

async function begin(deps: CountDeps, shop: Shop, one: Import, signal: AbortSignal): Promise<void> {
  const { db, admin } = deps;
  const { settings } = await settingsOf(deps, shop);
  const keys = one.kind === 'customers' ? metafieldKeys(settings.mapping) : [];
  const query = searchOf(one);
  const customers =
    keys.length > 0
      ? inlineVariables(BulkCustomersWithMetafields, { query, metafieldKeys: keys })
      : inlineVariables(BulkCustomers, { query });
  const text = one.kind === 'orders' ? inlineVariables(BulkOrders, { query }) : customers;
  const id = await startBulkRead(admin, shop, text, one.kind === 'orders' || keys.length > 0, signal);
  if (id === null) {
    await postpone(db, one.id, LATER_MS, 'Waits until Shopify has done other reading for this app.');
    return;
  }
  const rows = await db.query(
    `UPDATE imports SET operation_id = $2, metafields = $3::text[], message = 'Shopify is reading.',
       due_at = now() + $4::float8 * interval '1 millisecond'
     WHERE id = $1 AND state = 'counting' RETURNING id`,
    [one.id, id, keys, LOOK_AGAIN_MS],
  );
  if (rows.length === 0) await cancelBulkRead(admin, shop, id, signal);
}

/**
 * Has Shopify read what an import asks for, into a file.
 * @returns whether the file is complete
 * @throws AdminError
 */
export async function askShopify(deps: CountDeps, shop: Shop, one: Import, signal: AbortSignal): Promise<boolean> {
  const { db, admin, now } = deps;
  if (one.operationId === null) {
    await begin(deps, shop, one, signal);
    return false;
  }
  const read = await lookAtBulkRead(admin, shop, one.operationId, signal, now());
  if (read.state === 'running') {
    await postpone(db, one.id, LOOK_AGAIN_MS);
    return false;
  }
  if (read.state === 'failed') {
    const message = read.why === 'ACCESS_DENIED' ? DENIED : failedBecause(read.why);
    await changeState(db, shop, one.id, ['counting'], 'failed', message);
    return false;
  }
  one.url = read.url;
  one.fileSize = read.size;
  one.readAt = read.completedAt;
  await db.query(
    `UPDATE imports SET url = $2, file_size = $3, read_at = $4, expires_at = $5, message = '' WHERE id = $1 AND state = 'counting'`,
    [
      one.id,
      read.url === null ? null : shop.vault.seal(urlBinding(one.id), read.url),
      read.size,
      new Date(read.completedAt),
      new Date(read.completedAt + FILE_KEPT_MS),
    ],
  );
  return true;
}
