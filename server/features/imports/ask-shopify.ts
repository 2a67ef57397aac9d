import { type BulkAsked, fieldsToLeaveOut, moreToLeaveOut } from '../../admin/bulk-query.ts';
import { cancelBulkRead, FILE_KEPT_MS, lookAtBulkRead, startBulkRead } from '../../admin/bulk-read.ts';
import type { Import } from '../../domain/imports.ts';
import { metafieldKeys } from '../../domain/needs-read.ts';
import { changeState, postpone, urlBinding } from '../../store/imports/imports.ts';
import type { Shop } from '../../store/shops/shops.ts';
import { searchOf } from './contract.ts';
import { type CountDeps, settingsOf } from './count.ts';

const LATER_MS = 15_000;

export type AskDeps = CountDeps & {
  /** How soon to look again at what Shopify is still reading, in milliseconds. */
  lookAgainMs: number;
};

const DENIED: Record<BulkAsked['kind'], string> = {
  customers:
    'Shopify does not let the app see customers. Whoever runs the app has to ask Shopify for access to protected customer data.',
  orders:
    'Shopify does not let the app see orders. Whoever runs the app has to ask Shopify for access to protected customer data.',
};
const failedBecause = (why: string) =>
  `Shopify could not read everything (${why}). Begin again; if it stays, choose fewer customers or a later day.`;

async function begin(deps: AskDeps, shop: Shop, job: Import, signal: AbortSignal): Promise<void> {
  const { db, admin } = deps;
  const { settings } = await settingsOf(deps, shop);
  const keys = job.kind === 'customers' ? metafieldKeys(settings.mapping) : [];
  const asked = { kind: job.kind, query: searchOf(job), metafieldKeys: keys };
  const leftOut = await fieldsToLeaveOut(admin, shop, asked, job.denied, signal);
  if (leftOut === null) {
    await changeState(db, shop, job.id, ['counting'], 'failed', DENIED[job.kind]);
    return;
  }
  const id = await startBulkRead(admin, shop, asked, leftOut, signal);
  if (id === null) {
    await postpone(db, job, LATER_MS, 'Waits until Shopify has done other reading for this app.');
    return;
  }
  const rows = await db.query(
    `UPDATE imports SET operation_id = $2, metafields = $3::text[], denied = $4::text[], message = 'Shopify is reading.',
       due_at = now() + $5::float8 * interval '1 millisecond'
     WHERE id = $1 AND state = 'counting' RETURNING id`,
    [job.id, id, keys, leftOut, deps.lookAgainMs],
  );
  if (rows.length === 0) await cancelBulkRead(admin, shop, id, signal);
}

/** The bulk operation named something that the app may not see: it is asked again without. */
async function askWithLess(deps: CountDeps, shop: Shop, job: Import, signal: AbortSignal): Promise<void> {
  const { db, admin } = deps;
  const asked = { kind: job.kind, query: searchOf(job), metafieldKeys: job.metafields };
  const leftOut = await moreToLeaveOut(admin, shop, asked, job.denied, signal);
  if (leftOut === null) {
    await changeState(db, shop, job.id, ['counting'], 'failed', DENIED[job.kind]);
    return;
  }
  await db.query(
    `UPDATE imports SET operation_id = NULL, denied = $2::text[], due_at = now() WHERE id = $1 AND state = 'counting'`,
    [job.id, leftOut],
  );
}

/**
 * Has Shopify read what an import asks for, into a file.
 * @returns whether the file is complete
 * @throws AdminError
 */
export async function fetchFromShopify(deps: AskDeps, shop: Shop, job: Import, signal: AbortSignal): Promise<boolean> {
  const { db, admin, now } = deps;
  if (job.operationId === null) {
    await begin(deps, shop, job, signal);
    return false;
  }
  const read = await lookAtBulkRead(admin, shop, job.operationId, signal, now());
  if (read.state === 'running') {
    await postpone(db, job, deps.lookAgainMs);
    return false;
  }
  if (read.state === 'denied') {
    await askWithLess(deps, shop, job, signal);
    return false;
  }
  if (read.state === 'failed') {
    await changeState(db, shop, job.id, ['counting'], 'failed', failedBecause(read.why));
    return false;
  }
  job.url = read.url;
  job.fileSize = read.size;
  job.readAt = read.completedAt;
  await db.query(
    `UPDATE imports SET url = $2, file_size = $3, read_at = $4, expires_at = $5, message = '' WHERE id = $1 AND state = 'counting'`,
    [
      job.id,
      read.url === null ? null : shop.vault.seal(urlBinding(job.id), read.url),
      read.size,
      new Date(read.completedAt),
      new Date(read.completedAt + FILE_KEPT_MS),
    ],
  );
  return true;
}
